"""Requesters and reviewers with keys of their own: who is no reviewer sees nothing of the desk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from web.conftest import OPEN, Visit
from web.reviewing import held
from web.visitor import Visitor
from workflow.conftest import PATIENCE
from workflow.running_reviews import ANA, IN_THE_BAND, Desk
from workflow.running_system import Stack

from local.page.api import PREFIX
from local.page.server import PageServer

pytestmark = [pytest.mark.web, pytest.mark.engine, pytest.mark.timeout(300)]
CLEO = "cleo"


@dataclass
class Keyed:
    """A stack whose callers show keys: its page and desk, and the keys by whose they are."""

    page: str
    desk: Desk
    keys: dict[str, str]


@pytest.fixture(scope="module")
def keyed(stack: Stack) -> Iterator[Keyed]:
    gateway = stack.client("apigateway")
    made = {name: gateway.create_api_key(name=name, enabled=True) for name in (ANA, CLEO)}
    settings = {**PATIENCE, **OPEN, "ApiAuth": "key", "Reviews": "true"}
    settings["Reviewers"] = made[ANA]["id"]
    keyed = Stack(stack.engine, stack.stand_ins, "keyed", settings)
    plan = keyed.outputs["ApiUsagePlan"]
    for key in made.values():
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    keys = {name: key["value"] for name, key in made.items()}
    shown = {name: {"x-api-key": key} for name, key in keys.items()}
    with PageServer(stack.engine.endpoint, keyed.outputs["ApiId"]) as page:
        told = {"api": PREFIX, "auth": {"kind": "key"}, "stand_ins": True, "reviews": True}
        page.settings = json.dumps(told).encode()
        yield Keyed(page.url.rstrip("/"), Desk(keyed, shown), keys)
    keyed.delete()


def enter(visit: Visit, keyed: Keyed, who: str) -> Visitor:
    visitor = visit(page=keyed.page)
    visitor.open()
    visitor.page.get_by_label("API key").fill(keyed.keys[who])
    visitor.page.get_by_role("button", name="Use this key").click()
    visitor.sees("Describe a picture")
    return visitor


def test_a_requester_is_refused_at_the_desk(visit: Visit, keyed: Keyed) -> None:
    requester = enter(visit, keyed, CLEO)
    keyed.desk.stack.script("a well behind a wall", comprehend=[IN_THE_BAND])
    waits = held(requester, keyed.desk, "a well behind a wall")
    asked = len(requester.answers())

    for view in ("reviews", "reviews/decided", f"reviews/{waits.review_id}"):
        requester.open(view)
        requester.sees("For reviewers only")
        requester.expect("#desk-refusal").not_to_be_empty()
        requester.expect("#reviews li, #decision-form, #claim, figure").to_have_count(0)
    requester.keep("desk-refused")

    refused = requester.answers()[asked:]
    assert {answer.get("code") for answer in refused if "code" in answer} == {"forbidden"}
    assert "a well behind a wall" not in json.dumps(refused)
    assert keyed.desk.claim(waits.review_id, CLEO)[0] == 403
    assert keyed.desk.decide(waits.review_id, "approve", CLEO)[0] == 403
    keyed.desk.end(waits.review_id, "reject", ANA)


def test_a_reviewer_decides_with_their_key_but_not_about_themself(
    visit: Visit, keyed: Keyed
) -> None:
    reviewer = enter(visit, keyed, ANA)
    keyed.desk.stack.script("a well of one's own", comprehend=[IN_THE_BAND])
    waits = held(reviewer, keyed.desk, "a well of one's own")

    reviewer.open("reviews")
    reviewer.page.locator(f"li[data-id='{waits.review_id}'] a").click()
    reviewer.sees("A prompt to decide on")
    reviewer.page.get_by_role("button", name="Claim").click()

    reviewer.expect("#claim-error").to_contain_text("a request of your own")
    reviewer.expect("#decision-form").to_be_hidden()
    reviewer.keep("desk-own-request")
