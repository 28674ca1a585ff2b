"""Appeals: once and only once, and before somebody else than who decided."""

from __future__ import annotations

import json

import pytest
from web.conftest import Visit
from web.reviewing import claim, decide, hold_prompt, sit_down
from web.visitor import Visitor
from workflow.running_jobs import until
from workflow.running_reviews import ANA, BEN, Desk
from workflow.running_system import ROOT

from shared.reviews import review_id

pytestmark = [pytest.mark.web, pytest.mark.engine, pytest.mark.timeout(300)]
APPEALED = "Your appeal is with a reviewer"


def blocked(visit: Visit, desk: Desk, prompt: str) -> Visitor:
    """Somebody whose prompt the classifier was sure about."""
    desk.stack.script(prompt, comprehend=["unsafe"])
    visitor = visit()
    visitor.ask(prompt)
    assert visitor.result() == "The prompt was not accepted"
    return visitor


def appeal(visitor: Visitor, message: str) -> None:
    visitor.page.get_by_label("Message to the reviewer").fill(message)
    visitor.page.get_by_role("button", name="Appeal").click()


def test_an_appeal_is_granted(visit: Visit, desk: Desk) -> None:
    prompt = "a siege, as schoolbooks show it"
    requester = blocked(visit, desk, prompt)
    request = requester.request_id()
    requester.keep("appealable")
    requester.page.locator("#send-appeal").click()
    requester.expect("#appeal-error").to_contain_text("missing")

    appeal(requester, "it is for a lesson in history")

    requester.sees(APPEALED)
    requester.expect("#appeal-form").to_have_count(0)
    requester.keep("appealed")
    identity = review_id(request, 2, 1)
    until(lambda: desk.row(identity))
    reviewer = sit_down(visit)
    row = reviewer.page.locator(f"li[data-id='{identity}']")
    reviewer.expect(row.locator(".badge").last).to_have_text("Appeal")
    row.get_by_role("link").click()
    reviewer.expect("#view-review").to_contain_text("it is for a lesson in history")
    reviewer.expect(".asked").to_contain_text(prompt)
    claim(reviewer)
    reviewer.keep("desk-appeal")
    decide(reviewer, "Approve")
    assert requester.result() == "Your picture is ready"
    requester.expect("#appealed").to_contain_text("it is for a lesson in history")
    requester.expect("#appeal-form").to_have_count(0)
    requester.keep("appeal-granted")


def test_nobody_appeals_twice(visit: Visit, desk: Desk) -> None:
    """The same page is open in two tabs; later on, the API is asked without one."""
    requester = blocked(visit, desk, "a siege, twice")
    request = requester.request_id()
    tab = visit()
    tab.open(f"images/{request}")
    assert tab.result() == "The prompt was not accepted"
    appeal(requester, "once")
    requester.sees(APPEALED)

    appeal(tab, "once more, in other words")

    tab.expect("#appeal .problems").to_be_focused()
    assert tab.statuses("POST", f"/images/{request}/appeal") == [409]
    tab.keep("appealed-elsewhere")
    identity = review_id(request, 2, 1)
    until(lambda: desk.row(identity))
    desk.end(identity, "reject")
    assert requester.result() == "The prompt was not accepted"
    requester.expect("#reviewed").to_contain_text("Rejected")
    requester.expect("#appeal-form, #send-appeal").to_have_count(0)
    requester.keep("appeal-rejected")
    status, _, refused = desk.stack.ask("POST", f"/images/{request}/appeal", {"message": "please"})
    assert (status, refused["errors"][0]["rule"]) == (409, "appealed")


def test_an_appeal_comes_before_somebody_else(visit: Visit, desk: Desk) -> None:
    held = hold_prompt(visit, desk, "a siege that somebody rejects")
    desk.end(held.review_id, "reject", ANA)
    assert held.requester.result() == "The prompt was not accepted"
    appeal(held.requester, "somebody else may see it otherwise")
    held.requester.sees(APPEALED)
    identity = review_id(held.request_id, 2, 1)
    until(lambda: desk.row(identity))
    same, other = (sit_down(visit, name, f"reviews/{identity}") for name in (ANA, BEN))

    same.page.get_by_role("button", name="Claim").click()

    same.expect("#claim-error").to_contain_text("a decision of your own")
    same.keep("desk-own-decision")
    claim(other)
    decide(other, "Approve")
    other.sees("Approved")
    assert held.requester.result() == "Your picture is ready"


def test_what_no_person_can_lift_is_not_appealed_against(visit: Visit, desk: Desk) -> None:
    visitor = visit()
    sample = ROOT / "events" / "filter_keywords" / "combination_that_always_blocks.json"
    visitor.ask(json.loads(sample.read_text("utf-8"))["prompt"])
    assert visitor.result() == "The prompt was not accepted"
    visitor.expect("#appeal, #send-appeal").to_have_count(0)
    path = f"/images/{visitor.request_id()}/appeal"
    status, _, refused = desk.stack.ask("POST", path, {"message": "please"})
    assert (status, refused["errors"][0]["rule"]) == (409, "appealable")
