"""ReadRequests' handler: the API's GET routes in; what a requester may see out."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from handler.api_schemas import check
from handler.standard_machine import EXECUTIONS, STARTED, StandardMachine
from handler.stored import WORK, picture, put_item

from shared.version import VERSION

RESULTS = "safelight-ResultsTable-1A2B3C4D5E6F"
INFERENCES = "safelight-InferencesTable-6F5E4D3C2B1A"
IMAGES = "safelight-images-example"
OWN = "api-25bf8e1a2393f110-76a8c2acc99b6e76299b967a82a86480"
MINE = "api-25bf8e1a2393f110-"
THEIRS = "api-0123456789abcdef-"
AT = "2026-11-21T12:00:00.000Z"
REASON = {
    "stage": "ModerateImages",
    "category": "violence",
    "rule": "violence",
    "label": "Graphic Violence",
    "parent": "Violence",
    "score": 0.91,
    "threshold": 0.6,
    "action": "block",
    "image": 1,
    "message": "the picture shows violence",
}
# As the keyword filter records it: the last three are told of this run alone.
WORD = {
    "stage": "FilterKeywords",
    "category": "sexual",
    "severity": "high",
    "rule": "sexual",
    "action": "block",
    "term": "matched-term",
    "span": [2, 14],
    "disguise": "leetspeak",
}
Call = Callable[..., Any]
Event = Callable[[str], Any]


def delivered(index: int, **changes: Any) -> dict[str, Any]:
    place = {"bucket": IMAGES, "key": f"folder/1/{index}.jpg", "version_id": f"v{index}"}
    return picture(index, delivered=True, **place) | changes


def shown(index: int, **changes: Any) -> dict[str, Any]:
    """Withheld, with its preview published."""
    place = {
        "preview_bucket": IMAGES,
        "preview_key": f"folder/1/{index}-preview.jpg",
        "preview_version_id": f"p{index}",
    }
    return picture(
        index, verdict="unsafe", delivered=False, preview_published=True, **place
    ) | changes  # fmt: skip


@pytest.fixture
def machine(answers: Any) -> StandardMachine:
    return StandardMachine(answers)


@pytest.fixture
def get(aws: Any, call: Call, event: Event, machine: Any) -> Callable[..., Any]:
    """The reply to an event, its body parsed and held against its schema."""

    def get(
        scenario: str, query: dict[str, str] | None = None, known: str = "", **variables: str
    ) -> Any:
        asked = event(f"read_requests/{scenario}")
        if query is not None:
            asked["queryStringParameters"] = query
            asked["multiValueQueryStringParameters"] = {n: [v] for n, v in query.items()}
        if known:
            asked["multiValueHeaders"]["if-none-match"] = [known]
        reply = call("read_requests", asked, **variables)
        if reply["statusCode"] == 304:
            assert reply["body"] == ""
            return reply
        reply["body"] = json.loads(reply["body"])
        ok = {
            "/images": "api#request_list",
            "/images/{id}": "request-view",
            "/images/{id}/events": "api#progress",
            "/health": "api#health",
            "/openapi.json": "api#openapi",
        }
        good = reply["statusCode"] == 200
        check(reply["body"], ok[asked["resource"]] if good else "api#problem")
        return reply

    return get


@pytest.fixture
def record(aws: Any) -> Callable[..., None]:
    """Puts a record; what is no text and no number is stored as JSON."""

    def record(request_id: str = OWN, status: str = "COMPLETED", **parts: Any) -> None:
        item = {
            "request_id": request_id,
            "run": 1,
            "execution_arn": f"{EXECUTIONS}:{request_id}",
            "status": status,
            "stage": "AcceptRequest" if status == "RUNNING" else "PublishImages",
            "requester": "api:local",
            "created_at": AT,
            "updated_at": AT,
            "deadline": "2026-11-21T16:00:00.000Z",
            "expires_at": 1803000000,
            "open_shard": "3",
            "request_hash": "hash of the request",
            "policy_hash": "hash of the policy",
            "source": '{"type": "api"}',
            "metadata": {"album": "coast"},
            **parts,
        }
        put_item(aws, RESULTS, item)

    return record


def links(value: Any) -> set[str]:
    """Every address in a body, wherever it stands."""
    if isinstance(value, dict):
        return set().union(*map(links, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(links, value)) if value else set()
    return {value} if isinstance(value, str) and "://" in value else set()


def key_of(link: str) -> str:
    """The object that a link is for; links of another kind fail."""
    parts = urlsplit(link)
    assert parts.netloc == f"{IMAGES}.s3.us-east-1.amazonaws.com"
    query = parse_qs(parts.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["300"]
    return f"{parts.path}?{query['versionId'][0]}"


APPEAL = {"at": AT, "message": "It is a statue."}


def reviewed(decision: str) -> dict[str, Any]:
    """A decision as a record has it."""
    return {
        "review_id": "0" * 40,
        "about": "images",
        "opened_at": AT,
        "decision": decision,
        "by": "cognito:a-reviewer",
        "at": AT,
        "reason": "between us",
        "approved": [0],
    }


def test_a_record_is_shown_without_what_is_nobodys_business(get: Any, record: Any) -> None:
    attempt = {
        "n": 1,
        "seed": 7,
        "negative_prompt_added": [],
        "inference_id": "secret-inference",
        "labels": ["Graphic Violence"],
        "verdict": "unsafe",
        "found": {"min_score": 0.4, "pictures": []},
        "ms": 4100,
    }
    earlier = {
        "run": 1,
        "status": "BLOCKED_IMAGE",
        "stage": "ReviewRequest",
        "execution_arn": "arn:secret-execution",
        "created_at": AT,
        "updated_at": AT,
        "policy_hash": "hash of the policy",
        "reasons": [WORD],
        "images": [picture(0)],
        "reviews": [reviewed("reject")],
    }
    record(
        run=2,
        requester="api:local/mona",
        prompt="a lighthouse",
        reasons=[],
        warnings=[REASON, WORD],
        attempts=[attempt],
        images=[delivered(0), picture(1, verdict="unsafe", delivered=False)],
        models={"generator": "local-model"},
        timings={"AcceptRequest": 20},
        usage={"generated_images": 2},
        classification={"backend": "toxicity", "scores": {"INSULT": 0.2}},
        shadow={"policy_hash": "of the shadow"},
        reviews=[reviewed("approve")],
        appeal=APPEAL | {"by": "api:local", "against": 1, "about": "images"},
        history=[earlier],
    )
    reply = get("request")

    body = reply["body"]
    (link,) = links(body)
    public = {name: WORD[name] for name in ("stage", "category", "severity", "rule", "action")}
    size = {"width": 512, "height": 768}
    assert reply["statusCode"] == 200
    assert body.pop("links_expire_at") > AT
    assert body == {
        "request_id": OWN,
        "run": 2,
        "status": "COMPLETED",
        "stage": "PublishImages",
        "created_at": AT,
        "updated_at": AT,
        "requester": "mona",
        "policy_hash": "hash of the policy",
        "prompt": "a lighthouse",
        "metadata": {"album": "coast"},
        "reasons": [],
        "warnings": [REASON, WORD],
        "attempts": [
            {
                "n": 1,
                "seed": 7,
                "negative_prompt_added": [],
                "labels": ["Graphic Violence"],
                "verdict": "unsafe",
                "ms": 4100,
            }
        ],
        "images": [
            {"index": 0, "verdict": "safe", **size, "url": link},
            {"index": 1, "verdict": "unsafe", **size, "reasons": [REASON]},
        ],
        "models": {"generator": "local-model"},
        "timings": {"AcceptRequest": 20},
        "usage": {"generated_images": 2},
        "reviews": [{"about": "images", "decision": "approve", "opened_at": AT, "at": AT}],
        "appeal": {"at": AT, "message": "It is a statue."},
        "appealable": False,
        "history": [
            {
                "run": 1,
                "status": "BLOCKED_IMAGE",
                "stage": "ReviewRequest",
                "created_at": AT,
                "updated_at": AT,
                "policy_hash": "hash of the policy",
                "reasons": [public],
                "warnings": [],
                "reviews": [{"about": "images", "decision": "reject", "opened_at": AT, "at": AT}],
            }
        ],
        "links": {"self": f"/api/images/{OWN}", "events": f"/api/images/{OWN}/events"},
    }
    assert key_of(link) == "/folder/1/0.jpg?v0"


@pytest.mark.parametrize(
    ("status", "parts", "reviews", "appealable"),
    [
        ("BLOCKED_IMAGE", {"reasons": [REASON]}, "true", True),
        ("BLOCKED_PROMPT", {"reasons": [WORD]}, "true", True),
        ("BLOCKED_IMAGE", {"reasons": [REASON]}, "false", False),
        ("BLOCKED_PROMPT", {"reasons": [WORD | {"action": "always"}]}, "true", False),
        ("BLOCKED_IMAGE", {"reasons": [REASON], "appeal": APPEAL}, "true", False),
        ("COMPLETED", {}, "true", False),
        ("IN_REVIEW", {}, "true", False),
    ],
)
def test_a_caller_is_told_whether_they_may_appeal(
    status: str, parts: Any, reviews: str, appealable: bool, get: Any, record: Any
) -> None:
    record(status=status, **parts)
    reply = get("request", REVIEWS=reviews)
    assert reply["body"]["appealable"] is appealable
    # A stack that is updated tells it anew.
    other = {"true": "false", "false": "true"}[reviews]
    known = reply["headers"]["ETag"]
    assert get("request", known=known, REVIEWS=other)["statusCode"] == 200


@pytest.mark.parametrize(
    ("image", "linked"),
    [
        (delivered(0), {"url": "/folder/1/0.jpg?v0"}),
        (shown(0), {"preview_url": "/folder/1/0-preview.jpg?p0"}),
        (shown(0, verdict="withheld"), {"preview_url": "/folder/1/0-preview.jpg?p0"}),
        (shown(0, verdict="filtered"), {"preview_url": "/folder/1/0-preview.jpg?p0"}),
        (picture(0, verdict="unsafe", delivered=False), {}),
        (picture(0), {}),
        # What no function writes: whatever a record says, the private bucket has no links.
        (delivered(0, verdict="unsafe"), {}),
        (delivered(0, delivered="true"), {}),
        (delivered(0, bucket=WORK), {}),
        (shown(0, preview_published=False), {}),
        (shown(0, preview_bucket=WORK), {}),
        (delivered(0, version_id=""), {}),
    ],
)
def test_links_are_to_delivered_pictures_and_published_previews_only(
    image: dict[str, Any], linked: dict[str, str], get: Any, record: Any
) -> None:
    record(images=[image], reasons=[], warnings=[])
    (view,) = get("request")["body"]["images"]
    assert {name: key_of(view[name]) for name in ("url", "preview_url") if name in view} == linked
    row = get("list")["body"]["requests"][0]
    assert {key_of(link) for link in links(row)} == set(linked.values())


def test_an_open_request_says_when_to_ask_again(get: Any, record: Any) -> None:
    record(status="RUNNING")
    reply = get("request")
    assert reply["headers"]["Retry-After"] == "1"
    assert reply["headers"]["Cache-Control"] == "private, no-cache"
    assert (reply["body"]["status"], reply["body"]["images"]) == ("RUNNING", [])
    record(status="IN_REVIEW")
    assert get("request")["headers"]["Retry-After"] == "5"
    record(status="COMPLETED", images=[], reasons=[])
    assert "Retry-After" not in get("request")["headers"]


def test_what_is_known_already_is_not_sent_again(get: Any, record: Any) -> None:
    record(status="RUNNING")
    first = get("request")["headers"]["ETag"]
    known = get("request", known=f'"x", {first}')
    strong = get("request", known=first.removeprefix("W/"))
    record(status="RUNNING", run=2)
    later = get("request", known=first)

    assert (known["statusCode"], known["headers"]["ETag"]) == (304, first)
    assert strong["statusCode"] == 304
    assert "Content-Type" not in known["headers"]
    assert known["headers"]["Retry-After"] == "1"
    assert later["statusCode"] == 200
    assert get("request", known="*")["statusCode"] == 304
    assert get("request_known_already")["statusCode"] == 200


def test_links_are_sent_again_before_they_end(
    get: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC)]
    clock = SimpleNamespace(now=lambda _: now[0])
    monkeypatch.setattr("read_requests.read.datetime", clock)
    record(images=[delivered(0)], reasons=[], warnings=[])
    first = get("request")["headers"]["ETag"]
    now[0] += timedelta(seconds=140)
    assert get("request", known=first)["statusCode"] == 304
    now[0] += timedelta(seconds=11)
    assert get("request", known=first)["statusCode"] == 200


def test_a_request_is_there_before_its_record(get: Any, machine: Any, answers: Any) -> None:
    start(machine, OWN)
    reply = get("request")

    assert reply["statusCode"] == 200
    body = reply["body"]
    assert (body["status"], body["stage"], body["run"]) == ("RUNNING", "AcceptRequest", 1)
    assert body["created_at"] == AT
    answers.set("GetExecutionHistory", {"events": history("AcceptRequest")})
    assert get("progress")["body"]["events"][0]["stage"] == "AcceptRequest"


def test_the_record_has_another_etag_than_what_was_there_before(
    get: Any, machine: Any, record: Any
) -> None:
    start(machine, OWN)
    before = get("request")["headers"]["ETag"]
    record(status="RUNNING")
    assert get("request", known=before)["statusCode"] == 200


def test_a_request_that_failed_before_it_was_read_is_found(
    get: Any, machine: Any, record: Any
) -> None:
    start(machine, OWN)
    machine.end(OWN, "FAILED")
    assert get("request")["body"]["status"] == "RUNNING"
    unread = {"requester": "unknown", "request_hash": "none", "policy_hash": "none"}
    record(f"execution-{OWN}", "FAILED", **unread, stage="AcceptRequest", reasons=[])

    body = get("request")["body"]
    assert (body["request_id"], body["status"]) == (OWN, "FAILED")


def test_it_is_found_when_its_execution_is_forgotten(get: Any, record: Any) -> None:
    record(f"execution-{OWN}", "FAILED", requester="unknown", reasons=[])
    assert get("request")["body"]["status"] == "FAILED"


def test_what_has_just_begun_is_looked_for_again(
    get: Any, machine: Any, looked_again: list[float]
) -> None:
    """Step Functions tells of a new execution late: whoever has its id does not get 404."""
    start(machine, OWN)
    machine.unseen = 2
    assert get("request")["body"]["status"] == "RUNNING"
    assert looked_again == [0.2, 0.4]


def test_a_request_whose_record_has_expired_is_gone(get: Any, machine: Any) -> None:
    start(machine, OWN)
    machine.end(OWN, "SUCCEEDED", ago=timedelta(days=31))
    assert get("request")["statusCode"] == 404


@pytest.mark.parametrize("scenario", ["request", "progress", "hostile_id", "id_of_another"])
def test_what_is_not_ones_own_is_not_there(
    scenario: str, get: Any, record: Any, answers: Any, counted: Any, looked_again: list[float]
) -> None:
    record("event:example.gallery/gallery-0042")
    record(f"{THEIRS}{OWN[-32:]}", requester="api:key:theirs")
    reply = get(scenario)

    assert (reply["statusCode"], reply["body"]["code"]) == (404, "not_found")
    assert counted("ApiRefusals", Code="not_found") == [1]
    # Whose an id is stands in it: for another's nothing is asked at all.
    own = scenario in {"request", "progress"}
    assert bool(answers.asked("DescribeExecution")) == bool(looked_again) == own


@pytest.mark.parametrize(
    "request_id",
    [
        "",
        "x" * 10_240,
        "../../etc/passwd",
        f"{OWN}\n",
        f"execution-{OWN}",
        OWN.upper(),
        OWN.replace("2", "\u0662"),
        "\ud800",
        "<script>",
    ],
)
def test_a_hostile_id_is_no_id(
    request_id: str, call: Call, event: Event, record: Any, aws: Any
) -> None:
    record(f"execution-{OWN}")
    for scenario in ("request", "progress"):
        asked = event(f"read_requests/{scenario}")
        asked["pathParameters"] = {"id": request_id} if request_id else None
        assert call("read_requests", asked)["statusCode"] == 404


def test_a_method_or_address_that_is_not_there(get: Any) -> None:
    reply = get("delete")
    assert (reply["statusCode"], reply["headers"]["Allow"]) == (405, "GET")
    assert reply["body"]["code"] == "method_not_allowed"
    unknown = get("unknown_address")
    assert (unknown["statusCode"], unknown["body"]["code"]) == (404, "not_found")


def test_a_list_is_ones_own_newest_first_page_by_page(get: Any, record: Any) -> None:
    for minute in range(5):
        at = f"2026-11-21T12:0{minute}:00.000Z"
        record(f"{MINE}{minute:032x}", created_at=at)
        record(f"{THEIRS}{minute:032x}", created_at=at, requester="api:key:theirs")
    pages, query = [], {"limit": "2"}
    for _ in range(4):
        body = get("list", query)["body"]
        pages.append([int(row["request_id"][-32:], 16) for row in body["requests"]])
        if "next_cursor" not in body:
            break
        query["cursor"] = body["next_cursor"]

    assert pages == [[4, 3], [2, 1], [0]]


def test_another_requesters_row_under_the_same_name_is_left_out(get: Any, record: Any) -> None:
    """user/a who asks for b, and the user a/b, have the same `requester` in their records."""
    for minute in range(8):
        whose = MINE if minute in (0, 3) else THEIRS
        record(f"{whose}{minute:032x}", created_at=f"2026-11-21T12:0{minute}:00.000Z")

    first = get("list", {"limit": "1"})["body"]
    rest = get("list", {"limit": "5", "cursor": first["next_cursor"]})["body"]

    assert [row["request_id"] for row in first["requests"]] == [f"{MINE}{3:032x}"]
    assert [row["request_id"] for row in rest["requests"]] == [f"{MINE}{0:032x}"]
    assert "next_cursor" not in rest


def test_many_rows_of_another_end_a_page_early(get: Any, record: Any) -> None:
    for minute in range(12):
        whose = MINE if minute == 0 else THEIRS
        record(f"{whose}{minute:032x}", created_at=f"2026-11-21T12:{minute:02d}:00.000Z")

    first = get("list", {"limit": "1"})["body"]
    rest = get("list", {"limit": "1", "cursor": first["next_cursor"]})["body"]

    assert first["requests"] == []
    assert [row["request_id"] for row in rest["requests"]] == [f"{MINE}{0:032x}"]


def test_a_row_is_short(get: Any, record: Any) -> None:
    four = [REASON | {"rule": str(number)} for number in range(4)]
    record(images=[delivered(0), delivered(1)], reasons=four, prompt="a lighthouse")
    (row,) = get("list")["body"]["requests"]

    assert key_of(row.pop("preview")) == "/folder/1/0.jpg?v0"
    row.pop("links_expire_at")
    short = {name: REASON[name] for name in ("stage", "category", "label", "message")}
    assert row == {
        "request_id": OWN,
        "run": 1,
        "status": "COMPLETED",
        "stage": "PublishImages",
        "created_at": AT,
        "updated_at": AT,
        "policy_hash": "hash of the policy",
        "prompt": "a lighthouse",
        "images": 2,
        "reasons": [short | {"rule": str(number)} for number in range(3)],
    }


def test_a_list_is_of_those_asked_for_in_one_name(get: Any, record: Any) -> None:
    record()
    record(f"{MINE}{1:032x}", requester="api:local/mona")
    rows = get("list_of_mona")["body"]["requests"]
    assert [row["request_id"] for row in rows] == [f"{MINE}{1:032x}"]


@pytest.mark.parametrize(
    ("scenario", "field", "rule"),
    [
        ("list_too_many", "limit", "maximum"),
        ("list_of_nobody", "requester", "pattern"),
        ("list_by_a_made_up_cursor", "cursor", "known"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(scenario: str, field: str, rule: str, get: Any) -> None:
    reply = get(scenario)
    assert reply["statusCode"] == 400
    (error,) = reply["body"]["errors"]
    assert (error["field"], error["rule"]) == (field, rule)


def cursor(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def list_of(requester: str) -> str:
    return hashlib.sha256(requester.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    "given",
    [
        "",
        "!",
        "x" * 10_000,
        "\u0662",
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        cursor(),
        cursor("api:local", AT, OWN),
        cursor(list_of("api:key:theirs"), AT, OWN),
        cursor(list_of("api:local"), "", OWN),
        cursor(list_of("api:local"), "yesterday", OWN),
        cursor(list_of("api:local"), AT, ""),
        cursor(list_of("api:local"), AT, "event:example.gallery/gallery-0042"),
        cursor(list_of("api:local"), AT, {"S": OWN}),
    ],
)
def test_a_cursor_that_was_tampered_with_is_refused(given: str, get: Any, record: Any) -> None:
    record()
    reply = get("list", {"cursor": given})
    assert reply["statusCode"] == 400
    assert reply["body"]["errors"][0]["field"] == "cursor"


def test_a_cursor_reaches_no_list_but_ones_own(get: Any, record: Any) -> None:
    """Even one that is made up well: it has a place in it, and no requester."""
    record()
    record(f"{THEIRS}{1:032x}", requester="api:key:theirs")
    made_up = cursor(list_of("api:local"), "2099-01-01T00:00:00.000Z", f"{THEIRS}{1:032x}")
    rows = get("list", {"cursor": made_up})["body"]["requests"]
    assert [row["request_id"] for row in rows] == [OWN]


def history(*stages: str) -> list[dict[str, Any]]:
    """What a standard execution's history has of these Task states, beside other events."""
    events: list[dict[str, Any]] = [{"type": "ExecutionStarted", "id": 1}]
    for stage in stages:
        name = {"stateEnteredEventDetails": {"name": stage}}
        events.append({"type": "TaskStateEntered", "id": len(events) + 1, **name})
        events.append({"type": "TaskScheduled", "id": len(events) + 1})
        chosen = {"stateEnteredEventDetails": {"name": f"After{stage}"}}
        events.append({"type": "ChoiceStateEntered", "id": len(events) + 1, **chosen})
    return [{"timestamp": STARTED + timedelta(seconds=event["id"]), **event} for event in events]


