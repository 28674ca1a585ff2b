"""ReviewRequest's handler: a request in; its record waits, its review lies in the queue."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from handler.api_schemas import check

from shared.dynamodb import Item, Table
from shared.errors import ServiceUnavailable, Superseded
from shared.reviews import Reviews, review_id

REVIEWS, RESULTS = "safelight-ReviewsTable-9C8B7A6F5E4D", "safelight-ResultsTable-1A2B3C4D5E6F"
REQUEST = "s3-50d858e0985ecc7f60418aaf0cc5ab587f42c257"
ARN = "arn:aws:states:us-east-1:111122223333:execution:safelight-GenerateSafeImage:4c1f2a9b"
RECORD = {
    "request_id": REQUEST,
    "execution_arn": ARN,
    "status": "RUNNING",
    "stage": "AcceptRequest",
    "deadline": "2026-11-21T10:00:00.000Z",
    "open_shard": "5",
}
ME, FUTURE = "iam:me", "2999-01-01T00:00:00.000Z"
Open = Callable[..., Any]


@pytest.fixture
def put(aws: Any) -> Callable[..., None]:
    """Writes the request's record, changed as told."""

    def put(**changes: str) -> None:
        texts = {name: {"S": value} for name, value in (RECORD | changes).items()}
        aws("dynamodb").put_item(TableName=RESULTS, Item=texts | {"run": {"N": "1"}})

    return put


@pytest.fixture
def open_review(put: Any, answers: Any, call: Any, event: Any) -> Open:
    put()
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    answers.set("SendTaskSuccess", {})

    def open_review(scenario: str, **changes: Any) -> Any:
        return call("review_request", event(f"review_request/{scenario}") | changes)

    return open_review


def announced(answers: Any) -> list[dict[str, Any]]:
    details = []
    for told in answers.asked("PutEvents"):
        (entry,) = told["Entries"]
        assert entry["DetailType"] == "ImageInReview"
        details.append(json.loads(entry["Detail"]))
        check(details[-1], "review-event")
    return details


def decide(aws: Any, identity: str) -> Item:
    reviews = Reviews(Table(REVIEWS, aws("dynamodb")))
    now = datetime.now(UTC).isoformat()
    reviews.claim(identity, ME, now, FUTURE)
    done, row = reviews.decide(identity, ME, "approve", "a drawing", [], now, keep_prompt=False)
    assert done
    return row


def test_the_review_of_a_prompt_is_opened(
    open_review: Open, item: Any, event: Any, answers: Any
) -> None:
    payload = event("review_request/uncertain_prompt")
    identity = review_id(REQUEST, 1, 1)

    assert open_review("uncertain_prompt") == {"review_id": identity, "done": "opened"}

    row = item(REVIEWS, identity)
    opened = datetime.fromisoformat(row.pop("opened_at"))
    assert datetime.fromisoformat(row.pop("answer_by")) - opened == timedelta(days=1)
    documents = ("reasons", "warnings", "images", "attempts", "classification", "models")
    assert {name: json.loads(row.pop(name)) for name in documents} == {
        name: payload[name] for name in documents
    }
    assert row == {
        "review_id": identity,
        "task_token": payload["token"],
        "task_tried_at": payload["tried_at"],
        "status": "OPEN",
        "queue": "open",
        **{name: payload[name] for name in ("request_id", "run", "n", "about", "requester")},
        **{name: payload[name] for name in ("execution_arn", "policy_hash", "expires_at")},
        "prompt": payload["request"]["prompt"],
        "negative_prompt": "fog",
        "regenerable": 0,
        "appealed": 0,
    }
    assert answers.asked("SendTaskSuccess") == []


def test_the_record_waits_with_a_deadline_of_its_own(open_review: Open, item: Any) -> None:
    open_review("uncertain_picture_after_another_review")

    record = item(RESULTS, REQUEST)
    assert (record["status"], record["stage"]) == ("IN_REVIEW", "ReviewRequest")
    more = datetime.fromisoformat(record["deadline"]) - datetime.fromisoformat(RECORD["deadline"])
    assert more == 2 * timedelta(days=1, minutes=15)
    assert record["open_shard"] == "5"


def test_reviewers_are_told_what_was_found_and_not_what_was_asked(
    open_review: Open, answers: Any, logged: Callable[[], str], counted: Any
) -> None:
    open_review("uncertain_picture_after_another_review")

    (detail,) = announced(answers)
    assert detail["review_id"] == review_id(REQUEST, 1, 2)
    assert [reason["label"] for reason in detail["reasons"]] == ["Weapons"]
    assert counted("ReviewsOpened", About="images") == [1]
    for told in (json.dumps(detail), logged()):
        assert "lighthouse" not in told
        assert "example-token" not in told


