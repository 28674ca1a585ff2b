"""Which end of a request is appealed against, once, and what the appeal is about."""

import json
from typing import Any

import pytest

from shared.appeals import (
    Appeal,
    check_kept,
    execution_name,
    is_named_for,
    objection,
    part_of,
    read_appeal,
    subject,
)
from shared.dynamodb import Item
from shared.request import InvalidRequest
from shared.request_ids import request_id_for
from shared.s3 import ObjectVersion

AT = "2026-11-21T12:00:00.000Z"
APPEAL = {"by": "api:local", "at": AT, "message": "It is a statue."}
BLOCK = {"stage": "ModerateImages", "category": "violence", "action": "block", "image": 1}
REJECTED = {"stage": "ReviewRequest", "category": "review", "rule": "rejected", "action": "reject"}


def record(status: str, *reasons: dict[str, Any], **more: str) -> Item:
    return {"run": 2, "status": status, "reasons": json.dumps(reasons), **more}


def appealed(*verdicts: str, about: str = "images", **run: Any) -> Item:
    """The record of an appeal's run against run 2, which had pictures of these verdicts."""
    images = [
        {"index": index, "verdict": verdict, "delivered": False, "bucket": "work"}
        | {"key": f"pictures/{index}.jpg", "version_id": f"v{index}"}
        for index, verdict in enumerate(verdicts)
    ]
    blocked = {"run": 2, "images": images, "reasons": [BLOCK], **run}
    return {
        "run": 3,
        "appeal": json.dumps({**APPEAL, "against": 2, "about": about}),
        "history": json.dumps([{"run": 1, "status": "FAILED"}, blocked]),
    }


@pytest.mark.parametrize("status", ["BLOCKED_PROMPT", "BLOCKED_IMAGE"])
@pytest.mark.parametrize("action", ["block", "review", "reject", "warn"])
def test_what_was_blocked_is_appealed_against(status: str, action: str) -> None:
    assert objection(record(status, BLOCK | {"action": action})) is None


@pytest.mark.parametrize(
    ("ended", "rule"),
    [
        (record("COMPLETED"), "appealable"),
        (record("RUNNING"), "appealable"),
        (record("IN_REVIEW"), "appealable"),
        (record("MODEL_FILTERED", BLOCK), "appealable"),
        (record("FAILED", BLOCK), "appealable"),
        (record("BLOCKED_PROMPT", BLOCK, BLOCK | {"action": "always"}), "appealable"),
        (record("BLOCKED_IMAGE", BLOCK, appeal="{}"), "appealed"),
        (record("FAILED", BLOCK, appeal="{}"), "appealed"),
    ],
)
def test_what_nobody_may_appeal_against(ended: Item, rule: str) -> None:
    found = objection(ended)
    assert found
    assert (found.field, found.rule) == ("run", rule)


def test_what_always_holds_against_one_picture_keeps_those_beside_from_an_appeal() -> None:
    """A reviewer rejected the others; what was surer of this one stands in the warnings."""
    beside = json.dumps([BLOCK | {"action": "always", "image": 0}])
    found = objection(record("BLOCKED_IMAGE", BLOCK | {"action": "review"}, warnings=beside))
    assert found
    assert found.rule == "appealable"


def test_the_record_says_against_what() -> None:
    blocked = record("BLOCKED_PROMPT", BLOCK)
    assert part_of(blocked, Appeal(**APPEAL)) == {**APPEAL, "against": 2, "about": "prompt"}


def test_refused_pictures_are_in_review_again() -> None:
    told = subject(appealed("unsafe", "withheld", "filtered", "unsafe"))
    verdicts = [image["verdict"] for image in told["images"]]
    assert verdicts == ["review", "withheld", "filtered", "review"]
    assert not any("delivered" in image for image in told["images"])
    assert (told["about"], told["reasons"], told["classification"]) == ("images", [BLOCK], {})