def start(machine: StandardMachine, name: str) -> None:
    asked = {"api": {"requester": "local", "request_id": name}, "request": {"prompt": "a fox"}}
    machine._start(
        {
            "name": name,
            "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:"
            "safelight-GenerateSafeImage",
            "input": json.dumps(asked),
        }
    )


def test_progress_is_the_stages_that_were_entered(get: Any, record: Any, answers: Any) -> None:
    record(status="RUNNING", execution_arn=f"{EXECUTIONS}:a-second-run", run=2)
    stages = ["AcceptRequest", "GenerateImages", "StoreImages", "GenerateImages", "StoreImages"]
    answers.set("GetExecutionHistory", {"events": history(*stages)})
    reply = get("progress")

    (asked,) = answers.asked("GetExecutionHistory")
    assert asked["executionArn"] == f"{EXECUTIONS}:a-second-run"
    assert asked["includeExecutionData"] is False
    body = reply["body"]
    assert [event["stage"] for event in body["events"]] == stages
    assert [event["attempt"] for event in body["events"]] == [1, 1, 1, 2, 2]
    assert body["events"][0]["at"] == "2026-11-21T12:00:02.000Z"
    assert (body["request_id"], body["run"], body["status"]) == (OWN, 2, "RUNNING")
    assert body["complete"] is True
    assert reply["headers"]["Retry-After"] == "1"
    assert get("progress", known=reply["headers"]["ETag"])["statusCode"] == 304
    answers.set("GetExecutionHistory", {"events": history(*stages, "ModerateImages")})
    assert get("progress", known=reply["headers"]["ETag"])["statusCode"] == 200


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "ThrottlingException"])
def test_progress_without_a_history_says_so(code: str, get: Any, record: Any, answers: Any) -> None:
    record()
    answers.refuse("GetExecutionHistory", code)
    body = get("progress")["body"]
    assert (body["status"], body["events"], body["complete"]) == ("COMPLETED", [], False)


