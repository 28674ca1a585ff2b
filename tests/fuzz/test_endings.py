"""The cause of a Fail state, however cut or mixed up: with it or without, a record is closed."""

import json
from typing import Any

from fuzz.budget import fuzzed
from fuzz.mutation import damaged, documents, mutated, nested, raw
from hypothesis import example, given
from hypothesis import strategies as st

from shared.announcement import event_of
from shared.ending import NOT_RECORDED, ending_of
from shared.statuses import OPEN

NOW = "2026-11-20T10:00:00.000Z"
OUTCOMES = [
    {"status": "FAILED", "stage": "StoreImages", "reasons": [{"stage": "StoreImages"}]},
    {
        "status": "COMPLETED",
        "stage": "PublishImages",
        "reasons": [],
        "warnings": [],
        "attempts": [],
        "images": [],
        "models": {"images": "painter-1"},
        "timings": {"AcceptRequest": 12},
        "usage": {},
        "classification": {},
        "shadow": {},
    },
]
# What a cause must never say anew of a record.
CLAIMED = {"request_id": "direct/fox-1", "run": 1, "execution_arn": "arn:execution"}


@fuzzed(150)
@given(
    cause=st.one_of(
        mutated(OUTCOMES).map(json.dumps),
        documents().map(json.dumps),
        damaged([raw(outcome) for outcome in OUTCOMES]).map(lambda cut: cut.decode("latin-1")),
        st.text(max_size=30),
    )
)
@example(cause=nested(100_000))
@example(cause='{"status": "RUNNING", "stage": "AcceptRequest"}')
@example(cause='{"status": [], "stage": "AcceptRequest"}')
@example(cause='{"status": "FAILED", "stage": "AcceptRequest", "execution_arn": "another"}')
@example(cause='{"status": "FAILED", "stage": "AcceptRequest", "reasons": [7]}')
@example(cause='{"status": "COMPLETED", "stage": "PublishImages", "images": [{}]}')
def test_any_cause_closes(cause: str) -> None:
    execution = {"status": "FAILED", "error": NOT_RECORDED, "cause": cause}
    ending = ending_of("CloseExecution", execution, NOW)
    assert ending["updated_at"] == NOW
    assert not CLAIMED.keys() & ending.keys()
    record: dict[str, Any] = {
        **CLAIMED,
        "requester": "direct",
        "created_at": NOW,
        **{name: v if isinstance(v, str) else json.dumps(v) for name, v in ending.items()},
    }
    assert record["status"] not in OPEN
    kind, detail = event_of(record)
    # Only an outcome that says so itself is a success.
    assert (kind == "ImageCompleted") == (
        '"COMPLETED"' in cause and ending["status"] == "COMPLETED"
    )
    assert detail["status"] == ending["status"]
