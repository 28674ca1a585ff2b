"""Requests by the API: how they end, who sees them, what links lead to."""

import hashlib
import io
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from handler import api_schemas
from PIL import Image
from workflow.conftest import CORS_ORIGIN, Safelight
from workflow.running_jobs import until
from workflow.running_system import Stack

from local.ai.marker import read_marker
from local.commands.failure import SUCCESS
from shared.request_ids import request_id_for

pytestmark = pytest.mark.engine
# How a request ends, by what the stand-ins do with its prompt.
OUTCOMES: dict[str, tuple[str, dict[str, Any]]] = {
    "COMPLETED": ("a pier in the fog", {}),
    "BLOCKED_PROMPT": ("a nude man on a pier", {}),
    "BLOCKED_IMAGE": ("a pier with a crowd on it", {"generation": ["unsafe"]}),
    "MODEL_FILTERED": ("a pier without a light", {"generation": ["black"]}),
    "FAILED": ("a pier that broke", {"generation": ["malformed"]}),
    "EXPIRED": ("a pier that nobody reached", {"generation": ["expire"]}),
}
STAGES = [
    "AcceptRequest",
    "FilterKeywords",
    "ClassifyPrompt",
    "GenerateImages",
    "StoreImages",
    "ModerateImages",
]
MOST_WAITING, MOST_A_DAY = 5, 100


def execution(stack: Stack, request_id: str) -> str:
    """The ARN of the first execution of a request."""
    machine = stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    return f"{machine}:{request_id}"


def accepted(stack: Stack, body: dict[str, Any], **headers: str) -> str:
    """The id of a request that was accepted just now."""
    status, told, answer = stack.ask("POST", "/images", body, **headers)
    assert status == 202, answer
    api_schemas.check(answer, "api#accepted")
    assert told["Location"] == answer["links"]["self"] == f"/api/images/{answer['request_id']}"
    return str(answer["request_id"])


def view(stack: Stack, request_id: str) -> Any:
    """What its requester sees of a request."""
    status, _, answer = stack.ask("GET", f"/images/{request_id}")
    assert status == 200, answer
    api_schemas.check(answer, "request-view")
    return answer


def links(told: Any) -> list[str]:
    """Every address of an object in an answer, wherever it stands."""
    return re.findall(r'"(https?://[^"]+)"', json.dumps(told))


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310
        return bytes(answer.read())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def requests(stack: Stack) -> dict[str, str]:
    """The ids of requests that have ended, by how."""
    for prompt, steps in OUTCOMES.values():
        if steps:
            stack.script(prompt, **steps)
    ids = {}
    # One by one: together, each would have processes of its own started.
    for status, (prompt, _) in OUTCOMES.items():
        ids[status] = accepted(stack, {"prompt": prompt})
        stack.wait_for_end(execution(stack, ids[status]))
    return ids


@pytest.fixture
def count(stack: Stack) -> Iterator[Callable[[str, int], None]]:
    """Sets a counter of the quotas, for as long as the test takes."""
    client, table = stack.client("dynamodb"), stack.outputs["QuotasTable"]
    kept = client.scan(TableName=table)["Items"]

    def count(counter: str, used: int) -> None:
        item = {"counter": {"S": counter}, "used": {"N": str(used)}}
        client.put_item(TableName=table, Item=item)

    yield count
    for item in client.scan(TableName=table)["Items"]:
        client.delete_item(TableName=table, Key={"counter": item["counter"]})
    for item in kept:
        client.put_item(TableName=table, Item=item)


@pytest.mark.parametrize("status", OUTCOMES)
def test_a_request_ends_in_one_record_and_is_announced(
    stack: Stack, check: Any, requests: dict[str, str], status: str
) -> None:
    run = stack.ended(execution(stack, requests[status]))
    check(run, status)
    record = run.record
    assert (record["request_id"], record["requester"]) == (requests[status], "api:local")
    assert record["source"] == {"type": "api"}


@pytest.mark.parametrize("status", OUTCOMES)
def test_its_requester_sees_what_became_of_it_and_nothing_of_the_inside(
    stack: Stack, requests: dict[str, str], status: str
) -> None:
    seen, record = view(stack, requests[status]), stack.deployed.record(requests[status])
    assert record is not None
    assert (seen["status"], bool(seen["reasons"])) == (status, status != "COMPLETED")
    told = re.sub(r'"https?://[^"]+"', "link", json.dumps(seen))
    buckets = [name for key, name in stack.outputs.items() if key.endswith("Bucket")]
    keys = [image[name] for image in record.get("images", ()) for name in ("key", "preview_key")]
    for inside in (*buckets, *keys, record["execution_arn"], "arn:", "shard", "token", "pier"):
        assert inside not in told


