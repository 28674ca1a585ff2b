"""RequestImages' handler: POST /images in; an execution started, or a problem, out."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from handler.api_schemas import check
from handler.standard_machine import EXECUTIONS, StandardMachine

from shared.request import normalised, request_hash

RESULTS = "safelight-ResultsTable-1A2B3C4D5E6F"
QUOTAS = "safelight-QuotasTable-2B3C4D5E6F7A"
IMAGES = "safelight-images-example"
LIGHTHOUSE = "a lighthouse on a cliff at dawn"
KEYED = "api-25bf8e1a2393f110-76a8c2acc99b6e76299b967a82a86480"
ROLE = "iam:arn:aws:sts::111122223333:assumed-role/shop/web"
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def machine(answers: Any) -> StandardMachine:
    return StandardMachine(answers)


@pytest.fixture
def post(aws: Any, call: Call, event: Event, machine: Any) -> Callable[..., Any]:
    """The reply to an event, its body parsed and held against its schema."""

    def post(
        scenario: str, body: object = None, headers: dict[str, str] | None = None, **variables: str
    ) -> Any:
        asked = event(f"request_images/{scenario}")
        if body is not None:
            asked["body"] = json.dumps(body)
        for name, value in (headers or {}).items():
            asked["multiValueHeaders"][name] = [value]
        reply = call("request_images", asked, **variables)
        reply["body"] = json.loads(reply["body"])
        schema = {200: "request-view", 202: "api#accepted"}
        check(reply["body"], schema.get(reply["statusCode"], "api#problem"))
        return reply

    return post


@pytest.fixture
def record(aws: Any) -> Callable[..., None]:
    """Puts a record as AcceptRequest claims one, or as it has ended."""

    def record(request_id: str, status: str = "RUNNING", **parts: str) -> None:
        asked = normalised({"prompt": LIGHTHOUSE})
        item = {
            "request_id": request_id,
            "run": 1,
            "execution_arn": f"{EXECUTIONS}:{request_id}",
            "status": status,
            "stage": "AcceptRequest" if status == "RUNNING" else "PublishImages",
            "requester": "api:local",
            "created_at": "2026-11-21T12:00:00.000Z",
            "updated_at": "2026-11-21T12:00:00.000Z",
            "request_hash": request_hash(asked),
            "policy_hash": "hash of the policy",
            "source": '{"type": "api"}',
            "metadata": "{}",
            **parts,
        }
        typed = {n: {"N": str(v)} if isinstance(v, int) else {"S": v} for n, v in item.items()}
        aws("dynamodb").put_item(TableName=RESULTS, Item=typed)

    return record


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in no time."""
    pauses: list[float] = []
    now = [1000.0]

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("request_images.waiting.time.sleep", sleep)
    monkeypatch.setattr("request_images.waiting.time.monotonic", lambda: now[0])
    return pauses


def used(aws: Any) -> dict[str, int]:
    items = aws("dynamodb").scan(TableName=QUOTAS)["Items"]
    return {item["counter"]["S"]: int(item["used"]["N"]) for item in items}


def prefix(requester: str) -> str:
    return f"api-{hashlib.sha256(requester.encode()).hexdigest()[:16]}-"


def refused(reply: Any) -> tuple[int, str, list[tuple[str, str]]]:
    body = reply["body"]
    assert reply["headers"]["Content-Type"] == "application/problem+json"
    assert body["status"] == reply["statusCode"]
    blamed = [(error["field"], error["rule"]) for error in body.get("errors", ())]
    return body["status"], body["code"], blamed


