"""CloseExecution's handler: an execution's end in; its record closed and announced."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
RESULT_EVENT = json.loads((ROOT / "schemas/result-event.schema.json").read_text("utf-8"))
RECORD = json.loads((ROOT / "schemas/record.schema.json").read_text("utf-8"))
RESULTS = "safelight-ResultsTable-1A2B3C4D5E6F"
NESTED = ("reasons", "warnings", "attempts", "images", "models", "timings", "usage")
CLAIM: dict[str, Any] = {
    "request_id": "s3-0123",
    "run": 1,
    "execution_arn": "",
    "requester": "s3:prompts",
    "created_at": "2026-11-20T10:00:01.250Z",
    "updated_at": "2026-11-20T10:00:01.250Z",
    "deadline": "2026-11-20T14:00:01.250Z",
    "expires_at": 1802944801,
    "open_shard": "3",
    "request_hash": "hash of the request",
    "policy_hash": "hash of the policy",
    "source": '{"type": "s3"}',
    "metadata": '{"album": "coast"}',
}
Call = Callable[..., Any]
Event = Callable[[str], Any]
Scene = Callable[..., Any]


def parsed(record: dict[str, Any]) -> dict[str, Any]:
    documents = (*NESTED, "source", "metadata")
    return {name: json.loads(v) if name in documents else v for name, v in record.items()}


def task_events(output: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The history of an execution that got as far as AcceptRequest's answer, or not so far."""
    now = datetime(2026, 11, 20, 10, tzinfo=UTC)
    entered = {
        "timestamp": now,
        "type": "TaskStateEntered",
        "id": 2,
        "stateEnteredEventDetails": {"name": "AcceptRequest"},
    }
    succeeded = {
        "timestamp": now,
        "type": "TaskSucceeded",
        "id": 5,
        "taskSucceededEventDetails": {
            "resourceType": "lambda",
            "resource": "invoke",
            "output": json.dumps({"Payload": output, "StatusCode": 200}),
        },
    }
    started = {"timestamp": now, "type": "ExecutionStarted", "id": 1}
    return [started, entered, *([succeeded] if output else [])]


@pytest.fixture
def close(aws: Any, answers: Any, call: Call, event: Event) -> Scene:
    """Closes the execution of an event that AcceptRequest answered so, with a record or without."""
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

    def close(
        scenario: str, verdict: str = "accepted", record: dict[str, Any] | None = None
    ) -> Any:
        payload = event(f"close_execution/{scenario}")
        detail = payload["detail"]
        arn = detail["executionArn"]
        claim = CLAIM | {"execution_arn": arn}
        described = {
            "executionArn": arn,
            "name": detail["name"],
            "stateMachineArn": detail["stateMachineArn"],
            "status": detail["status"],
            "startDate": datetime(2026, 11, 20, 10, 0, 1, 250_000, tzinfo=UTC),
        }
        told = {name: detail[name] for name in ("error", "cause") if detail[name]}
        answers.set("DescribeExecution", described | told)
        output = {"verdict": verdict, "claim": claim} if verdict else None
        answers.set("GetExecutionHistory", {"events": task_events(output)})
        if record is not None:
            stored = claim | {"status": "RUNNING", "stage": "AcceptRequest"} | record
            aws("dynamodb").put_item(
                TableName=RESULTS,
                Item={
                    n: {"N": str(v)} if isinstance(v, int) else {"S": v} for n, v in stored.items()
                },
            )
        return call("close_execution", payload)["done"]

    return close


def announced(answers: Any) -> list[dict[str, Any]]:
    details = []
    for request in answers.asked("PutEvents"):
        (entry,) = request["Entries"]
        assert entry["EventBusName"] == "safelight-bus"
        assert entry["Source"] == "safelight"
        detail = json.loads(entry["Detail"])
        jsonschema.validate(detail, RESULT_EVENT)
        details.append({"type": entry["DetailType"], **detail})
    return details


@pytest.mark.parametrize(
    ("scenario", "status", "rule"),
    [
        ("failed", "FAILED", "States.Runtime"),
        ("timed_out", "EXPIRED", "TIMED_OUT"),
        ("aborted", "FAILED", "Stopped"),
    ],
)
def test_an_open_record_is_closed_and_announced(
    scenario: str, status: str, rule: str, close: Scene, item: Any, answers: Any
) -> None:
    assert close(scenario, record={}) == "closed"

    record = parsed(item(RESULTS, "s3-0123"))
    jsonschema.validate(record, RECORD)
    assert (record["status"], record["stage"]) == (status, "CloseExecution")
    assert [reason["rule"] for reason in record["reasons"]] == [rule]
    assert record["announced_at"]
    assert "open_shard" not in record
    assert record["updated_at"] > record["created_at"]
    assert record["request_hash"] == "hash of the request"
    (told,) = announced(answers)
    assert (told["type"], told["status"]) == ("ImageFailed", status)
    assert told["metadata"] == {"album": "coast"}
    assert told["retryable"] is True


def test_an_appeals_record_is_closed_like_any_other(close: Scene, item: Any, answers: Any) -> None:
    assert close("aborted", "appealed", record={"status": "IN_REVIEW"}) == "closed"
    assert item(RESULTS, "s3-0123")["status"] == "FAILED"
    assert [told["status"] for told in announced(answers)] == ["FAILED"]