def test_an_appeal_is_reviewed_with_its_message(
    open_review: Open, item: Any, answers: Any, event: Any
) -> None:
    answer = open_review("appeal")

    row = item(REVIEWS, answer["review_id"])
    assert json.loads(row["appeal"]) == event("review_request/appeal")["appeal"]
    (detail,) = announced(answers)
    assert detail["appealed"] is True
    assert "term" not in detail["reasons"][0]


def test_a_retried_task_binds_its_token_and_tells_the_same_again(
    open_review: Open, item: Any, answers: Any
) -> None:
    identity = open_review("uncertain_prompt")["review_id"]
    before = item(REVIEWS, identity)

    second_try = {"token": "of-the-second-try", "tried_at": 1795291202000}
    open_review("uncertain_prompt", **second_try)

    bound = {f"task_{name}": value for name, value in second_try.items()}
    assert item(REVIEWS, identity) == before | bound
    first, second = announced(answers)
    assert first == second


def test_so_it_is_for_an_execution_that_began_before_a_deployment(
    open_review: Open, call: Any, item: Any, event: Any
) -> None:
    payload = event("review_request/uncertain_prompt")
    del payload["tried_at"]
    for token in ("of-the-first-try", "of-the-second-try"):
        identity = call("review_request", payload | {"token": token})["review_id"]
        assert item(REVIEWS, identity)["task_token"] == token


def test_a_try_that_was_given_up_leaves_the_newer_token(open_review: Open, item: Any) -> None:
    second_try = {"token": "of-the-second-try", "tried_at": 1795291202000}
    identity = open_review("uncertain_prompt", **second_try)["review_id"]

    assert open_review("uncertain_prompt") == {"review_id": identity, "done": "opened"}

    assert item(REVIEWS, identity)["task_token"] == "of-the-second-try"


def test_a_retried_task_whose_review_was_decided_is_answered_at_once(
    open_review: Open, item: Any, answers: Any, aws: Any
) -> None:
    identity = open_review("uncertain_prompt")["review_id"]
    decide(aws, identity)

    answer = open_review("uncertain_prompt", token="of-the-second-try")

    assert answer == {"review_id": identity, "done": "answered"}
    (told,) = answers.asked("SendTaskSuccess")
    assert told["taskToken"] == "of-the-second-try"
    result = json.loads(told["output"])
    assert (result["decision"], result["by"]) == ("approve", ME)
    row = item(REVIEWS, identity)
    assert (row["status"], row["queue"]) == ("DECIDED", "decided")
    assert not {"task_token", "prompt"} & row.keys()
    assert len(announced(answers)) == 1


def test_a_decision_that_cannot_be_told_yet_stays_owed(
    open_review: Open, item: Any, answers: Any, aws: Any
) -> None:
    identity = open_review("uncertain_prompt")["review_id"]
    decide(aws, identity)
    answers.refuse("SendTaskSuccess", "InternalFailure", 500)

    with pytest.raises(ServiceUnavailable):
        open_review("uncertain_prompt")

    assert item(REVIEWS, identity)["queue"] == "owed"


def test_a_try_that_was_given_up_settles_nothing(
    open_review: Open, item: Any, answers: Any, aws: Any
) -> None:
    identity = open_review("uncertain_prompt")["review_id"]
    row = decide(aws, identity)
    answers.refuse("SendTaskSuccess", "TaskTimedOut")

    open_review("uncertain_prompt", token="of-a-try-given-up")

    assert item(REVIEWS, identity) == row


@pytest.mark.parametrize(
    "changes", [{"status": "EXPIRED"}, {"execution_arn": f"{ARN}-again"}], ids=["closed", "another"]
)
def test_what_somebody_else_has_ended_is_not_reviewed(
    changes: dict[str, str], open_review: Open, put: Any, item: Any, answers: Any
) -> None:
    put(**changes)
    before = item(RESULTS, REQUEST)

    with pytest.raises(Superseded):
        open_review("uncertain_prompt")

    assert item(RESULTS, REQUEST) == before
    assert item(REVIEWS, review_id(REQUEST, 1, 1)) is None
    assert announced(answers) == []


def test_an_event_that_is_not_taken_is_sent_by_the_next_try(
    open_review: Open, item: Any, answers: Any
) -> None:
    taken = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
    lost = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    answers.set("PutEvents", lost, taken)

    with pytest.raises(ServiceUnavailable):
        open_review("uncertain_prompt")
    assert open_review("uncertain_prompt")["done"] == "opened"

    first, second = announced(answers)
    assert first == second
