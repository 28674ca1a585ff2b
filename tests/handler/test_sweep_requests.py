"""SweepRequests' handler: what is open past its deadline is stopped, closed and announced."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
RESULT_EVENT = json.loads((ROOT / "schemas/result-event.schema.json").read_text("utf-8"))
RESULTS = "safelight-ResultsTable-1A2B3C4D5E6F"
ARN = "arn:aws:states:us-east-1:111122223333:execution:GenerateSafeImage-4mWnJx7QzTbc:lost"
PAST, FUTURE = "2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
RECORD = {
    "request_id": "direct/lost",
    "execution_arn": ARN,
    "status": "RUNNING",
    "stage": "AcceptRequest",
    "requester": "direct",
    "created_at": "2025-12-31T00:00:00Z",
    "open_shard": "5",
    "metadata": "{}",
}
Sweep = Callable[..., Any]


@pytest.fixture
def sweep(aws: Any, answers: Any, call: Any, event: Any) -> Sweep:
    """Sweeps a table with one record, changed as told."""
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    answers.set("StopExecution", {"stopDate": "2026-11-20T10:00:00Z"})

    def sweep(deadline: str = PAST, **changes: str) -> Any:
        record = RECORD | {"deadline": deadline} | changes
        item = {name: {"S": value} for name, value in record.items() if value}
        aws("dynamodb").put_item(TableName=RESULTS, Item=item | {"run": {"N": "1"}})
        return call("sweep_requests", event("sweep_requests/" + "scheduled"))["closed"]

    return sweep


def test_an_overdue_request_is_stopped_closed_and_announced(
    sweep: Sweep, item: Any, answers: Any
) -> None:
    assert sweep() == 1

    record = item(RESULTS, "direct/lost")
    assert (record["status"], record["stage"]) == ("EXPIRED", "SweepRequests")
    assert "open_shard" not in record
    assert [asked["executionArn"] for asked in answers.asked("StopExecution")] == [ARN]
    (told,) = answers.asked("PutEvents")
    detail = json.loads(told["Entries"][0]["Detail"])
    jsonschema.validate(detail, RESULT_EVENT)
    assert (detail["status"], detail["retryable"]) == ("EXPIRED", True)


def test_a_request_in_time_is_left_alone(sweep: Sweep, item: Any, answers: Any) -> None:
    assert sweep(deadline=FUTURE) == 0
    assert item(RESULTS, "direct/lost")["status"] == "RUNNING"
    assert answers.asked("StopExecution") == []


def test_a_closed_request_is_not_in_the_index(sweep: Sweep, answers: Any) -> None:
    assert sweep(status="COMPLETED", open_shard="") == 0
    assert answers.asked("PutEvents") == []


def test_a_request_that_was_closed_meanwhile_stays_as_it_is(
    sweep: Sweep, item: Any, answers: Any
) -> None:
    assert sweep(status="COMPLETED") == 0
    assert item(RESULTS, "direct/lost")["status"] == "COMPLETED"
    assert answers.asked("PutEvents") == []
