"""Whatever starts an execution, and whatever a prompt file holds: one answer, one sound record.

AcceptRequest's own adapters talk to S3 and DynamoDB through botocore; those two answer here, and
refuse what the real ones refuse.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from botocore.awsrequest import AWSPreparedRequest
from fuzz.budget import fuzzed, within
from fuzz.mutation import HALF, damaged, documents, mutated, nested, raw
from fuzz.wire import wire
from hypothesis import assume, example, given
from hypothesis import strategies as st

from accept_request.accept import Door, Settings, accept
from shared.dynamodb import Table
from shared.pinning import Pinning
from shared.records import Records
from shared.request import MAX_FILE_BYTES, normalised, request_hash
from shared.s3 import Storage
from shared.stepfunctions import StepFunctions

ROOT = Path(__file__).parents[2]
EVENTS = [
    json.loads(path.read_text("utf-8"))["input"]
    for path in sorted((ROOT / "events" / "accept_request").glob("*.json"))
]
S3_EVENT = next(event for event in EVENTS if "source" in event and event["source"] == "aws.s3")
REQUEST_SCHEMA, RECORD_SCHEMA = (
    jsonschema.Draft7Validator(json.loads(path.read_text("utf-8")))
    for path in (ROOT / "schemas/request.schema.json", ROOT / "schemas/record.schema.json")
)
LOCAL_ENV = json.loads((ROOT / "events/local-env.json").read_text("utf-8"))
EXECUTION = {
    "arn": "arn:aws:states:us-east-1:111122223333:execution:safelight:one",
    "name": "one",
    "started_at": "2026-11-20T10:00:01.250Z",
}
with pytest.MonkeyPatch.context() as _environment:
    for _name, _value in LOCAL_ENV["AcceptRequestFunction"].items():
        _environment.setenv(_name, _value)
    SETTINGS = replace(Settings.from_env(), store_prompts=True)
SECRET = "SECRET-OF-A-PROMPT"
# The bounds of the services: an item, a partition key, an S3 key, an execution's state.
MOST_ITEM, MOST_KEY, MOST_S3_KEY, MOST_STATE = 400 * 1024, 2048, 1024, 256 * 1024
CONSUMED = {"ConsumedCapacity": {"TableName": "results", "CapacityUnits": 1.0}}
BODIES = [
    {"prompt": f"a fox {SECRET}"},
    {
        "prompt": SECRET, "negative_prompt": "people", "width": 768, "height": 512, "num_images": 2,
        "seed": 7, "guidance_scale": 8.0, "num_inference_steps": 30, "language": "en",
        "request_id": "gallery-0042", "requester": "mona", "metadata": {"album": "coast"},
    },
]  # fmt: skip
FILES = [raw(body) for body in BODIES]
SPARKS = [
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"1e999",
    b"-0",
    b"1E400",
    b'"prompt":',
    b"\\ud83d",
    b"\\u0000",
]
FILE_CONTENTS = st.one_of(
    mutated(BODIES).map(raw),
    damaged(FILES, SPARKS),
    documents().map(raw),
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode(errors="surrogatepass")),
    st.integers(MAX_FILE_BYTES - 20, MAX_FILE_BYTES + 20).map(
        lambda size: b'{"prompt": "a fox"}'.ljust(size)
    ),
)


class Services:
    """S3 with one file, and a table, as far as the door uses them."""

    def __init__(self, content: bytes | None = None) -> None:
        self.items: dict[str, Any] = {}
        self._content = content
        s3, dynamodb = wire("s3"), wire("dynamodb")
        s3.answer, dynamodb.answer = self._s3, self._dynamodb
        self.door = Door(
            SETTINGS,
            Records(Table("results", dynamodb.client)),
            Storage(s3.client),
            Pinning(None, None),
            lambda: StepFunctions(wire("stepfunctions").client),
        )

    def _s3(self, request: AWSPreparedRequest) -> tuple[int, dict[str, str], bytes]:
        if self._content is None:
            return 404, {}, b""
        size = {"Content-Length": str(len(self._content))}
        return 200, size, b"" if request.method == "HEAD" else self._content

    def _dynamodb(self, request: AWSPreparedRequest) -> tuple[int, dict[str, str], bytes]:
        asked = json.loads(request.body)
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        if operation == "GetItem":
            found = self.items.get(key_of(asked["Key"]))
            return 200, {}, raw({**CONSUMED, **({"Item": found} if found else {})})
        assert operation == "PutItem"
        item = asked["Item"]
        key = key_of(item)
        sizes = (len(name) + len(str(*value.values()).encode()) for name, value in item.items())
        assert sum(sizes) < MOST_ITEM
        there = self.items.setdefault(key, item)
        if there is item or there["execution_arn"] == item["execution_arn"]:
            self.items[key] = item
            return 200, {}, raw(CONSUMED)
        refused = {"__type": "x#ConditionalCheckFailedException", "Item": there}
        return 400, {}, raw(refused)


def key_of(item: dict[str, Any]) -> str:
    """Of a record; what DynamoDB would refuse as a key is this property's failure."""
    key: str = item["request_id"]["S"]
    assert 0 < len(key.encode()) <= MOST_KEY
    return key


