"""Calls of the API: how callers show who they are, and what becomes of refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from unit.local_cli.api_server import ApiServer

from local.rest_api import NoCredentials, Refused, RestApi, Unreachable, signed, with_headers


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as running:
        yield running


def session(**keys: str) -> boto3.session.Session:
    return boto3.session.Session(region_name="us-east-1", **keys)


def test_a_call_is_signed_for_api_gateway(server: ApiServer) -> None:
    keys = session(
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token="session",
    )
    server.answers["POST", "/reviews/1/claim"] = 200, {"mine": True}

    answer = RestApi(server.url, signed(keys, "eu-west-1")).ask(
        "POST", "/reviews/1/claim", {"a": 1}
    )

    assert answer == (200, {"mine": True})
    [call] = server.calls
    assert call.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/execute-api/aws4_request" in call.headers["Authorization"]
    assert call.headers["X-Amz-Security-Token"] == "session"
    assert json.loads(call.body) == {"a": 1}


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = session()
    monkeypatch.setattr(keys, "get_credentials", lambda: None)
    with pytest.raises(NoCredentials):
        signed(keys, "us-east-1")


def test_an_answer_may_be_empty(server: ApiServer) -> None:
    server.answers["DELETE", "/reviews/1/claim"] = 204, None
    api = RestApi(server.url, with_headers(x_api_key="key"))
    assert api.ask("DELETE", "/reviews/1/claim") == (204, {})
    assert server.calls[0].headers["x-api-key"] == "key"


def test_a_refusal_keeps_its_code_and_rules(server: ApiServer) -> None:
    problem = {
        "detail": "another reviewer has it",
        "code": "conflict",
        "errors": [{"field": "id", "rule": "claimed", "message": "m"}],
    }
    server.answers["GET", "/reviews"] = 409, problem
    with pytest.raises(Refused, match="another reviewer has it") as refused:
        RestApi(server.url, with_headers()).ask("GET", "/reviews")
    assert (refused.value.code, refused.value.rules) == ("conflict", ["claimed"])


def test_api_gateways_own_refusal_is_told(server: ApiServer) -> None:
    server.answers["GET", "/reviews"] = 403, {"message": "Missing Authentication Token"}
    with pytest.raises(Refused, match="Missing Authentication Token"):
        RestApi(server.url, with_headers()).ask("GET", "/reviews")


def test_what_is_no_answer_of_an_api_is_told(server: ApiServer) -> None:
    server.answers["GET", "/reviews"] = 200, "<html>"
    with pytest.raises(Unreachable, match="as the API does"):
        RestApi(server.url, with_headers()).ask("GET", "/reviews")


def test_nobody_there_is_told() -> None:
    with ApiServer() as gone:
        url = gone.url
    with pytest.raises(Unreachable, match="did not answer"):
        RestApi(url, with_headers()).ask("GET", "/reviews")
