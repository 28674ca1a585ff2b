"""RecordUnstarted's handler: events that could start no execution in; records and events out."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.job_events import event_of
from shared.jobs import batch_id, dataset_id

ROOT = Path(__file__).parents[2]
RESULT_EVENT = json.loads((ROOT / "schemas/result-event.schema.json").read_text("utf-8"))
RECORD = json.loads((ROOT / "schemas/record.schema.json").read_text("utf-8"))
JOB_EVENT = json.loads((ROOT / "schemas/job-event.schema.json").read_text("utf-8"))
JOBS_TABLE = "safelight-JobsTable-7A8B9C0D1E2F"
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


JOBS = {
    "s3_batch": ("batch", "BatchFailed"),
    "dataset_submitted": ("dataset", "DatasetFailed"),
}


def jobs(aws: Any) -> list[dict[str, Any]]:
    items = aws("dynamodb").scan(TableName=JOBS_TABLE)["Items"]
    return [{n: int(v["N"]) if "N" in v else v["S"] for n, v in item.items()} for item in items]


def told_of(answers: Any) -> list[tuple[str, dict[str, Any]]]:
    entries = [request["Entries"][0] for request in answers.asked("PutEvents")]
    return [(entry["DetailType"], json.loads(entry["Detail"])) for entry in entries]


@pytest.mark.parametrize("scenario", JOBS)
def test_a_job_is_failed_and_announced(
    scenario: str, unstarted: Any, aws: Any, answers: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert unstarted(scenario) == OK

    (job,) = jobs(aws)
    kind, detail_type = JOBS[scenario]
    assert job["job_id"].startswith(f"{kind}-")
    assert (job["kind"], job["status"], job["run"], job["stage"]) == (
        *(kind, "FAILED", 0, "RecordUnstarted"),
    )
    assert job["created_at"] == "2026-11-21T06:00:00.000Z"
    assert [reason["rule"] for reason in json.loads(job["reasons"])] == ["NO_PERMISSIONS"]
    assert "open_jobs" not in job
    assert told_of(answers) == [(detail_type, event_of(job)[1])]
    jsonschema.validate(told_of(answers)[0][1], JOB_EVENT)
    assert aws("dynamodb").scan(TableName=RESULTS)["Count"] == 0
    assert kept(aws) == {}
    assert metrics(capsys) == 1


def test_a_jobs_id_is_the_one_that_its_machine_would_have_given(unstarted: Any, aws: Any) -> None:
    unstarted("s3_batch")
    unstarted("dataset_submitted")
    etag = "26f4946f655f50bb31499801b4714a26"
    assert {job["job_id"] for job in jobs(aws)} == {
        batch_id("safelight-prompts-example", "batches/catalogue.csv", etag),
        dataset_id("safelight-datasets-example", "datasets/cats/"),
    }


@pytest.mark.parametrize("scenario", JOBS)
def test_a_jobs_message_again_changes_nothing(
    scenario: str, unstarted: Any, aws: Any, answers: Any
) -> None:
    unstarted(scenario)
    before = jobs(aws)
    assert unstarted(scenario) == OK
    assert jobs(aws) == before
    assert len(told_of(answers)) == 1


def test_a_jobs_end_that_was_not_taken_is_announced_when_it_comes_again(
    unstarted: Any, aws: Any, answers: Any
) -> None:
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
    answers.set("PutEvents", refused)
    assert len(unstarted("s3_batch")["batchItemFailures"]) == 1
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    assert unstarted("s3_batch") == OK
    (job,) = jobs(aws)
    assert "open_jobs" not in job
    assert len({detail["event_id"] for _, detail in told_of(answers)}) == 1


@pytest.mark.parametrize(
    ("scenario", "status", "created_at", "run"),
    [
        # What ended before is tried again, and could not start.
        ("s3_batch", "FAILED", "2026-11-20T06:00:00.000Z", 4),
        ("dataset_submitted", "COMPLETED", "2026-11-20T06:00:00.000Z", 4),
        # Of these nothing would have been done again.
        ("s3_batch", "COMPLETED", "2026-11-20T06:00:00.000Z", 3),
        ("s3_batch", "RUNNING", "2026-11-20T06:00:00.000Z", 3),
        ("dataset_submitted", "RUNNING", "2026-11-20T06:00:00.000Z", 3),
        # A later one has come through.
        ("s3_batch", "FAILED", "2026-11-21T07:00:00.000Z", 3),
    ],
)
def test_a_job_that_was_run_before(
    scenario: str, status: str, created_at: str, run: int, unstarted: Any, aws: Any, answers: Any
) -> None:
    unstarted(scenario)
    (job,) = jobs(aws)
    earlier = {"status": status, "created_at": created_at, "execution_arn": "arn:an-execution"}
    texts = {name: {"S": value} for name, value in (job | earlier).items() if name != "run"}
    texts["expires_at"] = {"N": str(job["expires_at"])}
    aws("dynamodb").put_item(TableName=JOBS_TABLE, Item=texts | {"run": {"N": "3"}})

    assert unstarted(scenario) == OK

    (after,) = jobs(aws)
    assert after["run"] == run
    assert (after["execution_arn"] == "none") is (run == 4)
    assert len(told_of(answers)) == run - 2


def test_a_job_that_started_after_all_is_no_failure(
    unstarted: Any, aws: Any, event: Event, call: Call
) -> None:
    batch = event("record_unstarted/s3_batch")
    code = batch["Records"][0]["messageAttributes"]["ERROR_CODE"]
    code["stringValue"] = "RESOURCE_ALREADY_EXISTS"
    assert call("record_unstarted", batch) == OK
    assert jobs(aws) == []


def test_a_folder_of_batches_is_no_batch(unstarted: Any, aws: Any) -> None:
    assert unstarted("s3_batch", lambda body: body.replace("catalogue.csv", "")) == OK
    assert jobs(aws) == []


def test_a_data_set_without_a_prefix_has_an_end_all_the_same(unstarted: Any, aws: Any) -> None:
    assert unstarted("dataset_submitted", lambda body: body.replace('"prefix"', '"p"')) == OK
    assert [job["status"] for job in jobs(aws)] == ["FAILED"]
