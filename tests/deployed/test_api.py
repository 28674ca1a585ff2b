"""The API of a stack that is really deployed, named by SAFELIGHT_DEPLOYED_STACK; else skipped.

It asks with your own AWS credentials where callers sign, else with SAFELIGHT_DEPLOYED_KEY (an API
key's value) or SAFELIGHT_DEPLOYED_TOKEN (an id token). SAFELIGHT_DEPLOYED_API is another address of
the same API, such as the page's followed by /api. One request is made, and paid for.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from email.message import Message
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local.commands.which_stack import which_stack
from local.deployed_stack import DeployedStack

NAME = os.environ.get("SAFELIGHT_DEPLOYED_STACK", "")
pytestmark = [
    pytest.mark.skipif(not NAME, reason="SAFELIGHT_DEPLOYED_STACK names no deployed stack"),
    pytest.mark.timeout(1800),
]
ROUTES = [
    ("POST", "/images"),
    ("GET", "/images"),
    ("GET", "/images/api-0"),
    ("GET", "/images/api-0/events"),
    ("POST", "/images/api-0/appeal"),
    ("GET", "/reviews"),
    ("GET", "/reviews/0"),
    ("POST", "/reviews/0/claim"),
    ("DELETE", "/reviews/0/claim"),
    ("POST", "/reviews/0/decision"),
    ("POST", "/moderations/prompt"),
    ("POST", "/moderations/image"),
    ("GET", "/health"),
    ("GET", "/openapi.json"),
]
# As API Gateway's MethodSnapshot says it: authorizationType and apiKeyRequired.
SNAPSHOTS = {
    "iam": ("AWS_IAM", False),
    "cognito": ("COGNITO_USER_POOLS", False),
    "key": ("NONE", True),
}
ENDED = {"COMPLETED", "BLOCKED_PROMPT", "BLOCKED_IMAGE", "MODEL_FILTERED"}
# A generator that sleeps takes minutes to wake.
PATIENCE = 1500.0
Answer = tuple[int, Message, bytes]


@pytest.fixture(scope="module")
def stack() -> DeployedStack:
    return which_stack(NAME, ("ApiUrl", "ApiId"))


@pytest.fixture(scope="module")
def parameters(stack: DeployedStack) -> dict[str, str]:
    return stack.parameters()


@pytest.fixture(scope="module")
def base(stack: DeployedStack) -> str:
    return os.environ.get("SAFELIGHT_DEPLOYED_API", stack.outputs["ApiUrl"])


class Caller:
    """Somebody with credentials for the API."""

    def __init__(self, base: str, auth: str) -> None:
        self._base, self._auth = base, auth
        names = {"key": "SAFELIGHT_DEPLOYED_KEY", "cognito": "SAFELIGHT_DEPLOYED_TOKEN"}
        self._secret = os.environ.get(names.get(auth, ""), "")
        if auth in names and not self._secret:
            pytest.skip(f"ApiAuth is {auth}, and {names[auth]} is not set")

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Status, headers and content of an answer."""
        content = None if body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **headers}
        shown = {"key": {"x-api-key": self._secret}, "cognito": {"Authorization": self._secret}}
        url = self._base + path
        if self._auth == "iam":
            given = _signed(method, url, given, content)
        return ask(method, url, given | shown.get(self._auth, {}), content)


@pytest.fixture(scope="module")
def caller(base: str, parameters: dict[str, str]) -> Caller:
    return Caller(base, parameters["ApiAuth"])


def ask(method: str, url: str, headers: dict[str, str], content: bytes | None = None) -> Answer:
    request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310
    try:
        answer = urllib.request.urlopen(request, timeout=60)  # noqa: S310
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_gets_in_without_credentials(base: str, method: str, path: str) -> None:
    status, headers, _ = ask(method, base + path, {}, b"{}" if method == "POST" else None)
    assert status in {401, 403}
    assert headers["Content-Type"] == "application/problem+json"


def test_the_stage_asks_what_the_parameter_says(
    stack: DeployedStack, parameters: dict[str, str]
) -> None:
    """Of what is deployed to the stage, which may be older than the API's definition."""
    gateway, api = stack.client("apigateway"), stack.outputs["ApiId"]
    stage = gateway.get_stage(restApiId=api, stageName="api")
    deployed = gateway.get_deployment(
        restApiId=api, deploymentId=stage["deploymentId"], embed=["apisummary"]
    )
    methods = {
        (verb, path): (method["authorizationType"], method["apiKeyRequired"])
        for path, verbs in deployed["apiSummary"].items()
        for verb, method in verbs.items()
        if verb != "OPTIONS"
    }
    assert len(methods) == len(ROUTES)
    assert set(methods.values()) == {SNAPSHOTS[parameters["ApiAuth"]]}
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == float(parameters["ApiRate"])
    if parameters["ApiAuth"] == "key":
        plan = gateway.get_usage_plan(usagePlanId=stack.outputs["ApiUsagePlan"])
        assert [(one["apiId"], one["stage"]) for one in plan["apiStages"]] == [(api, "api")]


def test_it_is_healthy(caller: Caller) -> None:
    status, headers, content = caller.call("GET", "/health")
    assert (status, json.loads(content)["status"]) == (200, "ok")
    assert headers["Cache-Control"] == "no-store"


def test_a_request_goes_through_and_comes_back(caller: Caller) -> None:
    asked = {"prompt": "a lighthouse on a cliff, oil painting"}
    once = {"Idempotency-Key": uuid.uuid4().hex}
    status, _, content = caller.call("POST", "/images?wait=25", asked, **once)
    assert status in {200, 202}, content
    request_id = json.loads(content)["request_id"]
    assert json.loads(caller.call("POST", "/images", asked, **once)[2])["request_id"] == request_id
    shown = _ended(caller, request_id)
    assert shown["status"] in ENDED, shown.get("reasons")
    for image in shown["images"]:
        if link := image.get("url") or image.get("preview_url"):
            status, headers, picture = ask("GET", link, {})
            assert (status, headers["Content-Type"]) == (200, "image/jpeg")
            assert picture


def test_nobody_sees_what_is_not_theirs(caller: Caller) -> None:
    assert caller.call("GET", f"/images/api-{'0' * 16}-{'0' * 32}")[0] == 404


def test_other_origins_are_answered_if_they_were_named(
    base: str, parameters: dict[str, str]
) -> None:
    asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    status, headers, _ = ask("OPTIONS", f"{base}/images", asked)
    named = parameters["ApiCorsOrigin"] or None
    assert headers["Access-Control-Allow-Origin"] == named
    assert (status < 300) is bool(named)


def _signed(
    method: str, url: str, headers: dict[str, str], content: bytes | None
) -> dict[str, str]:
    session = boto3.session.Session()
    request = AWSRequest(method, url, headers, content)
    SigV4Auth(session.get_credentials(), "execute-api", session.region_name).add_auth(request)
    return dict(request.headers)


def _ended(caller: Caller, request_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status, _, content = caller.call("GET", f"/images/{request_id}")
        shown: dict[str, Any] = json.loads(content)
        assert status == 200, shown
        if shown["status"] not in {"RUNNING", "IN_REVIEW"}:
            return shown
        time.sleep(2)
    raise AssertionError(f"{request_id} has not ended within {PATIENCE:.0f} s")
