"""For every unit test: nothing beyond this machine, and no credentials."""

import os
import socket
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("here", max_examples=60, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def _aws_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(sock: socket.socket, address: Any) -> None:
        assert isinstance(address, str) or address[0] in _LOOPBACK, f"a connection to {address}"
        connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
