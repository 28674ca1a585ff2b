"""For every property: nothing beyond this machine, and no credentials."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _aws_is_out_of_reach() -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("fuzzing must not open a connection")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield
