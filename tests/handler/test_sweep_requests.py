"""SweepRequests' handler: what is overdue, forgotten or untold is ended and told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
RESULT_EVENT = json.loads((ROOT / "schemas/result-event.schema.json").read_text("utf-8"))
RESULTS, INFERENCES, REVIEWS = (
    "safelight-ResultsTable-1A2B3C4D5E6F",
    "safelight-InferencesTable-6F5E4D3C2B1A",
    "safelight-ReviewsTable-9C8B7A6F5E4D",
)
WORK = "safelight-work-example"
ARN = "arn:aws:states:us-east-1:111122223333:execution:safelight-GenerateSafeImage:lost"
PAST, FUTURE = "2026-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"
RECORD = {
    "request_id": "direct/lost",
    "execution_arn": ARN,
    "status": "RUNNING",
    "stage": "AcceptRequest",
    "requester": "direct",
    "created_at": "2025-12-31T00:00:00.000Z",
    "open_shard": "5",
    "metadata": "{}",
}
KEY = "inference/output/1f.out"
ROW = {
    "inference_id": "1f",
    "status": "INVOKED",
    "task_token": "example-token",
    "plan": '{"seed": 7}',
    "output_location": f"s3://{WORK}/{KEY}",
    "failure_location": f"s3://{WORK}/inference/failure/1f.out",
    "open_shard": "7",
    "deadline": PAST,
}
REVIEW = {
    "review_id": "2f",
    "request_id": "direct/lost",
    "about": "prompt",
    "status": "OPEN",
    "queue": "open",
    "task_token": "example-token",
    "execution_arn": ARN,
    "opened_at": "2026-01-01T00:00:00.000Z",
    "answer_by": FUTURE,
    "prompt": "a fox",
    "negative_prompt": "fog",
}
LATE = {"answer_by": "2026-01-02T00:00:00.000Z"}
DECIDED = {
    "status": "DECIDED",
    "queue": "owed",
    "decision": "approve",
    "decided_by": "iam:me",
    "decided_at": "2026-01-01T01:00:00.000Z",
    "decided_reason": "a drawing",
    "approved": "[]",
}
DESCRIBED: dict[str, Any] = {
    "executionArn": ARN,
    "name": "lost",
    "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:safelight",
    "startDate": datetime(2025, 12, 31, tzinfo=UTC),
}
Sweep = Callable[..., Any]


@pytest.fixture
def sweep(aws: Any, answers: Any, call: Any, event: Any) -> Sweep:
    """Sweeps tables with one record, one inference and one review, changed as told."""
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    answers.set("StopExecution", {"stopDate": "2026-11-20T10:00:00Z"})
    answers.set("DescribeExecution", DESCRIBED | {"status": "RUNNING"})
    answers.set("SendTaskSuccess", {})
    answers.set("SendTaskFailure", {})

    def put(table: str, item: dict[str, str]) -> None:
        texts = {name: {"S": value} for name, value in item.items() if value}
        aws("dynamodb").put_item(TableName=table, Item=texts | {"run": {"N": "1"}})

    def sweep(
        record: dict[str, str] | None = None,
        inference: dict[str, str] | None = None,
        review: dict[str, str] | None = None,
        **variables: str,
    ) -> Any:
        if record is not None:
            put(RESULTS, RECORD | {"deadline": FUTURE} | record)
        if inference is not None:
            put(INFERENCES, ROW | inference)
        if review is not None:
            put(REVIEWS, REVIEW | review)
        return call("sweep_requests", event("sweep_requests/" + "scheduled"), **variables)["done"]

    return sweep


def announced(answers: Any) -> list[dict[str, Any]]:
    details = [json.loads(told["Entries"][0]["Detail"]) for told in answers.asked("PutEvents")]
    for detail in details:
        jsonschema.validate(detail, RESULT_EVENT)
    return details


def test_an_overdue_request_is_stopped_closed_and_announced(
    sweep: Sweep, item: Any, answers: Any
) -> None:
    assert sweep({"deadline": PAST}) == {"expired": 1}

    record = item(RESULTS, "direct/lost")
    assert (record["status"], record["stage"]) == ("EXPIRED", "SweepRequests")
    assert "open_shard" not in record
    assert [asked["executionArn"] for asked in answers.asked("StopExecution")] == [ARN]
    (detail,) = announced(answers)
    assert (detail["status"], detail["retryable"]) == ("EXPIRED", True)


def test_a_request_in_time_is_left_alone(sweep: Sweep, item: Any, answers: Any) -> None:
    assert sweep({}) == {}
    assert item(RESULTS, "direct/lost")["status"] == "RUNNING"
    assert answers.asked("StopExecution") == announced(answers) == []


@pytest.mark.parametrize(
    ("status", "recorded"), [("TIMED_OUT", "EXPIRED"), ("FAILED", "FAILED"), ("ABORTED", "FAILED")]
)
def test_a_request_whose_execution_ended_without_a_word_is_closed(
    status: str, recorded: str, sweep: Sweep, item: Any, answers: Any
) -> None:
    stopped = {"status": status, "stopDate": datetime(2026, 1, 1, tzinfo=UTC)}
    answers.set("DescribeExecution", DESCRIBED | stopped)

    assert sweep({}) == {"closed": 1}

    assert item(RESULTS, "direct/lost")["status"] == recorded
    assert [detail["status"] for detail in announced(answers)] == [recorded]
    assert answers.asked("StopExecution") == []


def test_close_execution_has_its_chance_first(sweep: Sweep, item: Any, answers: Any) -> None:
    stopped = {"status": "FAILED", "stopDate": datetime.now(UTC) - timedelta(seconds=30)}
    answers.set("DescribeExecution", DESCRIBED | stopped)

    assert sweep({}) == {}
    assert item(RESULTS, "direct/lost")["status"] == "RUNNING"


def test_what_was_closed_but_not_told_is_told(sweep: Sweep, item: Any, answers: Any) -> None:
    assert sweep({"status": "COMPLETED", "deadline": PAST}) == {"announced": 1}

    record = item(RESULTS, "direct/lost")
    assert record["status"] == "COMPLETED"
    assert record["announced_at"]
    assert "open_shard" not in record
    assert [detail["status"] for detail in announced(answers)] == ["COMPLETED"]


def test_what_is_overdue_comes_before_looks_at_what_is_not(sweep: Sweep, answers: Any) -> None:
    sweep({"request_id": "direct/in-time", "open_shard": "0"})
    answers.calls.clear()

    sweep({"status": "COMPLETED", "deadline": PAST})

    assert [operation for operation, _ in answers.calls] == ["PutEvents", "DescribeExecution"]


def test_what_was_just_closed_is_left_to_who_closed_it(sweep: Sweep, answers: Any) -> None:
    assert sweep({"status": "COMPLETED"}) == {}
    assert announced(answers) == []


def test_a_finished_request_is_not_in_the_index(sweep: Sweep, answers: Any) -> None:
    assert sweep({"status": "COMPLETED", "deadline": PAST, "open_shard": ""}) == {}
    assert announced(answers) == []


def test_a_result_whose_notice_was_lost_is_handed_over(
    sweep: Sweep, item: Any, answers: Any, aws: Any
) -> None:
    aws("s3").put_object(Bucket=WORK, Key=KEY, Body=b"{}")

    assert sweep(inference={}) == {"inferences_recovered": 1}

    (answer,) = answers.asked("SendTaskSuccess")
    assert answer["taskToken"] == "example-token"
    assert json.loads(answer["output"])["output"] == {"bucket": WORK, "key": KEY}
    row = item(INFERENCES, "1f")
    assert row["status"] == "COMPLETED"
    assert "open_shard" not in row


def test_a_result_that_nobody_waits_for_is_an_end_all_the_same(
    sweep: Sweep, answers: Any, aws: Any
) -> None:
    aws("s3").put_object(Bucket=WORK, Key=KEY, Body=b"{}")
    answers.refuse("SendTaskSuccess", "TaskTimedOut")
    assert sweep(inference={}) == {"inferences_expired": 1}


@pytest.mark.parametrize(
    ("lies", "status", "error"),
    [
        ("inference/failure/1f.out", "FAILED", "GenerationFailed"),
        ("", "EXPIRED", "GenerationExpired"),
    ],
)
def test_an_inference_without_a_result_fails_its_task(
    lies: str, status: str, error: str, sweep: Sweep, item: Any, answers: Any, aws: Any
) -> None:
    if lies:
        aws("s3").put_object(Bucket=WORK, Key=lies, Body=b"out of memory")

    assert sweep(inference={}) == {"inferences_expired": 1}

    (answer,) = answers.asked("SendTaskFailure")
    assert (answer["taskToken"], answer["error"]) == ("example-token", error)
    assert item(INFERENCES, "1f")["status"] == status


def test_a_result_that_a_sweep_stored_and_did_not_tell_is_told_by_the_next(
    sweep: Sweep, item: Any, answers: Any, aws: Any
) -> None:
    aws("s3").put_object(Bucket=WORK, Key=KEY, Body=b"{}")
    answers.refuse("SendTaskSuccess", "InternalFailure", 500)
    assert sweep(inference={}) == {"failures": 1}
    assert item(INFERENCES, "1f")["status"] == "COMPLETED"
    answers.set("SendTaskSuccess", {})

    assert sweep() == {"inferences_recovered": 1}

    assert "open_shard" not in item(INFERENCES, "1f")
    assert sweep() == {}


def test_an_inference_in_time_is_waited_for(sweep: Sweep, item: Any) -> None:
    assert sweep(inference={"deadline": FUTURE}) == {}
    assert item(INFERENCES, "1f")["status"] == "INVOKED"


def told(answers: Any) -> dict[str, Any]:
    (answer,) = answers.asked("SendTaskSuccess")
    assert answer["taskToken"] == "example-token"
    result: dict[str, Any] = json.loads(answer["output"])
    return result


@pytest.mark.parametrize("keep", ["true", "false"])
def test_a_review_that_nobody_decided_in_time_expires_to_a_rejection(
    keep: str, sweep: Sweep, item: Any, answers: Any
) -> None:
    assert sweep({"status": "IN_REVIEW"}, review=LATE, STORE_PROMPTS=keep) == {"reviews_expired": 1}

    result = told(answers)
    assert (result["decision"], result["by"], result["deliver"]) == ("expire", "nobody", [])
    row = item(REVIEWS, "2f")
    assert (row["status"], row["queue"]) == ("EXPIRED", "decided")
    assert "task_token" not in row
    assert ("prompt" in row) == (keep == "true")
    assert sweep() == {}


def test_a_claim_does_not_stop_the_clock(sweep: Sweep, item: Any) -> None:
    claim = {"claimed_by": "iam:me", "claimed_at": PAST, "claim_until": FUTURE}
    assert sweep({"status": "IN_REVIEW"}, review=LATE | claim) == {"reviews_expired": 1}
    assert item(REVIEWS, "2f")["status"] == "EXPIRED"


def test_an_open_review_in_time_is_left_alone(sweep: Sweep, item: Any, answers: Any) -> None:
    assert sweep({"status": "IN_REVIEW", "stage": "ReviewRequest"}, review={}) == {}

    assert item(RESULTS, "direct/lost")["status"] == "IN_REVIEW"
    assert item(REVIEWS, "2f")["status"] == "OPEN"
    assert answers.asked("StopExecution") == answers.asked("SendTaskSuccess") == []


def test_a_deadline_that_passes_in_a_review_ends_both(
    sweep: Sweep, item: Any, answers: Any
) -> None:
    done = sweep({"status": "IN_REVIEW", "deadline": PAST}, review={})

    assert done == {"expired": 1, "reviews_over": 1}
    assert [asked["executionArn"] for asked in answers.asked("StopExecution")] == [ARN]
    assert item(RESULTS, "direct/lost")["status"] == "EXPIRED"
    row = item(REVIEWS, "2f")
    assert (row["status"], row["queue"]) == ("OVER", "decided")
    assert not {"prompt", "task_token"} & row.keys()


@pytest.mark.parametrize(
    "record",
    [{"status": "FAILED", "open_shard": ""}, {"request_id": "direct/other"}],
    ids=["ended", "gone"],
)
def test_nobody_is_to_look_at_what_nobody_waits_for(
    record: dict[str, str], sweep: Sweep, item: Any
) -> None:
    assert sweep(record, review={}) == {"reviews_over": 1}
    assert item(REVIEWS, "2f")["status"] == "OVER"


def test_a_decision_that_could_not_be_told_is_told(sweep: Sweep, item: Any, answers: Any) -> None:
    answers.refuse("SendTaskSuccess", "ThrottlingException")
    assert sweep({"status": "IN_REVIEW"}, review=DECIDED) == {}
    assert item(REVIEWS, "2f")["queue"] == "owed"
    answers.calls.clear()
    answers.set("SendTaskSuccess", {})

    assert sweep() == {"reviews_told": 1}

    result = told(answers)
    assert (result["decision"], result["by"]) == ("approve", "iam:me")
    row = item(REVIEWS, "2f")
    assert (row["status"], row["queue"]) == ("DECIDED", "decided")
    assert sweep() == {}


def test_a_decision_whose_telling_lost_its_answer_was_heard(
    sweep: Sweep, item: Any, answers: Any
) -> None:
    answers.refuse("SendTaskSuccess", "TaskTimedOut")
    told = {"review_id": "2f", "decision": "approve", "at": DECIDED["decided_at"]}

    assert sweep({"reviews": json.dumps([told])}, review=DECIDED) == {"reviews_told": 1}

    assert item(REVIEWS, "2f")["status"] == "DECIDED"


def test_a_decision_after_the_end_was_not_heard(sweep: Sweep, item: Any, answers: Any) -> None:
    answers.refuse("SendTaskSuccess", "TaskTimedOut")

    assert sweep({"status": "FAILED", "open_shard": ""}, review=DECIDED) == {"reviews_over": 1}

    row = item(REVIEWS, "2f")
    assert (row["status"], row["decision"]) == ("OVER", "approve")


def test_until_the_record_says_so_nobody_knows_whether_a_decision_was_heard(
    sweep: Sweep, item: Any, answers: Any
) -> None:
    answers.refuse("SendTaskSuccess", "TaskTimedOut")
    assert sweep({"status": "IN_REVIEW"}, review=DECIDED) == {}
    assert item(REVIEWS, "2f")["queue"] == "owed"


def test_a_review_gave_the_request_more_time(
    sweep: Sweep, item: Any, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is read as it was before the review."""
    behind = RECORD | {"deadline": PAST, "run": 1}
    monkeypatch.setattr("shared.records.Records.unfinished", lambda *_: iter([behind]))

    assert sweep({"status": "IN_REVIEW"}, review={}) == {}

    assert item(RESULTS, "direct/lost")["status"] == "IN_REVIEW"
    assert answers.asked("StopExecution") == []


