"""How runs end that no Catch could end, and what the result event tells of a record."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.announcement import event_of
from shared.ending import ending_of

ROOT = Path(__file__).parents[3]
EVENT = json.loads((ROOT / "schemas/result-event.schema.json").read_text("utf-8"))
ENDED = {"COMPLETED", "BLOCKED_PROMPT", "BLOCKED_IMAGE", "MODEL_FILTERED"}
STATUSES = [*sorted(ENDED), "INVALID", "REFUSED", "FAILED", "EXPIRED"]
NOW = "2026-11-20T10:00:00.000Z"


def record(**parts: Any) -> dict[str, Any]:
    base = {
        "request_id": "direct/fox-1",
        "run": 1,
        "status": "COMPLETED",
        "stage": "PublishImages",
        "requester": "direct/mona",
        "created_at": NOW,
        "execution_arn": "arn:execution",
        "prompt": "SECRET prompt",
    }
    nested = {name: json.dumps(v) for name, v in parts.items() if not isinstance(v, str)}
    return base | parts | nested


@pytest.mark.parametrize(
    ("status", "error", "recorded", "rule"),
    [
        ("FAILED", "States.Runtime", "FAILED", "States.Runtime"),
        ("TIMED_OUT", "", "EXPIRED", "TIMED_OUT"),
        ("ABORTED", "", "FAILED", "ABORTED"),
        ("ABORTED", "Stopped", "FAILED", "Stopped"),
        ("ABORTED", "Safelight.Overdue", "EXPIRED", "deadline"),
        ("FAILED", "States.DataLimitExceeded", "FAILED", "States.DataLimitExceeded"),
    ],
)
def test_an_ending_names_what_ended_the_execution(
    status: str, error: str, recorded: str, rule: str
) -> None:
    ending = ending_of("CloseExecution", {"status": status, "error": error}, NOW)
    assert (ending["status"], ending["updated_at"]) == (recorded, NOW)
    assert [reason["rule"] for reason in ending["reasons"]] == [rule]


def ended(status: str, cause: str) -> dict[str, str]:
    return {"status": status, "error": "Safelight.NotRecorded", "cause": cause}


def test_an_error_name_that_stop_execution_was_given_says_nothing() -> None:
    ending = ending_of("CloseExecution", ended("ABORTED", '{"status": "COMPLETED"}'), NOW)
    assert ending["status"] == "FAILED"


def test_an_unrecorded_ending_is_the_machines_own() -> None:
    told = {"status": "COMPLETED", "stage": "PublishImages", "images": []}
    ending = ending_of("CloseExecution", ended("FAILED", json.dumps(told)), NOW)
    assert ending == told | {"updated_at": NOW}


def test_an_unrecorded_ending_tells_what_people_decided() -> None:
    review = {"review_id": "1f", "about": "prompt", "opened_at": NOW, "decision": "reject"}
    told = {"status": "BLOCKED_PROMPT", "stage": "ReviewRequest", "reviews": [review | {"at": NOW}]}
    assert ending_of("CloseExecution", ended("FAILED", json.dumps(told)), NOW)["reviews"]
    told["reviews"] = [review]
    assert ending_of("CloseExecution", ended("FAILED", json.dumps(told)), NOW)["status"] == "FAILED"


@pytest.mark.parametrize("cause", ["", "null", "{}", "[1]", '{"status": "COMPL'])
def test_an_unrecorded_ending_that_cannot_be_read_is_a_failure(cause: str) -> None:
    ending = ending_of("CloseExecution", ended("FAILED", cause), NOW)
    assert (ending["status"], ending["stage"]) == ("FAILED", "CloseExecution")


def test_what_is_too_large_to_be_claimed_is_invalid() -> None:
    execution = {"status": "FAILED", "error": "States.DataLimitExceeded"}
    ending = ending_of("CloseExecution", execution, NOW, claimed=False)
    (reason,) = ending["reasons"]
    assert (ending["status"], reason["field"], reason["rule"]) == (
        "INVALID",
        "request",
        "max_bytes",
    )


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_event(status: str) -> None:
    kind, detail = event_of(record(status=status))

    jsonschema.validate(detail, EVENT)
    blocked = {"BLOCKED_PROMPT", "BLOCKED_IMAGE", "MODEL_FILTERED"}
    expected = "ImageBlocked" if status in blocked else "ImageFailed"
    assert kind == ("ImageCompleted" if status == "COMPLETED" else expected)
    assert detail["retryable"] == (status in {"FAILED", "EXPIRED"})
    identity = f"direct/fox-1\n1\n{status}"
    assert detail["event_id"] == hashlib.sha256(identity.encode()).hexdigest()


def test_pictures_are_told_only_where_they_may_be_seen() -> None:
    place = {"bucket": "b", "key": "k", "preview_bucket": "p", "preview_key": "q", "labels": ["x"]}
    images = [
        {"index": 0, "verdict": "safe", "delivered": True, **place},
        {"index": 1, "verdict": "unsafe", "delivered": False, **place},
        {"index": 2, "verdict": "unsafe", "preview_published": True, **place},
    ]

    _, detail = event_of(record(images=images, attempts=[{}, {}]))

    assert detail["attempts"] == 2
    assert detail["images"] == [
        {"index": 0, "verdict": "safe", "bucket": "b", "key": "k"},
        {"index": 1, "verdict": "unsafe"},
        {"index": 2, "verdict": "unsafe", "preview_bucket": "p", "preview_key": "q"},
    ]


REASON = st.fixed_dictionaries(
    {
        "stage": st.just("FilterKeywords"),
        "category": st.just("nudity"),
        "action": st.sampled_from(["block", "warn", "always", "reject", "fail"]),
        "term": st.just("SECRET"),
        "disguise": st.just("SECRET"),
        "span": st.just([2, 6]),
    },
    optional={
        "rule": st.just("keyword"),
        "label": st.just("SEXUAL"),
        "field": st.just("prompt"),
        "score": st.floats(0, 1),
        "threshold": st.floats(0, 1),
        "message": st.just("of no matter"),
        "image": st.integers(0, 3),
        "something_new": st.just("SECRET"),
    },
)


@given(reasons=st.lists(REASON, max_size=3), warnings=st.lists(REASON, max_size=3))
def test_the_matched_word_never_goes_out(reasons: list[Any], warnings: list[Any]) -> None:
    _, detail = event_of(record(reasons=reasons, warnings=warnings, metadata={"album": "coast"}))

    jsonschema.validate(detail, EVENT)
    assert (len(detail["reasons"]), len(detail["warnings"])) == (len(reasons), len(warnings))
    assert "SECRET" not in json.dumps(detail)
    assert "span" not in json.dumps(detail)
    assert detail["metadata"] == {"album": "coast"}