def test_a_link_leads_to_the_picture_that_was_delivered(
    stack: Stack, requests: dict[str, str]
) -> None:
    seen, record = (
        view(stack, requests["COMPLETED"]),
        stack.deployed.record(requests["COMPLETED"]),
    )
    assert record is not None
    assert "links_expire_at" in seen
    (url,) = links(seen)
    assert "X-Amz-Expires=300" in url
    assert digest(fetched(url)) == record["images"][0]["sha256"]


def test_of_what_is_withheld_a_link_leads_to_a_blurred_preview_alone(
    stack: Stack, requests: dict[str, str]
) -> None:
    request_id = requests["BLOCKED_IMAGE"]
    record, seen = stack.deployed.record(request_id), view(stack, request_id)
    assert record is not None
    (url,) = links([seen, stack.ask("GET", f"/images/{request_id}/events")[2]])
    assert url == seen["images"][0]["preview_url"]
    preview = fetched(url)
    assert digest(preview) not in {image["sha256"] for image in record["images"]}
    assert read_marker(Image.open(io.BytesIO(preview))) is None
    # What the model itself has blotted out has no preview worth a link.
    assert links(view(stack, requests["MODEL_FILTERED"])) == []


def test_a_link_can_be_turned_into_no_other(stack: Stack, requests: dict[str, str]) -> None:
    record = stack.deployed.record(requests["BLOCKED_IMAGE"])
    assert record is not None
    (url,) = links(view(stack, requests["BLOCKED_IMAGE"]))
    (image,) = record["images"]
    preview, original = image["preview_key"], image["key"]
    assert quote(preview) in url
    for forged in (
        url.replace(quote(preview), quote(original)),
        url.replace(
            f"{image['preview_bucket']}/{quote(preview)}", f"{image['bucket']}/{quote(original)}"
        ),
        url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"),
        url[:-8] + "00000000",
    ):
        assert forged != url
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetched(forged)
        assert refused.value.code == 403
        refused.value.close()


def test_who_waits_has_the_result_in_the_reply(stack: Stack) -> None:
    body = {"prompt": "a pier on a Sunday", "metadata": {"page": "7"}, "requester": "ana"}
    status, headers, answer = stack.ask("POST", "/images?wait=25", body)
    assert status == 200
    api_schemas.check(answer, "request-view")
    assert (answer["status"], answer["metadata"]) == ("COMPLETED", {"page": "7"})
    assert answer["requester"] == "ana"
    assert headers["Location"] == answer["links"]["self"]
    assert fetched(answer["images"][0]["url"])