def test_every_sweep_tells_how_long_the_oldest_review_has_waited(
    sweep: Sweep, counted: Any
) -> None:
    opened = (datetime.now(UTC) - timedelta(hours=12)).isoformat()
    sweep({"status": "IN_REVIEW"}, review={"opened_at": opened})

    assert counted("OpenReviews") == [1]
    (percent,) = counted("OldestReviewPercent")
    assert 50 <= percent < 51


def test_without_reviews_none_waits(sweep: Sweep, counted: Any) -> None:
    sweep()
    assert counted("OpenReviews") == counted("OldestReviewPercent") == [0]


def test_every_sweep_tells_of_what_is_open(sweep: Sweep, counted: Any) -> None:
    hour = timedelta(hours=1)
    asked = (datetime.now(UTC) - hour).isoformat().replace("+00:00", "Z")
    sweep({"created_at": asked})

    assert counted("UnfinishedRequests") == [1]
    (age,) = counted("OldestRequestSeconds")
    assert hour.total_seconds() <= age < 2 * hour.total_seconds()
    assert counted("Swept") == []


def test_who_waits_for_a_person_does_not_wait_for_the_endpoint(sweep: Sweep, counted: Any) -> None:
    sweep({"status": "IN_REVIEW", "created_at": PAST})

    assert counted("UnfinishedRequests") == [1]
    (age,) = counted("OldestRequestSeconds")
    assert age < timedelta(minutes=1).total_seconds()


def test_one_that_cannot_be_ended_holds_up_nothing(
    sweep: Sweep, item: Any, answers: Any, logged: Callable[[], str], counted: Any
) -> None:
    answers.refuse("SendTaskFailure", "KmsAccessDeniedException")

    assert sweep({"deadline": PAST}, {}) == {"expired": 1, "failures": 1}
    assert counted("Swept", Done="expired") == counted("Swept", Done="failures") == [1]

    assert item(RESULTS, "direct/lost")["status"] == "EXPIRED"
    assert "1f" in logged()
    assert "example-token" not in logged()
