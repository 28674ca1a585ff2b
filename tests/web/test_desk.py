"""The review desk: who may sit at it, what waits there, and two who want the same."""

from __future__ import annotations

from typing import Any

import pytest
from web.conftest import Visit
from web.reviewing import claim, decide, hold_prompt, sit_down
from web.visitor import Visitor
from workflow.running_jobs import until
from workflow.running_reviews import ANA, BEN, LONG_AGO, Desk

pytestmark = [pytest.mark.web, pytest.mark.engine, pytest.mark.timeout(300)]
BEGIN = "document.getElementById('claim-take').click()"


def on_its_way(reviewer: Visitor, decision: str) -> Any:
    """A decision that was sent and has not arrived: Playwright's Route."""
    waiting: list[Any] = []
    reviewer.page.route("**/decision", lambda route: waiting.append(route))
    decide(reviewer, decision)
    while not waiting:
        reviewer.page.wait_for_timeout(50)
    return waiting[0]


def test_from_the_queue_to_a_decision(visit: Visit, desk: Desk) -> None:
    held = hold_prompt(visit, desk, "a mill that somebody is unsure of")
    held.requester.keep("in-review")
    reviewer = visit()
    reviewer.open()
    reviewer.page.get_by_role("link", name="Review desk").click()
    reviewer.page.get_by_label("Your name").fill("no name")
    reviewer.page.get_by_role("button", name="Go to the desk").click()
    reviewer.expect("#reviewer-name-error").not_to_be_empty()
    reviewer.keep("desk-name")
    reviewer.page.get_by_label("Your name").fill(ANA)
    reviewer.page.get_by_role("button", name="Go to the desk").click()

    row = reviewer.page.locator(f"li[data-id='{held.review_id}']")
    reviewer.expect(row.locator(".claim")).to_have_text("Free")
    reviewer.keep("desk-queue")
    row.get_by_role("link").click()

    reviewer.sees("A prompt to decide on")
    reviewer.expect(".asked").to_contain_text("a mill that somebody is unsure of")
    reviewer.expect("#decision-form").to_be_hidden()
    reviewer.keep("desk-prompt")
    claim(reviewer)
    reviewer.page.locator("#decide").click()
    reviewer.expect("#decision-form .problems").to_be_focused()
    reviewer.keep("desk-problems")
    decide(reviewer, "Approve")
    reviewer.sees("Approved")
    reviewer.expect("h1").to_be_focused()
    reviewer.keep("desk-approved")
    assert held.requester.result() == "Your picture is ready"
    held.requester.expect("#reviewed").to_contain_text("Approved")
    held.requester.expect("#view-request").not_to_contain_text(ANA)
    held.requester.keep("completed-after-review")


def test_two_reviewers_at_once(visit: Visit, desk: Desk) -> None:
    held = hold_prompt(visit, desk, "a mill that two people see")
    both = [sit_down(visit, name, f"reviews/{held.review_id}") for name in (ANA, BEN)]
    for reviewer in both:
        reviewer.expect("#claim-take").to_be_visible()

    for reviewer in both:
        reviewer.page.evaluate(BEGIN)

    for reviewer in both:
        reviewer.expect("#claim-state").not_to_contain_text("Nobody has it")
    winner = desk.row(held.review_id)["claimed_by"].removeprefix("local:")
    one, other = both if winner == ANA else reversed(both)
    one.expect("#decision-form").to_be_visible()
    other.expect("#claim-state").to_contain_text(f"{winner} has it")
    other.expect("#decision-form").to_be_hidden()
    other.expect("#claim-error").to_contain_text("Another reviewer has it")
    assert [one.statuses("POST", f"/reviews/{held.review_id}/claim") for one in (one, other)] == [
        [200],
        [409],
    ]
    other.keep("desk-claimed")
    decide(one, "Reject")
    one.sees("Rejected")
    other.sees("Rejected")
    assert held.requester.result() == "The prompt was not accepted"