def test_where_too_many_wait_one_looks_again_instead(
    stack: Stack, count: Callable[[str, int], None]
) -> None:
    window = int(datetime.now(UTC).timestamp()) // 30
    for number in (window, window + 1):
        count(f"waiting/{number}", MOST_WAITING // 2)
    status, headers, _ = stack.ask("POST", "/images?wait=25", {"prompt": "a nude man at a pier"})
    assert (status, headers["Preference-Applied"]) == (202, "wait=0")


def test_a_request_under_way_is_seen_running(stack: Stack) -> None:
    prompt = "a pier that takes its time"
    stack.script(prompt, generation=[{"slow": 1}])
    request_id = accepted(stack, {"prompt": prompt})
    status, headers, answer = stack.ask("GET", f"/images/{request_id}")
    api_schemas.check(answer, "request-view")
    assert (status, answer["status"], headers["Retry-After"]) == (200, "RUNNING", "1")
    until(lambda: "GenerateImages" in stages(stack, request_id))
    until(lambda: view(stack, request_id)["status"] == "COMPLETED")
    again = stack.ask("GET", f"/images/{request_id}", None, **{"If-None-Match": headers["ETag"]})
    assert (again[0], "Retry-After" in again[1]) == (200, False)


def stages(stack: Stack, request_id: str) -> list[str]:
    _, _, answer = stack.ask("GET", f"/images/{request_id}/events")
    api_schemas.check(answer, "api#progress")
    return [event["stage"] for event in answer["events"]]


def test_the_stages_are_told_with_their_attempts(stack: Stack, requests: dict[str, str]) -> None:
    assert stages(stack, requests["COMPLETED"])[: len(STAGES)] == STAGES
    assert "GenerateImages" not in stages(stack, requests["BLOCKED_PROMPT"])
    answer = stack.ask("GET", f"/images/{requests['BLOCKED_IMAGE']}/events")[2]
    judged = [one["attempt"] for one in answer["events"] if one["stage"] == "ModerateImages"]
    assert (judged, answer["complete"]) == ([1, 2, 3], True)
    moments = [one["at"] for one in answer["events"]]
    assert moments == sorted(moments)


@pytest.mark.parametrize("what", ["", "/events"])
def test_what_one_has_is_not_sent_again(stack: Stack, requests: dict[str, str], what: str) -> None:
    path = f"/images/{requests['BLOCKED_PROMPT']}{what}"
    _, headers, _ = stack.ask("GET", path)
    assert headers["Cache-Control"] == "private, no-cache"
    status, again, body = stack.ask("GET", path, None, **{"If-None-Match": headers["ETag"]})
    assert (status, again["ETag"], body) == (304, headers["ETag"], None)


def counted(stack: Stack) -> int:
    """What all callers' requests have counted against their quotas."""
    items = stack.client("dynamodb").scan(TableName=stack.outputs["QuotasTable"])["Items"]
    return sum(int(item["used"]["N"]) for item in items if item["counter"]["S"].startswith("req"))


def test_a_key_makes_one_request_however_often_it_is_sent(stack: Stack) -> None:
    body, key = {"prompt": "a nude man under a pier"}, {"Idempotency-Key": "pier-1"}
    before = counted(stack)
    with ThreadPoolExecutor(3) as callers:
        ids = set(callers.map(lambda _: accepted(stack, body, **key), range(3)))
    assert counted(stack) == before + 1
    assert ids == {request_id_for("local", "pier-1")}
    (request_id,) = ids
    stack.wait_for_end(execution(stack, request_id))

    status, headers, answer = stack.ask("POST", "/images?wait=5", body, **key)
    assert (status, headers["Idempotent-Replay"]) == (200, "true")
    assert (answer["request_id"], answer["status"]) == (request_id, "BLOCKED_PROMPT")
    assert accepted(stack, body | {"request_id": "pier-1"}) == request_id

    status, _, answer = stack.ask("POST", "/images", {"prompt": "another pier"}, **key)
    api_schemas.check(answer, "api#problem")
    assert (status, answer["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("path", "body", "headers", "field"),
    [
        ("/images", {"prompt": "a pier", "num_pictures": 2}, {}, "num_pictures"),
        ("/images", {"prompt": ""}, {}, "prompt"),
        ("/images", [], {}, "body"),
        ("/images?wait=26", {"prompt": "a pier"}, {}, "wait"),
        ("/images", {"prompt": "a pier"}, {"Idempotency-Key": "two words"}, "Idempotency-Key"),
        (
            "/images",
            {"prompt": "a pier", "request_id": "one"},
            {"Idempotency-Key": "another"},
            "Idempotency-Key",
        ),
    ],
)
def test_what_is_refused_at_the_door_starts_nothing(
    stack: Stack, path: str, body: Any, headers: dict[str, str], field: str
) -> None:
    def executions() -> int:
        machine = stack.outputs["StateMachineArn"]
        listed = stack.client("stepfunctions").list_executions(stateMachineArn=machine)
        return len(listed["executions"])

    before = executions()
    status, _, answer = stack.ask("POST", path, body, **headers)
    api_schemas.check(answer, "api#problem")
    assert (status, answer["code"]) == (400, "invalid_request")
    assert answer["errors"][0]["field"].startswith(field)
    assert executions() == before


def test_who_has_used_up_the_day_starts_nothing_and_keeps_what_there_is(
    stack: Stack, count: Callable[[str, int], None]
) -> None:
    body, key = {"prompt": "a nude man by a pier"}, {"Idempotency-Key": "pier-2"}
    request_id = accepted(stack, body, **key)
    now = datetime.now(UTC)
    for day in (now.date(), (now + timedelta(days=1)).date()):
        count(f"requests/{digest(b'local')}/{day.isoformat()}", MOST_A_DAY)

    status, headers, answer = stack.ask("POST", "/images", {"prompt": "one pier more"})
    api_schemas.check(answer, "api#problem")
    assert (status, answer["code"]) == (429, "quota_exceeded")
    assert 0 < int(headers["Retry-After"]) <= 24 * 3600
    assert accepted(stack, body, **key) == request_id
    assert view(stack, request_id)


def test_nobody_sees_the_requests_of_others(stack: Stack) -> None:
    """Not even of who is called as two names of ours are joined."""
    others = {who: request_id_for(who, None) for who in ("key:other", "local/pier")}
    for who, request_id in others.items():
        caller = {"requester": who, "request_id": request_id}
        run = stack.run({"api": caller, "request": {"prompt": "a nude man off a pier"}}, request_id)
        assert (run.record["request_id"], run.record["requester"]) == (request_id, f"api:{who}")
        for path in (f"/images/{request_id}", f"/images/{request_id}/events"):
            status, _, answer = stack.ask("GET", path)
            assert (status, answer["code"]) == (404, "not_found")
    own = accepted(stack, {"prompt": "a nude man near a pier", "requester": "pier"})
    stack.wait_for_end(execution(stack, own))
    _, _, answer = stack.ask("GET", "/images?requester=pier")
    assert [one["request_id"] for one in answer["requests"]] == [own]


def test_requests_are_listed_page_by_page_newest_first(stack: Stack) -> None:
    body = {"prompt": "a nude man along a pier", "requester": "shelf"}
    made = []
    for _ in range(3):
        made.append(accepted(stack, body))
        stack.wait_for_end(execution(stack, made[-1]))
    path, seen = "/images?requester=shelf&limit=2", []
    _, _, first = stack.ask("GET", path)
    _, _, rest = stack.ask("GET", f"{path}&cursor={first['next_cursor']}")
    for page in (first, rest):
        api_schemas.check(page, "api#request_list")
        seen += [one["request_id"] for one in page["requests"]]
    assert seen == made[::-1]
    assert "next_cursor" not in rest
    status, _, refused = stack.ask("GET", f"/images?cursor={first['next_cursor']}")
    assert (status, refused["errors"][0]["field"]) == (400, "cursor")


def test_a_list_shows_delivered_pictures_and_previews(
    stack: Stack, requests: dict[str, str]
) -> None:
    _, _, page = stack.ask("GET", "/images?limit=50")
    api_schemas.check(page, "api#request_list")
    shown = {one["request_id"]: one for one in page["requests"]}
    delivered, withheld = shown[requests["COMPLETED"]], shown[requests["BLOCKED_IMAGE"]]
    assert (delivered["images"], withheld["images"]) == (1, 0)
    originals = [
        image["sha256"]
        for request_id in shown
        for image in (stack.deployed.record(request_id) or {}).get("images", ())
        if not image.get("delivered")
    ]
    assert digest(fetched(withheld["preview"])) not in originals
    assert "preview" not in shown[requests["BLOCKED_PROMPT"]]


def test_a_request_that_failed_is_run_again_under_its_id(
    stack: Stack, safelight_on: Callable[[Stack], Safelight]
) -> None:
    prompt = "a pier that is mended"
    stack.script(prompt, generation=["malformed"])
    request_id = accepted(stack, {"prompt": prompt})
    stack.wait_for_end(execution(stack, request_id))
    assert view(stack, request_id)["status"] == "FAILED"
    stack.script(prompt, generation=["safe"])

    assert safelight_on(stack)("redrive", request_id)[0] == SUCCESS

    seen = view(stack, request_id)
    assert (seen["run"], seen["status"]) == (2, "COMPLETED")
    assert [(past["run"], past["status"]) for past in seen["history"]] == [(1, "FAILED")]
    assert stages(stack, request_id)[: len(STAGES)] == STAGES


def test_pages_of_one_other_origin_may_call(stack: Stack) -> None:
    status, headers, _ = stack.ask("OPTIONS", "/images", Origin=CORS_ORIGIN)
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, CORS_ORIGIN)
    assert headers["Access-Control-Allow-Methods"] == "DELETE, GET, POST"
    assert "Idempotency-Key" in headers["Access-Control-Allow-Headers"]
    claim = stack.ask("OPTIONS", f"/reviews/{'1f' * 20}/claim", Origin=CORS_ORIGIN)
    assert (claim[0], claim[1]["Access-Control-Allow-Origin"]) == (204, CORS_ORIGIN)
    assert "Safelight-Reviewer" in claim[1]["Access-Control-Allow-Headers"]
    for method, path in (("GET", "/images?limit=1"), ("POST", "/images"), ("GET", "/nothing")):
        _, headers, _ = stack.ask(method, path, Origin=CORS_ORIGIN)
        assert headers["Access-Control-Allow-Origin"] == CORS_ORIGIN
    assert "Location" in stack.ask("GET", "/health")[1]["Access-Control-Expose-Headers"]


def test_the_generator_is_told_once_somebody_has_looked(stack: Stack) -> None:
    status, _, answer = stack.ask("GET", "/health")
    api_schemas.check(answer, "api#health")
    assert (status, answer["status"]) == (200, "ok")