def test_a_request_starts_an_execution_of_its_name(post: Any, machine: StandardMachine) -> None:
    reply = post("prompt")

    (name,) = machine.executions
    own = f"/api/images/{name}"
    assert reply["statusCode"] == 202
    assert reply["body"] == {
        "request_id": name,
        "status": "RUNNING",
        "links": {"self": own, "events": f"{own}/events"},
    }
    assert reply["headers"] == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Location": own,
        "Retry-After": "1",
    }
    assert name.startswith(prefix("local"))
    given = machine.input_of(name)
    assert re.fullmatch("[0-9a-f]{16}", given["api"].pop("call"))
    assert given == {
        "api": {"requester": "local", "request_id": name},
        "request": {"prompt": LIGHTHOUSE},
    }


def test_a_request_without_a_key_is_a_new_one_each_time(post: Any, machine: Any) -> None:
    post("prompt")
    post("prompt")
    assert len(machine.executions) == 2


def test_every_field_is_handed_on(post: Any, machine: StandardMachine) -> None:
    name = post("every_field")["body"]["request_id"]

    assert machine.input_of(name)["request"] == {
        "prompt": f"{LIGHTHOUSE}, oil painting",
        "negative_prompt": "people, text",
        "width": 768,
        "height": 512,
        "num_images": 2,
        "seed": 7,
        "guidance_scale": 8,
        "num_inference_steps": 30,
        "language": "en",
        "requester": "mona",
        "metadata": {"album": "coast"},
    }


def test_a_body_in_base64_is_read(post: Any, machine: StandardMachine) -> None:
    name = post("base64_body")["body"]["request_id"]
    assert machine.input_of(name)["request"] == {"prompt": "ein Leuchtturm über den Klippen"}


@pytest.mark.parametrize(
    ("scenario", "auth", "requester"),
    [
        ("signed_by_a_role", "iam", ROLE),
        (
            "signed_by_an_identity_pool",
            "iam",
            "iam:us-east-1:5d0c9e8f-7a6b-4c5d-9e8f-0a1b2c3d4e5f",
        ),
        ("logged_in", "cognito", "cognito:8c1f6a2e-0b3d-4e5f-a6b7-c8d9e0f1a2b3"),
        ("with_an_api_key", "key", "key:k1l2m3n4o5"),
        ("with_an_api_key", "none", "local"),
    ],
)
def test_who_asks_is_what_the_gateway_has_authenticated(
    scenario: str, auth: str, requester: str, post: Any, machine: StandardMachine
) -> None:
    name = post(scenario, API_AUTH=auth)["body"]["request_id"]
    assert name.startswith(prefix(requester))
    assert (
        machine.input_of(name)["api"].items()
        >= {"requester": requester, "request_id": name}.items()
    )


@pytest.mark.parametrize("auth", ["iam", "cognito", "key"])
def test_nobody_is_not_anybody(
    auth: str, post: Any, machine: Any, logged: Any, counted: Any
) -> None:
    reply = post("prompt", API_AUTH=auth)

    assert refused(reply) == (500, "internal", [])
    assert not machine.executions
    assert "Unauthenticated" in logged()
    assert counted("ApiRefusals", Code="internal") == [1]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("key_and_request_id_differ", (400, "invalid_request", [("Idempotency-Key", "same")])),
        ("key_with_a_space", (400, "invalid_request", [("Idempotency-Key", "pattern")])),
        ("wait_too_long", (400, "invalid_request", [("wait", "maximum")])),
        ("wait_a_little", (400, "invalid_request", [("wait", "type")])),
        ("wait_twice", (400, "invalid_request", [("wait", "single")])),
        ("broken_json", (400, "invalid_request", [("body", "json")])),
        ("unknown_field", (400, "invalid_request", [("promt_strength", "unknown_field")])),
        ("prompt_missing", (400, "invalid_request", [("prompt", "required")])),
        ("list_of_prompts", (400, "invalid_request", [("body", "type")])),
        ("no_body", (400, "invalid_request", [("body", "not_empty")])),
        ("latin_1_body", (400, "invalid_request", [("body", "utf-8")])),
        ("null_maps", (415, "unsupported_media_type", [])),
        ("wrong_content_type", (415, "unsupported_media_type", [])),
    ],
)
def test_what_is_wrong_is_said_and_starts_nothing(
    scenario: str, expected: Any, post: Any, machine: Any, aws: Any, counted: Any
) -> None:
    assert refused(post(scenario)) == expected
    assert not machine.executions
    assert not used(aws)
    assert counted("ApiRefusals", Code=expected[1]) == [1]


