"""Whatever is sent to POST /images, it is taken or refused by name: nothing is a bug of ours."""

import json
from base64 import b64encode
from typing import Any

from handler import api_schemas
from hypothesis import given
from hypothesis import strategies as st

from request_images.post import Counter, Settings, post
from request_images.waiting import WaitingRoom
from shared.api import ApiSettings, guarded
from shared.api_requests import Requests
from shared.arrival import read_arrival
from shared.dynamodb import Table
from shared.quotas import Quotas
from shared.records import Records
from shared.request_view import Viewer
from shared.s3 import Storage
from shared.stepfunctions import StepFunctions

SETTINGS = Settings(
    api=ApiSettings(auth="none", cors_origin="", metrics_namespace="Safelight/test"),
    machine_arn="arn:aws:states:us-east-1:111122223333:stateMachine:m",
    results_table="results",
    quotas_table="quotas",
    requests_per_day=100,
    max_waiting=0,
    images_bucket="images",
    link_seconds=300,
    reviews=False,
)
FIELDS = ("prompt", "negative_prompt", "width", "seed", "request_id", "requester", "metadata", "x")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values).map(json.dumps) | st.text()
likely = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1, max_size=40)},
    optional={"request_id": st.text("aA0._-", max_size=8), "num_images": st.integers(0, 5)},
).map(json.dumps)
ascii_or_not = st.text(max_size=20) | st.text(st.characters(codec="ascii"), max_size=200)


class NoItems:
    """DynamoDB without items, as it answers: nothing is there, and every count is the first."""

    def get_item(self, **_: object) -> dict[str, Any]:
        return {"ConsumedCapacity": {}}

    def update_item(self, **_: object) -> dict[str, Any]:
        return {"ConsumedCapacity": {}, "Attributes": {}}


class NoExecutions(StepFunctions):
    """Starts what it is told to, and knows of nothing."""

    def __init__(self) -> None:
        super().__init__(client=object())
        self.started: list[dict[str, Any]] = []

    def start(self, machine_arn: str, name: str, given: dict[str, Any]) -> bool:
        json.dumps(given, ensure_ascii=False).encode()
        self.started.append(given)
        return True

    def describe(self, execution_arn: str) -> dict[str, Any]:
        raise LookupError(execution_arn)


def sent(event: dict[str, Any]) -> tuple[int, Any, list[dict[str, Any]]]:
    """Status and body of the answer, and what was started."""
    table = Table("results", NoItems())
    records, quotas, machine = Records(table), Quotas(table), NoExecutions()
    counter = Counter(
        SETTINGS,
        Requests(records, lambda: machine, SETTINGS.machine_arn),
        machine,
        quotas,
        WaitingRoom(records, quotas, SETTINGS.max_waiting),
        Viewer(Storage, SETTINGS.images_bucket, SETTINGS.link_seconds, SETTINGS.reviews),
    )
    reply = guarded(SETTINGS.api, event, lambda: post(counter, event, lambda: 28.0))
    return reply["statusCode"], json.loads(reply["body"]), machine.started


@given(bodies | likely, st.none() | ascii_or_not, st.none() | ascii_or_not, st.booleans())
def test_a_call_is_taken_or_refused_by_name(
    body: str, key: str | None, wait: str | None, coded: bool
) -> None:
    headers = {"Content-Type": "application/json"} | (
        {} if key is None else {"idempotency-key": key}
    )
    event = {
        "httpMethod": "POST",
        "resource": "/images",
        "headers": headers,
        "multiValueHeaders": None,
        "queryStringParameters": None if wait is None else {"wait": wait},
        "requestContext": {"path": "/api/images"},
        "body": b64encode(body.encode(errors="replace")).decode() if coded else body,
        "isBase64Encoded": coded,
    }
    status, answer, started = sent(event)
    if status == 202:
        api_schemas.check(answer, "api#accepted")
        (given,) = started
        assert read_arrival(given, answer["request_id"]).derived_id == answer["request_id"]
        return
    assert status in {400, 413}
    assert not started
    api_schemas.check(answer, "api#problem")
    assert status == 413 or answer["errors"][0]["field"]
