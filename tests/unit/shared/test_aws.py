"""Clients: where they call, and that nobody waits for long."""

import pytest

from shared.aws import client


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