def test_decisions_do_not_cross(visit: Visit, desk: Desk) -> None:
    """One decision is under way while the claim runs out, and another's comes first."""
    held = hold_prompt(visit, desk, "a mill that two people judge")
    slow, quick = (sit_down(visit, name, f"reviews/{held.review_id}") for name in (ANA, BEN))
    claim(slow)
    waiting = on_its_way(slow, "Approve")
    desk.move(held.review_id, claim_until=LONG_AGO)
    quick.page.reload()
    claim(quick)
    decide(quick, "Reject")
    quick.sees("Rejected")

    waiting.continue_()

    slow.sees("Rejected")
    slow.expect("#view-review .banner").to_contain_text("Yours changed nothing")
    slow.keep("desk-crossed")
    assert held.requester.result() == "The prompt was not accepted"
    row = desk.row(held.review_id)
    assert (row["decision"], row["decided_by"]) == ("reject", f"local:{BEN}")


def test_a_claim_runs_out(visit: Visit, desk: Desk) -> None:
    held = hold_prompt(visit, desk, "a mill that is kept for too long")
    reviewer = visit()
    reviewer.page.clock.install()
    reviewer.open(f"reviews/{held.review_id}")
    reviewer.page.get_by_label("Your name").fill(ANA)
    reviewer.page.get_by_role("button", name="Go to the desk").click()
    claim(reviewer)
    reviewer.expect("#claim-left").to_have_text("10:00")
    desk.move(held.review_id, claim_until=LONG_AGO)
    other = sit_down(visit, BEN)
    row = other.page.locator(f"li[data-id='{held.review_id}']")
    other.expect(row.locator(".claim")).to_contain_text("has run out")
    row.get_by_role("link").click()
    claim(other)

    decide(reviewer, "Approve", "written in time, and sent too late")

    reviewer.expect(".problems").to_contain_text("Another reviewer has it")
    reviewer.expect("#claim-state").to_contain_text(f"{BEN} has it")
    reviewer.expect("#decision-reason").to_have_value("written in time, and sent too late")
    decide(other, "Approve")
    other.sees("Approved")
    assert held.requester.result() == "Your picture is ready"


def test_nobody_decides_in_time(visit: Visit, desk: Desk) -> None:
    held = hold_prompt(visit, desk, "a mill that nobody looks at")
    reviewer = sit_down(visit, ANA, f"reviews/{held.review_id}")
    claim(reviewer)
    desk.move(held.review_id, answer_by=LONG_AGO)

    decide(reviewer, "Approve")

    reviewer.sees("It waited too long")
    desk.sweep()
    assert held.requester.result() == "The prompt was not accepted"
    held.requester.expect("#view-request").to_contain_text("in time")
    held.requester.keep("expired-in-review")
    reviewer.page.reload()
    reviewer.sees("It waited too long")
    reviewer.keep("desk-expired")


def test_the_execution_ends_before_the_decision(visit: Visit, desk: Desk) -> None:
    held = hold_prompt(visit, desk, "a mill that is torn down")
    reviewer = sit_down(visit, ANA, f"reviews/{held.review_id}")
    claim(reviewer)
    waiting = on_its_way(reviewer, "Approve")
    execution = desk.row(held.review_id)["execution_arn"]
    desk.stack.client("stepfunctions").stop_execution(executionArn=execution)
    assert held.requester.result() == "Something broke on our side"

    waiting.continue_()

    reviewer.sees("The request had ended")
    reviewer.expect("#view-review .banner").to_contain_text("Nothing follows")
    reviewer.keep("desk-over")
    until(lambda: desk.row(held.review_id)["status"] == "OVER")
    assert desk.stack.stand_ins.calls("InvokeEndpointAsync", "a mill that is torn down") == 0
    reviewer.open("reviews/decided")
    row = reviewer.page.locator(f"li[data-id='{held.review_id}']")
    reviewer.expect(row.locator(".badge").last).to_have_text("Request ended")
    reviewer.keep("desk-decided")
