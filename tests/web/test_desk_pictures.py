"""Pictures before a reviewer: blurred, seen, approved one by one, and painted again."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from web.conftest import Visit
from web.reviewing import Held, claim, decide, hold_pictures, sit_down
from web.visitor import Visitor, fetched
from workflow.running_reviews import ANA, BEN, UNCERTAIN, Desk

pytestmark = [pytest.mark.web, pytest.mark.engine, pytest.mark.timeout(300)]


def open_review(visit: Visit, held: Held, name: str = ANA) -> Visitor:
    reviewer = sit_down(visit, name, f"reviews/{held.review_id}")
    reviewer.sees("Pictures to decide on")
    return reviewer


def seen(reviewer: Visitor) -> set[bytes]:
    """The hashes of the pictures that the page shows."""
    reviewer.pictures_are_there()
    sources = reviewer.page.locator("figure img").evaluate_all("all => all.map(one => one.src)")
    return {sha256(fetched(source)[1]).digest() for source in sources}


def test_originals_are_for_who_has_claimed_and_asks(visit: Visit, desk: Desk) -> None:
    held = hold_pictures(visit, desk, "a sail that smokes")
    (image,) = desk.row(held.review_id)["images"]
    hidden = {sha256(desk.stack.objects("WorkBucket")[image["key"]]).digest()}
    reviewer, other = (open_review(visit, held, name) for name in (ANA, BEN))
    assert not seen(reviewer) & hidden
    reviewer.expect("#show-pictures").to_be_hidden()
    reviewer.keep("desk-pictures")

    claim(reviewer)

    assert not seen(reviewer) & hidden
    assert "seen" not in desk.row(held.review_id)
    reviewer.page.get_by_role("button", name="Show pictures").click()
    reviewer.expect("figure img").to_have_attribute("alt", "Picture 1")
    assert seen(reviewer) == hidden
    reviewer.keep("desk-pictures-shown")
    seen_by = [one["by"] for one in json.loads(desk.row(held.review_id)["seen"])]
    assert seen_by == [f"local:{ANA}"]
    reviewer.page.keyboard.press("Escape")
    reviewer.expect("figure img").to_have_attribute("alt", "Blurred preview of picture 1")
    assert not seen(reviewer) & hidden
    other.expect("#claim-state").to_contain_text(f"{ANA} has it")
    other.expect("#show-pictures").to_be_hidden()
    status, refused = desk.ask("GET", f"/reviews/{held.review_id}?originals=true", BEN)
    assert (status, refused["errors"][0]["rule"]) == (409, "claimed")
    views = [answer for answer in other.answers() if "review_id" in answer]
    told = [image for view in views for image in view["images"]]
    assert told
    assert not any("url" in image for image in told)
    links = {link for link in (*held.requester.links(), *other.links()) if "/pictures/" in link}
    assert not {sha256(fetched(link)[1]).digest() for link in links} & hidden

    decide(reviewer, "Reject")
    reviewer.sees("Rejected")
    assert not seen(reviewer) & hidden
    assert held.requester.result() == "The pictures were withheld"
    held.requester.keep("rejected-pictures")


def test_pictures_are_approved_one_by_one(visit: Visit, desk: Desk) -> None:
    held = hold_pictures(visit, desk, "three sails in a harbour", "safe", UNCERTAIN, UNCERTAIN)
    reviewer = open_review(visit, held)
    claim(reviewer)
    decide(reviewer, "Approve")
    reviewer.expect("#approved-error").to_contain_text("Choose the pictures")
    reviewer.page.get_by_role("checkbox", name="Picture 3").check()
    reviewer.keep("desk-approve-pictures")

    reviewer.page.locator("#decide").click()

    reviewer.sees("Approved")
    assert held.requester.result() == "2 of 3 pictures ready"
    held.requester.expect("figure.withheld").to_have_count(1)
    held.requester.expect("figure.withheld").to_contain_text("Picture 2")
    held.requester.keep("approved-in-part")
    record = desk.stack.deployed.record(held.request_id) or {}
    assert [image["delivered"] for image in record["images"]] == [True, False, True]


def test_painted_again(visit: Visit, desk: Desk) -> None:
    held = hold_pictures(visit, desk, "a sail in a storm")
    reviewer = open_review(visit, held)
    claim(reviewer)

    decide(reviewer, "Regenerate", "the same, without the smoke")

    reviewer.sees("To be painted again")
    reviewer.keep("desk-regenerated")
    assert held.requester.result() == "Your picture is ready"
    held.requester.expect("#reviewed").to_contain_text("Pictures")
    record = desk.stack.deployed.record(held.request_id) or {}
    assert [attempt["verdict"] for attempt in record["attempts"]] == ["review", "safe"]