def answered(event: Any, content: bytes | None = None) -> dict[str, Any]:
    """The door's answer, checked for what holds of every answer."""
    services = Services(content)
    answer = accept(services.door, event, EXECUTION)
    assert answer["verdict"] in {"accepted", "invalid", "duplicate", "ignored"}
    assert len(json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()) < MOST_STATE
    for item in services.items.values():
        record: dict[str, Any] = {n: int(v["N"]) if "N" in v else v["S"] for n, v in item.items()}
        record |= {name: json.loads(record[name]) for name in ("source", "metadata")}
        RECORD_SCHEMA.validate(record)
    if answer["verdict"] == "invalid":
        (reason,) = answer["reasons"]
        assert reason["field"] is not None
        assert reason["rule"]
        assert len(reason["message"]) <= 200
    if answer["verdict"] == "accepted":
        request = answer["request"]
        REQUEST_SCHEMA.validate(request)
        assert normalised(request) == request
        assert request_hash(normalised(request)) == request_hash(request)
        assert len(services.items) == 1
    # A second execution of the same input is told of the first, and changes nothing.
    before = json.dumps(services.items)
    again = accept(services.door, event, {**EXECUTION, "arn": f"{EXECUTION['arn']}-2"})
    if answer["verdict"] in {"accepted", "invalid"} and "execution-" not in before:
        assert again["verdict"] in {"duplicate", "invalid"}
    return answer


def s3_event(key: Any, **more: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(json.dumps(S3_EVENT))
    event["detail"]["object"] |= {"key": key, **more}
    return event


@fuzzed(120)
@given(content=FILE_CONTENTS, suffix=st.sampled_from(["json", "JSON", "txt"]))
@example(content=nested(30_000).encode(), suffix="json")
@example(content=b'{"prompt": "a", "prompt": "b"}', suffix="json")
@example(content=b'{"metadata": ' + nested(400).encode() + b', "prompt": "a"}', suffix="json")
@example(content=b"\xef\xbb\xbf" * 2 + b'{"prompt": "a fox"}', suffix="json")
@example(content=b'{"prompt": "\\ud83d"}', suffix="json")
@example(content=b'{"\\ud83d": 1}', suffix="json")
@example(content="\x00".join(["a"] * 9).encode("utf-16"), suffix="txt")
@example(content=raw({"prompt": "a", "x" * 60_000: 1}), suffix="json")
def test_any_file(content: bytes, suffix: str) -> None:
    with within(2):
        answer = answered(s3_event(f"prompts/a.{suffix}"), content)
    for reason in answer["reasons"]:
        # A field's name may come from the caller; what stands in it never does.
        assert SECRET not in reason["message"].replace(reason["field"], "")


@fuzzed(120)
@given(event=mutated(EVENTS) | mutated(EVENTS) | mutated(BODIES) | documents())
@example(event=s3_event("prompts/" + "x" * 3000 + ".json"))
@example(event=s3_event("x" * 100_000 + "/"))
@example(event=s3_event(f"prompts/{HALF}.json"))
@example(event=s3_event(""))
@example(event=s3_event("prompts/a.json", **{"version-id": {"x": "y" * 200_000}}))
@example(event=s3_event("prompts/a.json", etag=HALF, sequencer=HALF))
@example(event=json.loads(json.dumps(S3_EVENT).replace("safelight-prompts-example", "no bucket")))
@example(event={"detail-type": "ImageRequested", "source": HALF, "id": HALF, "detail": BODIES[0]})
@example(event={"detail-type": "ImageRequested", "source": "\ufdfa" * 999, "detail": BODIES[1]})
@example(event={"request_id": "x" * 3000, "run": 1})
@example(event={"request_id": "", "run": 1})
@example(event={"request_id": HALF, "run": 1})
@example(event={"request_id": "x", "run": 10**5000})
@example(event={"request_id": "x", "run": True})
def test_any_input(event: Any) -> None:
    with within(2):
        answered(event, FILES[0])


@fuzzed(60)
@given(
    key=st.text(max_size=40)
    | st.lists(st.sampled_from("/. %+?#\u0300é狐\0x"), max_size=30).map("".join),
    content=st.none() | st.sampled_from(FILES),
    version=st.sampled_from(["", "null", "v1", None]),
)
def test_any_key(key: str, content: bytes | None, version: str | None) -> None:
    for name in (key, f"{key}.json", f"prompts/{key}/a.txt"):
        assume(len(name.encode(errors="replace")) <= MOST_S3_KEY)
        answer = answered(s3_event(name, **{"version-id": version}), content)
        if name.endswith("/"):
            assert answer["verdict"] == "ignored"


@fuzzed(60)
@given(body=mutated(BODIES))
def test_requests_that_differ_in_notation_only_are_one(body: Any) -> None:
    one, other = (answered(event) for event in (body, json.loads(json.dumps(body, indent=1))))
    assert one["claim"]["request_hash"] == other["claim"]["request_hash"]
    assert one["verdict"] == other["verdict"]
