"""FollowJobs: jobs under way are paced and told of; those that were forgotten are ended."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.job_events import event_of
from shared.records import utc_text

JOBS, INFERENCES = "safelight-JobsTable-7A8B9C0D1E2F", "safelight-InferencesTable-6F5E4D3C2B1A"
NOW, FUTURE = datetime.now(UTC), "2999-01-01T00:00:00.000Z"
LONG_AGO, JUST_NOW = utc_text(NOW - timedelta(hours=2)), utc_text(NOW - timedelta(seconds=60))
ARN = "arn:aws:states:us-east-1:111122223333:execution:safelight-RunBatch:one"
MAP_RUN = "arn:aws:states:us-east-1:111122223333:mapRun:safelight-RunBatch/RunRows:1f"
JOB = {
    "job_id": "batch-1",
    "kind": "batch",
    "run": 1,
    "status": "RUNNING",
    "stage": "PrepareBatch",
    "execution_arn": ARN,
    "created_at": JUST_NOW,
    "updated_at": JUST_NOW,
    "open_jobs": "1",
    "total": 200,
    "done": 40,
    "n_COMPLETED": 30,
    "n_BLOCKED_PROMPT": 10,
}
DESCRIBED: dict[str, Any] = {
    "executionArn": ARN,
    "name": "one",
    "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:safelight-RunBatch",
    "startDate": NOW - timedelta(minutes=1),
    "status": "RUNNING",
}
COUNTS = dict.fromkeys(
    ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten"),
    0,
)
LISTED = {
    "executionArn": ARN,
    "mapRunArn": MAP_RUN,
    "stateMachineArn": DESCRIBED["stateMachineArn"],
    "startDate": NOW - timedelta(minutes=1),
}
MAP: dict[str, Any] = {
    "mapRunArn": MAP_RUN,
    "executionArn": ARN,
    "status": "RUNNING",
    "startDate": NOW - timedelta(minutes=1),
    "maxConcurrency": 10,
    "toleratedFailurePercentage": 10.0,
    "toleratedFailureCount": 0,
    "itemCounts": COUNTS | {"running": 10, "succeeded": 35, "failed": 5, "total": 200},
    "executionCounts": COUNTS,
}
Look = Callable[..., Any]


@pytest.fixture
def look(aws: Any, answers: Any, call: Any, event: Any) -> Look:
    """Looks at one job, changed as told, while so many inferences are owed."""
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    answers.set("DescribeExecution", DESCRIBED)
    answers.set("ListMapRuns", {"mapRuns": [LISTED]})
    answers.set("DescribeMapRun", MAP)
    answers.set("UpdateMapRun", {})

    def put(table: str, values: dict[str, Any]) -> None:
        item = {
            name: {"N": str(value)} if isinstance(value, int) else {"S": value}
            for name, value in values.items()
        }
        aws("dynamodb").put_item(TableName=table, Item=item)

    def look(owed: int = 0, **changes: Any) -> Any:
        put(JOBS, JOB | changes)
        for number in range(owed):
            row = {"inference_id": str(number), "open_shard": str(number % 8), "deadline": LONG_AGO}
            put(INFERENCES, row)
        return call("follow_jobs", event("follow_jobs/" + "scheduled"))["done"]

    return look


def announced(answers: Any) -> list[tuple[str, dict[str, Any]]]:
    entries = [request["Entries"][0] for request in answers.asked("PutEvents")]
    return [(entry["DetailType"], json.loads(entry["Detail"])) for entry in entries]


def test_without_jobs_nothing_is_asked_or_counted(
    aws: Any, answers: Any, call: Any, event: Any, printed: Any
) -> None:
    assert call("follow_jobs", event("follow_jobs/scheduled")) == {"done": {}, "open": 0}
    assert answers.calls == []
    assert printed() == ""


def test_a_batch_under_way_is_paced_and_told_of(
    look: Look, item: Any, answers: Any, counted: Any
) -> None:
    assert look(owed=10) == {"looked": 1, "paced": 1}

    (asked,) = answers.asked("UpdateMapRun")
    assert asked == {"mapRunArn": MAP_RUN, "maxConcurrency": 20}
    job = item(JOBS, "batch-1")
    assert job["concurrency"] == 20
    # A counter of the machine's own: it must not be written over.
    assert job["done"] == 40
    ((detail_type, detail),) = announced(answers)
    assert detail_type == "BatchProgress"
    assert (detail["total"], detail["done"], detail["backlog"]) == (200, 40, 10)
    assert detail["counts"] == {"COMPLETED": 30, "BLOCKED_PROMPT": 10}
    assert detail["concurrency"] == 20
    # 40 rows in a minute, and in what has passed since this module was read.
    assert 0 < detail["per_minute"] <= 40
    assert detail["eta_seconds"] == pytest.approx(160 * 60 / detail["per_minute"], rel=0.05)


def test_what_a_look_counts(look: Look, counted: Any) -> None:
    look(owed=10)
    assert counted("OpenJobs") == [1]
    assert counted("StalledJobs") == [0]
    assert counted("BatchConcurrency") == [20]
    assert counted("Followed", Done="paced") == [1]


def test_the_pace_of_an_endpoint_that_finishes_nothing_stays(
    look: Look, item: Any, answers: Any
) -> None:
    assert look(owed=10, n_COMPLETED=0) == {"looked": 1}
    assert answers.asked("UpdateMapRun") == []
    assert item(JOBS, "batch-1")["concurrency"] == 10


def test_the_bound_is_the_stacks(look: Look, answers: Any) -> None:
    answers.set("DescribeMapRun", MAP | {"maxConcurrency": 50})
    look(owed=10)
    assert [asked["maxConcurrency"] for asked in answers.asked("UpdateMapRun")] == [20]


def test_a_map_run_that_is_over_is_not_paced(look: Look, answers: Any, item: Any) -> None:
    answers.set("DescribeMapRun", MAP | {"status": "SUCCEEDED"})
    assert look(owed=10) == {"looked": 1}
    assert answers.asked("UpdateMapRun") == []


def test_progress_is_told_when_there_is_some(look: Look, item: Any, answers: Any) -> None:
    look()
    look(look=item(JOBS, "batch-1")["look"])
    assert len(announced(answers)) == 1
    look(look=item(JOBS, "batch-1")["look"], done=41)
    first, second = announced(answers)
    assert first[1]["event_id"] != second[1]["event_id"]


def test_a_data_set_is_counted_by_its_map_run(look: Look, item: Any, answers: Any) -> None:
    assert look(kind="dataset", done=0) == {"looked": 1}
    assert item(JOBS, "batch-1")["done"] == 40
    ((detail_type, detail),) = announced(answers)
    assert (detail_type, detail["done"]) == ("DatasetProgress", 40)
    assert answers.asked("UpdateMapRun") == []


def test_a_job_that_is_being_prepared_is_left_alone(look: Look, item: Any, answers: Any) -> None:
    answers.set("ListMapRuns", {"mapRuns": []})
    assert look(done=0) == {"looked": 1}
    assert "look" not in item(JOBS, "batch-1")
    assert announced(answers) == []


@pytest.mark.parametrize(
    ("prepared", "changes", "stalled"),
    [
        (False, {"created_at": LONG_AGO}, 1),
        (False, {}, 0),
        (True, {}, 0),
        (True, {"done": 0}, 1),
        # A training job may take hours after the last image.
        (True, {"done": 0, "total": 0}, 0),
    ],
)
def test_a_job_without_progress_is_counted(
    prepared: bool, changes: dict[str, Any], stalled: int, look: Look, answers: Any, counted: Any
) -> None:
    answers.set("ListMapRuns", {"mapRuns": [LISTED] if prepared else []})
    answers.set("DescribeMapRun", MAP | {"startDate": NOW - timedelta(hours=1)})
    look(**changes)
    assert counted("StalledJobs") == [stalled]


def test_a_training_under_way_is_only_looked_at(
    look: Look, answers: Any, counted: Any, item: Any
) -> None:
    assert look(kind="classifier", created_at=LONG_AGO) == {"looked": 1}
    assert answers.asked("ListMapRuns") == announced(answers) == []
    assert counted("StalledJobs") == [0]
    assert "look" not in item(JOBS, "batch-1")


@pytest.mark.parametrize(
    ("ended", "rule"),
    [
        ({"status": "FAILED", "error": "States.Runtime"}, "States.Runtime"),
        ({"status": "FAILED", "error": "Safelight.NotRecorded"}, "Safelight.NotRecorded"),
        ({"status": "TIMED_OUT"}, "TIMED_OUT"),
        ({"status": "ABORTED"}, "ABORTED"),
        ({"status": "SUCCEEDED"}, "SUCCEEDED"),
    ],
)
def test_a_job_whose_execution_ended_without_a_word_is_closed_and_told_of(
    ended: dict[str, Any], rule: str, look: Look, item: Any, answers: Any
) -> None:
    answers.set("DescribeExecution", DESCRIBED | ended)

    assert look() == {"closed": 1}

    job = item(JOBS, "batch-1")
    assert (job["status"], job["stage"]) == ("FAILED", "FollowJobs")
    assert [reason["rule"] for reason in json.loads(job["reasons"])] == [rule]
    assert "open_jobs" not in job
    assert announced(answers) == [event_of(job)]
    assert announced(answers)[0][0] == "BatchFailed"


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn"])
def test_so_is_one_whose_execution_nobody_remembers(
    code: str, look: Look, item: Any, answers: Any
) -> None:
    answers.refuse("DescribeExecution", code)
    assert look(execution_arn="none", created_at=LONG_AGO) == {"closed": 1}
    assert "FORGOTTEN" in item(JOBS, "batch-1")["reasons"]


def test_one_that_has_just_begun_may_not_be_known_yet(look: Look, item: Any, answers: Any) -> None:
    answers.refuse("DescribeExecution", "ExecutionDoesNotExist")
    # However long it is ago that this module was read.
    assert look(created_at=FUTURE) == {}
    assert item(JOBS, "batch-1")["status"] == "RUNNING"


@pytest.mark.parametrize(("updated_at", "done"), [(LONG_AGO, {"announced": 1}), (FUTURE, {})])
def test_an_end_that_nobody_told_is_told_after_five_minutes(
    updated_at: str, done: dict[str, int], look: Look, item: Any, answers: Any
) -> None:
    assert look(status="COMPLETED", updated_at=updated_at) == done
    assert [detail_type for detail_type, _ in announced(answers)] == ["BatchCompleted"] * len(done)
    assert ("announced_at" in item(JOBS, "batch-1")) is bool(done)
    assert answers.asked("DescribeExecution") == []


def test_a_job_that_was_closed_meanwhile_is_not_told_of(look: Look, answers: Any, aws: Any) -> None:
    def closed_meanwhile(_: Any) -> Any:
        aws("dynamodb").update_item(
            TableName=JOBS,
            Key={"job_id": {"S": "batch-1"}},
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": "COMPLETED"}},
        )
        return MAP

    answers.set("DescribeMapRun", closed_meanwhile)
    assert look() == {"looked": 1, "paced": 1}
    assert announced(answers) == []


def test_an_end_that_the_machine_could_not_record_is_recorded_as_it_says(
    look: Look, item: Any, answers: Any
) -> None:
    report = {"bucket": "images", "key": "summary.json", "counts": {"COMPLETED": 40}}
    told = {"status": "COMPLETED", "stage": "SummarizeBatch", "reasons": [], "report": report}
    ended = {"status": "FAILED", "error": "Safelight.NotRecorded", "cause": json.dumps(told)}
    answers.set("DescribeExecution", DESCRIBED | ended)

    assert look() == {"closed": 1}

    assert json.loads(item(JOBS, "batch-1")["report"]) == report
    ((detail_type, detail),) = announced(answers)
    assert (detail_type, detail["counts"]) == ("BatchCompleted", {"COMPLETED": 40})


def test_an_end_that_is_not_taken_is_told_at_a_later_look(
    look: Look, item: Any, answers: Any, counted: Any
) -> None:
    answers.set("DescribeExecution", DESCRIBED | {"status": "ABORTED"})
    answers.set(
        "PutEvents", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
    )
    assert look() == {"failures": 1}
    assert item(JOBS, "batch-1")["open_jobs"] == "1"
    assert counted("Followed", Done="failures") == [1]


def test_one_bad_job_holds_up_no_other(look: Look, answers: Any, aws: Any, logged: Any) -> None:
    aws("dynamodb").put_item(
        TableName=JOBS,
        Item={name: {"S": "?"} for name in ("job_id", "status")}
        | {"open_jobs": {"S": "1"}, "created_at": {"S": LONG_AGO}},
    )
    assert look() == {"failures": 1, "looked": 1, "paced": 1}
    assert "job cannot be followed" in logged()
