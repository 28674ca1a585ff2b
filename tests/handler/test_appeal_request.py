"""AppealRequest's handler: POST /images/{id}/appeal in; an execution started, or a problem, out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from handler.api_schemas import check
from handler.standard_machine import EXECUTIONS, MACHINE, STARTED, StandardMachine
from handler.stored import put_item

RESULTS = "safelight-ResultsTable-1A2B3C4D5E6F"
WORK = "safelight-work-example"
OWN = "api-25bf8e1a2393f110-76a8c2acc99b6e76299b967a82a86480"
NAME = f"{OWN}-appeal"
AT = "2026-11-21T12:00:00.000Z"
STATUE = "The figure on the bench is a statue."
GORE = {"stage": "ModerateImages", "category": "violence", "action": "block", "image": 0}
HEARD = {"by": "api:local", "at": AT, "message": STATUE, "against": 1, "about": "images"}
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def machine(answers: Any) -> StandardMachine:
    """Where the request's own execution has ended."""
    machine = StandardMachine(answers)
    machine.executions[OWN] = {
        "executionArn": f"{EXECUTIONS}:{OWN}",
        "stateMachineArn": MACHINE,
        "status": "SUCCEEDED",
        "startDate": STARTED,
        "input": "{}",
    }
    return machine


@pytest.fixture
def post(aws: Any, call: Call, event: Event, machine: Any) -> Callable[..., Any]:
    """The reply to an event, its body parsed and held against its schema."""

    def post(scenario: str = "appeal", message: str | None = None, **variables: str) -> Any:
        asked = event(f"appeal_request/{scenario}")
        if message is not None:
            asked["body"] = json.dumps({"message": message})
        reply = call("appeal_request", asked, **variables)
        reply["body"] = json.loads(reply["body"])
        check(reply["body"], "api#appealed" if reply["statusCode"] == 202 else "api#problem")
        return reply

    return post


@pytest.fixture
def record(aws: Any) -> Callable[..., dict[str, Any]]:
    """Puts a record with one picture that lies in the work bucket; returns that picture."""

    def record(status: str = "BLOCKED_IMAGE", **parts: Any) -> dict[str, Any]:
        key = "pictures/dfe87a76/0.jpg"
        stored = aws("s3").put_object(Bucket=WORK, Key=key, Body=b"a picture")
        picture = {"index": 0, "verdict": "unsafe", "bucket": WORK, "key": key}
        picture |= {"version_id": stored["VersionId"]}
        item = {
            "request_id": OWN,
            "run": 1,
            "execution_arn": f"{EXECUTIONS}:{OWN}",
            "status": status,
            "stage": "ModerateImages",
            "requester": "api:local",
            "created_at": AT,
            "updated_at": AT,
            "announced_at": AT,
            "request_hash": "hash of the request",
            "reasons": [GORE],
            "images": [picture],
            **parts,
        }
        put_item(aws, RESULTS, item)
        return picture

    return record


def refused(reply: Any) -> tuple[int, str, list[tuple[str, str]]]:
    body = reply["body"]
    assert reply["headers"]["Content-Type"] == "application/problem+json"
    assert body["status"] == reply["statusCode"]
    blamed = [(error["field"], error["rule"]) for error in body.get("errors", ())]
    return body["status"], body["code"], blamed


@pytest.mark.parametrize("status", ["BLOCKED_PROMPT", "BLOCKED_IMAGE"])
def test_an_appeal_starts_an_execution_of_its_name(
    status: str, post: Any, record: Any, machine: StandardMachine
) -> None:
    record(status)

    reply = post()

    own = f"/api/images/{OWN}"
    assert reply["statusCode"] == 202
    assert reply["body"] == {
        "request_id": OWN,
        "run": 2,
        "status": "RUNNING",
        "links": {"self": own, "events": f"{own}/events"},
    }
    assert (reply["headers"]["Location"], reply["headers"]["Retry-After"]) == (own, "1")
    assert "Idempotent-Replay" not in reply["headers"]
    given = machine.input_of(NAME)
    assert given["appeal"].pop("at").endswith("Z")
    appeal = {"by": "api:local", "message": STATUE}
    assert given == {"request_id": OWN, "run": 1, "appeal": appeal}


def test_the_same_appeal_again_is_answered_as_before(
    post: Any, record: Any, machine: StandardMachine
) -> None:
    record()
    first = post()

    again = post()

    assert again["body"] == first["body"]
    assert again["headers"]["Idempotent-Replay"] == "true"
    assert list(machine.executions) == [OWN, NAME]


def test_another_appeal_is_refused_while_the_first_is_not_heard_yet(post: Any, record: Any) -> None:
    record()
    post()
    assert refused(post(message="And let me add this.")) == (
        409,
        "conflict",
        [("id", "appealed")],
    )


@pytest.mark.parametrize("status", ["RUNNING", "IN_REVIEW", "BLOCKED_IMAGE", "COMPLETED", "FAILED"])
def test_what_was_heard_is_not_heard_twice(
    status: str, post: Any, record: Any, machine: StandardMachine
) -> None:
    record(status, run=2, appeal=HEARD)

    same, other = post(), post(message="And let me add this.")

    assert (same["statusCode"], same["headers"]["Idempotent-Replay"]) == (202, "true")
    assert (same["body"]["run"], same["body"]["status"]) == (2, status)
    assert refused(other) == (409, "conflict", [("id", "appealed")])
    assert list(machine.executions) == [OWN]