def test_a_body_too_large_is_refused(post: Any) -> None:
    body = {"prompt": "x", "metadata": {"a": "x" * 65_536}}
    assert refused(post("prompt", body)) == (413, "too_large", [])


def test_the_place_in_broken_json_is_told(post: Any) -> None:
    assert "line 2, column 16" in post("broken_json")["body"]["detail"]


@pytest.mark.parametrize("scenario", ["idempotency_key", "own_request_id"])
def test_a_key_names_the_request(scenario: str, post: Any, machine: Any) -> None:
    name = post(scenario)["body"]["request_id"]
    assert name == KEYED
    assert machine.input_of(name)["request"] == {"prompt": LIGHTHOUSE}


def test_the_same_key_of_another_requester_is_another_request(post: Any, machine: Any) -> None:
    post("idempotency_key")
    post("signed_by_a_role", headers={"Idempotency-Key": "order-4711"}, API_AUTH="iam")
    assert len(machine.executions) == 2


def test_a_replay_is_not_a_second_request_and_costs_no_quota(
    post: Any, machine: Any, aws: Any, record: Any
) -> None:
    first = post("idempotency_key")
    unclaimed = post("idempotency_key")
    record(KEYED)
    claimed = post("own_request_id")
    machine.end(KEYED, "SUCCEEDED")
    record(KEYED, "COMPLETED")
    ended = post("idempotency_key", {"prompt": f" {LIGHTHOUSE} ", "num_images": 1})

    assert "Idempotent-Replay" not in first["headers"]
    for replay in (unclaimed, claimed):
        assert replay["statusCode"] == 202
        assert replay["body"] == first["body"]
        assert replay["headers"] == first["headers"] | {"Idempotent-Replay": "true"}
    assert (ended["statusCode"], ended["body"]["status"]) == (202, "COMPLETED")
    assert list(machine.executions) == [KEYED]
    assert list(used(aws).values()) == [1]


@pytest.mark.parametrize("claimed", [False, True])
def test_a_key_with_another_request_is_refused(
    claimed: bool, post: Any, record: Any, machine: Any, aws: Any
) -> None:
    post("idempotency_key")
    if claimed:
        record(KEYED)

    reply = post("idempotency_key", {"prompt": "a red fox"})

    blamed = [("Idempotency-Key", "unique")]
    assert refused(reply) == (422, "idempotency_key_reused", blamed)
    assert list(used(aws).values()) == [1]


def test_the_field_blamed_is_where_the_key_was(post: Any) -> None:
    post("own_request_id")
    reply = post("own_request_id", {"prompt": "a red fox", "request_id": "order-4711"})
    assert refused(reply)[2] == [("request_id", "unique")]


@pytest.mark.parametrize("body", [None, {"num_images": 1, "prompt": LIGHTHOUSE}])
def test_two_calls_at_once_with_one_key_start_one_execution_and_count_once(
    body: Any, post: Any, machine: StandardMachine, aws: Any
) -> None:
    """Neither sees the other's execution when it looks; Step Functions lets one win."""
    post("idempotency_key")
    machine.unseen = 1
    reply = post("idempotency_key", body)

    assert reply["statusCode"] == 202
    assert reply["headers"]["Idempotent-Replay"] == "true"
    assert list(used(aws).values()) == [1]