def test_of_a_blocked_prompt_there_are_no_pictures() -> None:
    scores = {"backend": "toxicity", "scores": {"SEXUAL": 0.9}}
    told = subject(appealed(about="prompt", classification=scores, attempts=[]))
    assert (told["images"], told["attempts"], told["classification"]) == ([], [], scores)


def test_what_a_reviewer_has_decided_is_no_reason_of_the_appeal() -> None:
    told = subject(appealed("unsafe", reasons=[BLOCK, REJECTED]))
    assert told["reasons"] == [BLOCK]


@pytest.mark.parametrize("verdicts", [(), ("filtered",)])
def test_pictures_that_are_not_recorded_any_more_cannot_be_looked_at(verdicts: Any) -> None:
    with pytest.raises(InvalidRequest, match="no longer kept") as raised:
        subject(appealed(*verdicts))
    assert raised.value.rule == "kept"


@pytest.mark.parametrize("about", ["prompt", "images"])
def test_of_a_run_whose_reasons_are_gone_there_is_no_appeal(about: str) -> None:
    """Nor does anybody know any more who decided on it."""
    ended = appealed("unsafe", about=about)
    ended["history"] = json.dumps([{"run": 2, "status": "BLOCKED_PROMPT"}])
    with pytest.raises(InvalidRequest, match="no longer kept") as raised:
        subject(ended)
    assert raised.value.rule == "kept"


class Storage:
    """The work bucket, where of these keys only these versions lie."""

    def __init__(self, **versions: str) -> None:
        self.there = versions

    def versions(self, bucket: str, key: str, most: int) -> list[ObjectVersion]:
        number = key.removeprefix("pictures/").removesuffix(".jpg")
        found = self.there.get(f"of{number}", "")
        return [ObjectVersion(bucket, key, one) for one in found.split()]


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        ({"of0": "v0", "of1": "v1"}, True),
        ({"of0": "later v0", "of1": "v1"}, True),
        ({"of0": "later", "of1": "v1"}, False),
        ({"of0": "v0"}, False),
    ],
)
def test_the_very_versions_that_were_judged_must_be_there(
    there: dict[str, str], kept: bool
) -> None:
    storage: Any = Storage(**there)
    images = subject(appealed("unsafe", "withheld", "filtered"))["images"]
    if kept:
        check_kept(images, storage)
    else:
        with pytest.raises(InvalidRequest, match="no longer kept"):
            check_kept(images, storage)


@pytest.mark.parametrize(
    ("given", "field", "rule"),
    [
        (None, "appeal", "type"),
        ("please", "appeal", "type"),
        ({}, "appeal", "type"),
        (APPEAL | {"run": 1}, "appeal", "type"),
        (APPEAL | {"by": ""}, "appeal", "type"),
        (APPEAL | {"by": "a" * 2049}, "appeal", "type"),
        (APPEAL | {"by": "\ud800"}, "appeal", "type"),
        (APPEAL | {"at": "yesterday"}, "appeal", "type"),
        (APPEAL | {"at": "2026-11-21T12:00:00"}, "appeal", "type"),
        (APPEAL | {"message": 7}, "message", "type"),
        (APPEAL | {"message": " \n "}, "message", "minLength"),
        (APPEAL | {"message": "a" * 1001}, "message", "maxLength"),
    ],
)
def test_what_is_no_appeal(given: object, field: str, rule: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        read_appeal(given)
    assert (raised.value.field, raised.value.rule) == (field, rule)


def test_an_appeal_is_read() -> None:
    assert read_appeal(APPEAL) == Appeal(**APPEAL)


@pytest.mark.parametrize("number", [1, 2, 99])
def test_an_appeals_execution_has_a_name_that_step_functions_takes(number: int) -> None:
    """At most 80 characters (Step Functions API Reference, StartExecution)."""
    request_id = request_id_for("local", "a-key")
    name = execution_name(request_id, number)
    assert len(name) <= 80
    assert is_named_for(name)
    assert not is_named_for(request_id)
