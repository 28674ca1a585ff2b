"""What a row came to, from every shape in which Step Functions writes a child's end."""

import json
from typing import Any

import pytest

from summarize_batch.outcomes import outcome, refused

TOLD = {
    "line": 12,
    "request_id": "batch-1-12",
    "run": 1,
    "status": "COMPLETED",
    "images": [{"bucket": "images", "key": "a.png"}],
}
ROW = {"line": 12, "name": "batch-1-12", "request_id": "batch-1-12", "input": {"request": "SECRET"}}


def failed(**members: Any) -> bytes:
    """A child that did not succeed, as DescribeExecution tells of it."""
    whole = {
        "ExecutionArn": "arn:aws:states:us-east-1:111122223333:execution:safelight-RunBatch/Rows:1",
        "Input": json.dumps({"row": ROW, "job": {"job_id": "batch-1", "run": 1}}),
        "InputDetails": {"Included": True},
        "Name": "1",
        "StartDate": "2026-11-20T10:00:02.000Z",
        "Status": "FAILED",
        "StopDate": "2026-11-20T10:00:03.000Z",
    }
    return json.dumps(whole | members).encode()


def test_a_child_that_succeeded_has_told_it() -> None:
    assert outcome(json.dumps(TOLD).encode()) == TOLD
    assert outcome(json.dumps({**TOLD, "repeated": True, "prompt": "SECRET"}).encode()) == {
        **TOLD,
        "repeated": True,
    }


def test_a_child_that_failed_has_told_it_as_its_cause() -> None:
    told = {**TOLD, "status": "EXPIRED", "images": []}
    assert outcome(failed(Error="Safelight.RowFailed", Cause=json.dumps(told))) == told


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"Error": "States.Runtime", "Cause": "An error occurred"}, "States.Runtime"),
        ({"Error": "States.Runtime", "Cause": '{"line": 1}'}, "States.Runtime"),
        ({"Error": "Safelight.RowFailed", "Cause": '{"line": 12, "sta'}, "Safelight.RowFailed"),
        ({"Status": "TIMED_OUT"}, "TIMED_OUT"),
    ],
)
def test_a_child_that_told_nothing_has_failed(members: dict[str, str], error: str) -> None:
    assert outcome(failed(**members)) == {
        "line": 12,
        "request_id": "batch-1-12",
        "run": 0,
        "status": "FAILED",
        "images": [],
        "error": error,
    }


@pytest.mark.parametrize(
    "written",
    [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, failed(Input="{}"), failed(Input="[")],
)
def test_what_names_no_row_is_none(written: bytes) -> None:
    assert outcome(written) is None


def test_how_the_request_of_an_aborted_child_ended_cannot_be_told() -> None:
    assert outcome(failed(Status="ABORTED")) is None


def test_a_refused_line_says_what_is_wrong_with_it() -> None:
    told = {"line": 4, "request_id": "batch-1-4", "field": "line", "rule": "json", "message": "x"}
    assert refused(json.dumps(told).encode()) == {
        **told,
        "run": 1,
        "status": "INVALID",
        "images": [],
    }
    assert refused(b"") is None