def test_a_longer_history_is_not_said_to_be_all(get: Any, record: Any, answers: Any) -> None:
    record()
    answers.set("GetExecutionHistory", {"events": history("AcceptRequest"), "nextToken": "x"})
    assert get("progress")["body"]["complete"] is False


def test_health_says_how_the_generator_was_last_seen(get: Any, aws: Any) -> None:
    assert get("health")["body"] == {"status": "ok", "version": VERSION, "generator": None}
    look = {
        "at": AT,
        "state": "asleep",
        "instances": 0,
        "most_instances": 2,
        "backlog": 3,
        "finished": 40,
        "busy": {"weight": 0, "weighted": 0},
        "full": {"weight": 0, "weighted": 0},
        "without_capacity_since": "",
    }
    aws("dynamodb").put_item(
        TableName=INFERENCES,
        Item={"inference_id": {"S": "queue"}, "look": {"S": json.dumps(look)}},
    )
    assert get("health")["body"]["generator"] == {
        "state": "asleep",
        "instances": 0,
        "backlog": 3,
        "looked_at": AT,
    }


def test_the_description_may_be_kept_for_a_while(get: Any) -> None:
    reply = get("description")
    assert reply["body"]["paths"]["/images"].keys() == {"get", "post"}
    assert reply["headers"]["Content-Type"] == "application/json"
    assert reply["headers"]["Cache-Control"] == "public, max-age=300"
    assert get("description", known=reply["headers"]["ETag"])["statusCode"] == 304


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_what_cannot_be_read_now_is_unavailable(code: str, get: Any, answers: Any) -> None:
    answers.refuse("GetItem", code, status=500 if code == "InternalServerError" else 400)
    reply = get("request")
    assert (reply["statusCode"], reply["body"]["code"]) == (503, "unavailable")
    assert reply["headers"]["Retry-After"] == "5"


def test_neither_links_nor_ids_of_pictures_are_logged(get: Any, record: Any, logged: Any) -> None:
    record(images=[delivered(0)], reasons=[], prompt="a lighthouse")
    get("request")
    get("list")
    told = logged()
    assert "GET /images/{id}" in told
    assert not [word for word in ("X-Amz", "folder/1", "lighthouse") if word in told]
