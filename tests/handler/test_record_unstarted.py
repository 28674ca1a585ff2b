"""RecordUnstarted's handler: events that could start no execution in; records and events out."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
RESULT_EVENT = json.loads((ROOT / "schemas/result-event.schema.json").read_text("utf-8"))
RECORD = json.loads((ROOT / "schemas/record.schema.json").read_text("utf-8"))
RESULTS, WORK = "safelight-ResultsTable-1A2B3C4D5E6F", "safelight-work-example"
EVENT_ID = "event-7bf73129-1428-4cd3-a780-95db273d1602"
OK: dict[str, Any] = {"batchItemFailures": []}
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def unstarted(aws: Any, answers: Any, call: Call, event: Event) -> Callable[..., Any]:
    """Calls the handler with an event's batch, whose bodies may be changed first."""
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

    def unstarted(scenario: str, change: Callable[[str], str] = str) -> Any:
        batch = event(f"record_unstarted/{scenario}")
        for message in batch["Records"]:
            message["body"] = change(message["body"])
        return call("record_unstarted", batch)

    return unstarted


def announced(answers: Any) -> list[dict[str, Any]]:
    entries = [request["Entries"][0] for request in answers.asked("PutEvents")]
    assert {entry["DetailType"] for entry in entries} <= {"ImageFailed"}
    details = [json.loads(entry["Detail"]) for entry in entries]
    for detail in details:
        jsonschema.validate(detail, RESULT_EVENT)
    return details


def recorded(item: Any, request_id: str) -> dict[str, Any]:
    nested = ("reasons", "source", "metadata")
    found = item(RESULTS, request_id)
    record = {name: json.loads(v) if name in nested else v for name, v in found.items()}
    jsonschema.validate(record, RECORD)
    return record


def kept(aws: Any) -> dict[str, bytes]:
    s3 = aws("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=WORK).get("Contents", ())]
    return {key: s3.get_object(Bucket=WORK, Key=key)["Body"].read() for key in keys}


def metrics(capsys: pytest.CaptureFixture[str]) -> int:
    return capsys.readouterr().out.count('"UnstartedRequests": 1')


@pytest.mark.parametrize(
    ("scenario", "rule"),
    [("image_requested", "NO_PERMISSIONS"), ("image_requested_after_retries", "THROTTLING")],
)
def test_an_event_is_failed_announced_and_kept(
    scenario: str,
    rule: str,
    unstarted: Any,
    item: Any,
    answers: Any,
    aws: Any,
    event: Event,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert unstarted(scenario) == OK

    record = recorded(item, EVENT_ID)
    assert (record["status"], record["run"], record["execution_arn"]) == ("FAILED", 0, "none")
    assert [reason["rule"] for reason in record["reasons"]] == [rule]
    assert record["created_at"] == "2026-11-20T10:00:00.000Z"
    assert record["requester"] == "event:example.gallery"
    assert "open_shard" not in record
    assert record["announced_at"] == record["updated_at"]
    key = f"unstarted/{hashlib.sha256(EVENT_ID.encode()).hexdigest()}.json"
    assert record["source"] == {
        "type": "event",
        "event_id": EVENT_ID.removeprefix("event-"),
        "event_source": "example.gallery",
        "kept": key,
    }
    body = event(f"record_unstarted/{scenario}")["Records"][0]["body"]
    assert kept(aws) == {key: body.encode()}
    (told,) = announced(answers)
    assert (told["request_id"], told["status"], told["retryable"]) == (EVENT_ID, "FAILED", True)
    assert metrics(capsys) == 1


def test_a_file_stays_where_it_is(unstarted: Any, item: Any, answers: Any, aws: Any) -> None:
    assert unstarted("s3_file") == OK
    (told,) = announced(answers)
    record = recorded(item, told["request_id"])
    assert record["request_id"].startswith("s3-")
    assert record["source"]["key"] == "prompts/lighthouse.json"
    assert "kept" not in record["source"]
    assert kept(aws) == {}


def test_an_event_above_256_kib_is_invalid(
    unstarted: Any, item: Any, answers: Any, aws: Any
) -> None:
    assert unstarted("image_requested", lambda body: body[:-1] + " " * 262_144 + "}") == OK
    record = recorded(item, EVENT_ID)
    assert record["status"] == "INVALID"
    (reason,) = record["reasons"]
    assert (reason["field"], reason["rule"]) == ("request", "max_bytes")
    (told,) = announced(answers)
    assert told["retryable"] is False
    assert kept(aws) == {}


def test_what_has_a_record_has_started_after_all(
    unstarted: Any, item: Any, answers: Any, aws: Any, call: Call, event: Event
) -> None:
    accepted = event("accept_request/image_requested")
    accepted["input"]["detail"].pop("request_id")
    call("accept_request", accepted)
    before = item(RESULTS, EVENT_ID)

    assert unstarted("image_requested") == OK

    assert item(RESULTS, EVENT_ID) == before
    assert announced(answers) == []
    assert kept(aws) == {}


def test_a_delivery_that_had_started_an_execution_is_no_failure(
    unstarted: Any, item: Any, answers: Any
) -> None:
    assert unstarted("started_after_all") == OK
    assert item(RESULTS, EVENT_ID) is None
    assert announced(answers) == []


def test_a_folder_is_no_request(unstarted: Any, answers: Any) -> None:
    assert unstarted("s3_folder") == OK
    assert announced(answers) == []


def test_the_same_message_again_changes_nothing(
    unstarted: Any, item: Any, answers: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    unstarted("image_requested")
    before = item(RESULTS, EVENT_ID)
    assert unstarted("image_requested") == OK
    assert item(RESULTS, EVENT_ID) == before
    assert len(announced(answers)) == 1
    assert metrics(capsys) == 1


def test_what_was_recorded_and_not_announced_is_announced_when_it_comes_again(
    unstarted: Any, item: Any, answers: Any
) -> None:
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
    answers.set("PutEvents", refused)
    assert len(unstarted("image_requested")["batchItemFailures"]) == 1
    assert recorded(item, EVENT_ID)["open_shard"]

    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    assert unstarted("image_requested") == OK
    assert "open_shard" not in recorded(item, EVENT_ID)
    assert len({told["event_id"] for told in announced(answers)}) == 1


def test_unreadable_ones_come_again_and_hold_up_nobody(
    unstarted: Any, answers: Any, event: Event, logged: Any
) -> None:
    batch = event("record_unstarted/batch_with_two_unreadable")["Records"]
    assert unstarted("batch_with_two_unreadable") == {
        "batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in batch[:2]]
    }
    assert len(announced(answers)) == 1
    assert "lighthouse" not in logged()