def test_the_first_call_is_waited_for_until_it_is_told_of(
    post: Any, machine: StandardMachine, aws: Any, looked_again: list[float]
) -> None:
    post("idempotency_key")
    machine.unseen = 3
    late = post("idempotency_key")
    machine.unseen = 4
    too_late = post("idempotency_key", {"prompt": "a red fox"})

    assert (late["statusCode"], late["headers"]["Idempotent-Replay"]) == (202, "true")
    # Not a refusal for good: nobody knows yet what the first call asked for.
    assert refused(too_late) == (503, "unavailable", [])
    assert looked_again == pytest.approx([0.2, 0.4, 0.2, 0.4])
    assert list(used(aws).values()) == [1]


def test_a_record_without_a_hash_is_no_other_request(post: Any, record: Any) -> None:
    """Of an execution that could not read what was asked for."""
    record(KEYED, "FAILED", request_hash="none")
    reply = post("idempotency_key")
    assert (reply["statusCode"], reply["body"]["status"]) == (202, "FAILED")


def test_a_key_whose_record_has_expired_is_not_used_again(post: Any, machine: Any) -> None:
    post("idempotency_key")
    machine.end(KEYED, "SUCCEEDED", ago=timedelta(days=31))
    assert refused(post("idempotency_key"))[:2] == (422, "idempotency_key_reused")


def test_too_many_lookups_of_executions_do_not_keep_a_request_out(
    post: Any, machine: Any, answers: Any
) -> None:
    answers.refuse("DescribeExecution", "ThrottlingException")
    assert post("idempotency_key")["statusCode"] == 202
    assert list(machine.executions) == [KEYED]


def test_the_quota_is_per_requester_and_day(post: Any, machine: Any, aws: Any) -> None:
    replies = [post("prompt", REQUESTS_PER_DAY="2") for _ in range(3)]
    other = post("signed_by_a_role", API_AUTH="iam", REQUESTS_PER_DAY="2")

    assert [reply["statusCode"] for reply in (*replies, other)] == [202, 202, 429, 202]
    assert refused(replies[2]) == (429, "quota_exceeded", [])
    assert 0 < int(replies[2]["headers"]["Retry-After"]) <= 86_400
    assert len(machine.executions) == 3
    day = datetime.now(UTC).date().isoformat()
    assert {counter.rpartition("/")[2] for counter in used(aws)} == {day}
    assert "local" not in str(used(aws))


def test_no_quota_is_no_limit(post: Any, aws: Any) -> None:
    post("prompt", REQUESTS_PER_DAY="0")
    assert not used(aws)


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ExecutionLimitExceeded", "InternalFailure"]
)
def test_what_could_not_be_started_is_unavailable_and_costs_nothing(
    code: str, post: Any, answers: Any, aws: Any
) -> None:
    answers.refuse("StartExecution", code, status=500 if code == "InternalFailure" else 400)
    reply = post("prompt")

    assert refused(reply) == (503, "unavailable", [])
    assert reply["headers"]["Retry-After"] == "5"
    assert list(used(aws).values()) == [0]


def test_a_bug_is_told_by_its_name_alone(post: Any, answers: Any, logged: Any) -> None:
    answers.refuse("StartExecution", "ValidationException", message=f"no good: {LIGHTHOUSE}")
    reply = post("prompt")

    assert refused(reply) == (500, "internal", [])
    assert "ClientError" in logged()
    assert LIGHTHOUSE not in logged() + json.dumps(reply["body"])