def test_an_execution_without_a_claim_has_a_record_of_its_own(
    close: Scene, item: Any, answers: Any, event: Event
) -> None:
    name = event("close_execution/aborted_before_the_claim")["detail"]["name"]

    assert close("aborted_before_the_claim", verdict="") == "closed"

    record = parsed(item(RESULTS, f"execution-{name}"))
    jsonschema.validate(record, RECORD)
    assert record["status"] == "FAILED"
    assert record["source"] == {"type": "unknown"}
    assert record["created_at"] == "2026-11-20T10:00:01.250Z"
    assert [told["request_id"] for told in announced(answers)] == [f"execution-{name}"]


@pytest.mark.parametrize("verdict", ["duplicate", "ignored"])
def test_what_belongs_to_nobody_or_another_execution_is_left_alone(
    verdict: str, close: Scene, item: Any, answers: Any
) -> None:
    assert close("aborted_duplicate", verdict) == "superseded"
    assert item(RESULTS, "s3-0123") is None
    assert announced(answers) == []


@pytest.mark.parametrize("scenario", ["failed_and_announced", "expired_and_announced"])
def test_what_the_machine_announced_itself_is_not_announced_again(
    scenario: str, close: Scene, answers: Any
) -> None:
    assert close(scenario, record={"status": "FAILED"}) == "announced"
    assert announced(answers) == []


def test_an_outcome_that_could_not_be_recorded_is_read_from_the_cause(
    close: Scene, item: Any, answers: Any, event: Event
) -> None:
    cause = json.loads(event("close_execution/not_recorded")["detail"]["cause"])

    assert close("not_recorded", record={}) == "closed"

    record = parsed(item(RESULTS, "s3-0123"))
    jsonschema.validate(record, RECORD)
    assert (record["status"], record["stage"]) == ("BLOCKED_PROMPT", "FilterKeywords")
    assert record["reasons"] == cause["reasons"]
    assert "open_shard" not in record
    (told,) = announced(answers)
    assert told["type"] == "ImageBlocked"
    assert not {"term", "span", "disguise"} & set(told["reasons"][0])


def test_a_record_that_could_not_be_announced_is_announced_as_it_is(
    close: Scene, item: Any, answers: Any
) -> None:
    reasons = '[{"stage": "ClassifyPrompt", "category": "technical", "action": "fail"}]'
    recorded = {"status": "FAILED", "stage": "ClassifyPrompt", "reasons": reasons}

    assert close("not_announced", record=recorded) == "announced again"

    record = item(RESULTS, "s3-0123")
    assert (record["stage"], record["reasons"]) == ("ClassifyPrompt", reasons)
    (told,) = announced(answers)
    assert (told["stage"], told["reasons"]) == ("ClassifyPrompt", json.loads(reasons))


def test_a_second_call_finds_nothing_to_do(
    close: Scene, item: Any, answers: Any, counted: Any
) -> None:
    assert close("failed", record={}) == "closed"
    first = item(RESULTS, "s3-0123")

    assert close("failed") == "announced"

    assert counted("Closings", Done="closed") == counted("Closings", Done="announced") == [1]
    assert item(RESULTS, "s3-0123") == first
    assert len(announced(answers)) == 1


def test_what_was_closed_but_not_told_is_told_by_a_second_call(
    close: Scene, item: Any, answers: Any
) -> None:
    answers.set("PutEvents", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]})
    with pytest.raises(Exception, match="PutEvents"):
        close("failed", record={})
    assert item(RESULTS, "s3-0123")["open_shard"]
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

    assert close("failed") == "announced again"

    once, again = announced(answers)
    assert once == again
    assert "open_shard" not in item(RESULTS, "s3-0123")


def test_a_claim_that_accept_request_did_not_come_to_tell_of_is_closed(
    close: Scene, item: Any, answers: Any
) -> None:
    assert close("aborted_before_the_claim", verdict="", record={}) == "closed"

    assert item(RESULTS, "s3-0123")["status"] == "FAILED"
    assert [told["request_id"] for told in announced(answers)] == ["s3-0123"]


def test_a_request_too_large_for_its_first_task_is_invalid(
    close: Scene, item: Any, answers: Any
) -> None:
    assert close("too_large", verdict="") == "closed"

    (told,) = announced(answers)
    assert (told["status"], told["retryable"]) == ("INVALID", False)
    assert (told["reasons"][0]["field"], told["reasons"][0]["rule"]) == ("request", "max_bytes")


def test_another_executions_record_stands(close: Scene, item: Any, answers: Any) -> None:
    theirs = {"execution_arn": "arn:another", "status": "RUNNING"}

    assert close("failed", record=theirs) == "superseded"

    assert item(RESULTS, "s3-0123")["status"] == "RUNNING"
    assert announced(answers) == []


def test_an_event_that_was_not_taken_is_tried_again(close: Scene, answers: Any) -> None:
    answers.set("PutEvents", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]})

    with pytest.raises(Exception, match="PutEvents: InternalFailure"):
        close("failed", record={})
