"""At which port a local stack has its page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from local.page.server import PageServer
from local.stack import LocalStack

GONE = "http://127.0.0.1:9"


def stack(ports: tuple[int, ...], told: list[str]) -> LocalStack:
    made = LocalStack(page_ports=ports, progress=told.append)
    engine: Any = SimpleNamespace(endpoint=GONE)
    made.engine = engine
    made.outputs["ApiId"] = "abc123"
    return made


def test_where_one_port_is_taken_the_next_is_tried_and_that_is_told() -> None:
    told: list[str] = []
    with (
        PageServer(GONE, "abc123") as first,
        stack((first.server_port, 0), told)._page() as second,
    ):
        assert second.server_port != first.server_port
    assert told == [f"port {first.server_port} is taken: the page has another"]


def test_a_port_that_was_asked_for_is_not_changed() -> None:
    with PageServer(GONE, "abc123") as first, pytest.raises(OSError, match="in use"):
        stack((first.server_port,), [])._page()