def test_who_waits_gets_the_record_in_the_reply(
    post: Any, record: Any, slept: Any, machine: Any, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            (name,) = machine.executions
            place = {"bucket": IMAGES, "key": "f/1/0.jpg", "version_id": "v1"}
            picture = {"index": 0, "verdict": "safe", "delivered": True, **place}
            record(name, "COMPLETED", images=json.dumps([picture]), reasons="[]")

    monkeypatch.setattr("request_images.waiting.time.sleep", publish)
    reply = post("wait")

    assert reply["statusCode"] == 200
    assert reply["body"]["status"] == "COMPLETED"
    assert reply["headers"]["Location"] == reply["body"]["links"]["self"]
    (image,) = reply["body"]["images"]
    assert image["url"].startswith(f"https://{IMAGES}.s3.us-east-1.amazonaws.com/f/1/0.jpg?")
    assert slept == pytest.approx([0.2, 0.3])
    assert [n for counter, n in used(aws).items() if counter.startswith("waiting/")] == [0]


def test_who_has_waited_long_enough_gets_what_others_get(post: Any, slept: list[float]) -> None:
    reply = post("wait")
    assert (reply["statusCode"], reply["body"]["status"]) == (202, "RUNNING")
    assert sum(slept) == pytest.approx(5)
    assert max(slept) <= 2


def test_nobody_waits_for_longer_than_the_function_has(
    post: Any, call: Any, machine: Any, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the start, which may have taken its time."""
    context = call.__globals__["Context"]
    left = "get_remaining_time_in_millis"
    monkeypatch.setattr(context, left, lambda _: 4_500 if machine.executions else 29_000)
    assert post("wait")["statusCode"] == 202
    assert sum(slept) == pytest.approx(2.5)


@pytest.mark.parametrize(("most", "places"), [("0", 0), ("1", 0), ("5", 2), ("8", 4)])
def test_only_so_many_wait(most: str, places: int, post: Any, aws: Any, slept: Any) -> None:
    window = int(datetime.now(UTC).timestamp()) // 30
    for taken in (window, window + 1):
        aws("dynamodb").put_item(
            TableName=QUOTAS,
            Item={"counter": {"S": f"waiting/{taken}"}, "used": {"N": str(max(places - 1, 0))}},
        )

    waits = post("wait", MAX_WAITING=most)
    assert ("Preference-Applied" in waits["headers"]) == (not places)
    assert bool(slept) == bool(places)

    for taken in (window, window + 1):
        aws("dynamodb").put_item(
            TableName=QUOTAS,
            Item={"counter": {"S": f"waiting/{taken}"}, "used": {"N": str(places)}},
        )
    slept.clear()
    at_once = post("wait", MAX_WAITING=most)
    assert at_once["statusCode"] == 202
    assert at_once["headers"]["Preference-Applied"] == "wait=0"
    assert not slept


def test_a_replay_of_an_ended_request_need_not_wait(
    post: Any, record: Any, slept: Any, aws: Any
) -> None:
    post("own_request_id")
    record(KEYED, "BLOCKED_PROMPT")
    reply = post("wait", headers={"Idempotency-Key": "order-4711"})

    assert (reply["statusCode"], reply["body"]["status"]) == (200, "BLOCKED_PROMPT")
    assert reply["headers"]["Idempotent-Replay"] == "true"
    assert not slept
    assert not [counter for counter in used(aws) if counter.startswith("waiting/")]


def test_what_keeps_us_from_waiting_does_not_undo_the_request(
    post: Any, answers: Any, slept: Any, machine: Any
) -> None:
    answers.refuse("GetItem", "ThrottlingException")
    reply = post("wait")
    assert (reply["statusCode"], reply["headers"]["Preference-Applied"]) == (202, "wait=0")
    assert len(machine.executions) == 1


def test_a_page_of_another_origin_may_read_answers_and_problems(post: Any) -> None:
    origin = "https://gallery.example"
    for scenario in ("prompt", "unknown_field"):
        headers = post(scenario, API_CORS_ORIGIN=origin)["headers"]
        assert headers["Access-Control-Allow-Origin"] == origin
        assert headers["Vary"] == "Origin"
        assert "Location" in headers["Access-Control-Expose-Headers"]
    assert not [name for name in post("prompt")["headers"] if name.startswith("Access-Control")]


def test_neither_prompt_nor_key_is_logged(post: Any, logged: Any) -> None:
    post("idempotency_key")
    post("idempotency_key", {"prompt": "a red fox"})
    told = logged()
    assert "POST /images" in told
    assert not [word for word in ("lighthouse", "order-4711", "fox") if word in told]
