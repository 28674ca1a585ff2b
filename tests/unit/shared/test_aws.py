"""Clients: where they call, and that nobody waits for long."""

import gc

import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    ReadTimeoutError,
    UnknownServiceError,
)
from botocore.parsers import ResponseParserError

from shared.aws import client, translated
from shared.errors import ServiceUnavailable


@pytest.mark.parametrize("service", ["dynamodb", "sagemaker-runtime"])
def test_an_empty_endpoint_variable_means_aws(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "")
    assert client(service).meta.endpoint_url.endswith(".us-east-1.amazonaws.com")


def test_an_endpoint_variable_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert client("dynamodb").meta.endpoint_url == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "error",
    [
        ResponseParserError("not XML"),
        EndpointConnectionError(endpoint_url="http://nowhere"),
        ReadTimeoutError(endpoint_url="http://nowhere"),
    ],
)
def test_an_answer_that_never_came_or_cannot_be_read_is_worth_another_call(
    error: Exception,
) -> None:
    with pytest.raises(ServiceUnavailable), translated():
        raise error


def test_garbage_is_searched_for_again_once_there_is_a_client() -> None:
    client("dynamodb")
    assert gc.isenabled()
    with pytest.raises(UnknownServiceError):
        client("no-such-service")
    assert gc.isenabled()