def test_who_comes_after_it_was_heard_sees_the_record(post: Any, record: Any, answers: Any) -> None:
    """Both have read the record before; then the first one's execution claims the run."""
    record()
    post()

    def taken(request: dict[str, Any]) -> dict[str, Any]:
        record("IN_REVIEW", run=2, appeal=HEARD)
        response: Any = {"Error": {"Code": "ExecutionAlreadyExists", "Message": ""}}
        raise ClientError(response, "StartExecution")

    answers.set("StartExecution", taken)
    assert post()["body"]["status"] == "IN_REVIEW"

    record()
    assert refused(post(message="Another one."))[2] == [("id", "appealed")]


@pytest.mark.parametrize("ended", ["FAILED", "SUCCEEDED", "TIMED_OUT", "ABORTED"])
def test_an_execution_that_could_not_claim_the_run_is_followed_by_another(
    ended: str, post: Any, record: Any, machine: StandardMachine
) -> None:
    record()
    post()
    machine.end(NAME, ended)

    reply = post()

    assert reply["statusCode"] == 202
    assert list(machine.executions) == [OWN, NAME, f"{NAME}-2"]
    assert machine.input_of(f"{NAME}-2")["appeal"]["message"] == STATUE


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"status": "COMPLETED"}, "appealable"),
        ({"status": "RUNNING"}, "appealable"),
        ({"status": "MODEL_FILTERED"}, "appealable"),
        ({"status": "FAILED"}, "appealable"),
        ({"reasons": [GORE | {"action": "always"}]}, "appealable"),
        ({"images": []}, "kept"),
    ],
)
def test_what_nobody_may_appeal_against(
    changes: Any, rule: str, post: Any, record: Any, machine: StandardMachine
) -> None:
    record(**changes)
    assert refused(post()) == (409, "conflict", [("id", rule)])
    assert list(machine.executions) == [OWN]


def test_what_has_no_record_yet_was_not_blocked(post: Any, machine: StandardMachine) -> None:
    machine.executions[OWN]["status"] = "RUNNING"
    assert refused(post())[2] == [("id", "appealable")]


def test_pictures_that_were_deleted_cannot_be_looked_at(
    post: Any, record: Any, aws: Any, machine: StandardMachine
) -> None:
    picture = record()
    place = {"Bucket": WORK, "Key": picture["key"], "VersionId": picture["version_id"]}
    aws("s3").delete_object(**place)
    assert refused(post()) == (409, "conflict", [("id", "kept")])
    assert list(machine.executions) == [OWN]


def test_what_was_asked_for_must_be_kept(post: Any, record: Any, machine: StandardMachine) -> None:
    """An execution is forgotten after 90 days; the record says for longer what it was."""
    record("BLOCKED_PROMPT")
    del machine.executions[OWN]
    assert refused(post()) == (409, "conflict", [("id", "kept")])


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What happens in each pause, which takes no time; without, nothing does."""
    happens: list[Any] = []
    monkeypatch.setattr(
        "appeal_request.post.time.sleep", lambda _: happens.pop(0)() if happens else None
    )
    return happens


def test_an_end_is_announced_before_it_is_appealed_against(
    post: Any, record: Any, pauses: list[Any]
) -> None:
    record(open_shard="3")
    pauses += [lambda: None, record]
    assert post()["statusCode"] == 202


@pytest.mark.usefixtures("pauses")
def test_what_is_not_announced_for_long_is_to_be_tried_again(
    post: Any, record: Any, machine: StandardMachine
) -> None:
    record(open_shard="3")
    reply = post()
    assert refused(reply) == (503, "unavailable", [])
    assert reply["headers"]["Retry-After"] == "5"
    assert list(machine.executions) == [OWN]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("scenario", ["appeal", "appeal_of_another", "hostile_id"])
def test_nobody_appeals_for_another(
    scenario: str, post: Any, record: Any, machine: StandardMachine
) -> None:
    if scenario == "appeal":
        del machine.executions[OWN]
    else:
        record()
    assert refused(post(scenario)) == (404, "not_found", [])


def test_without_reviews_there_is_nobody_to_appeal_to(post: Any, record: Any) -> None:
    record()
    reply = post(REVIEWS="false")
    assert refused(reply) == (404, "not_found", [])
    assert reply["body"]["detail"] == "this stack has no reviews"


@pytest.mark.parametrize(
    ("scenario", "field", "rule"),
    [
        ("no_message", "message", "required"),
        ("message_of_white_space", "message", "minLength"),
        ("message_too_long", "message", "maxLength"),
        ("unknown_field", "decision", "unknown_field"),
        ("no_body", "body", "not_empty"),
    ],
)
def test_an_appeal_has_a_message_and_nothing_else(
    scenario: str, field: str, rule: str, post: Any, record: Any, machine: StandardMachine
) -> None:
    record()
    assert refused(post(scenario)) == (400, "invalid_request", [(field, rule)])
    assert list(machine.executions) == [OWN]


def test_the_log_holds_no_appeal(post: Any, record: Any, logged: Any) -> None:
    record()
    post()
    assert "statue" not in logged()
