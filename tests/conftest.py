"""Fixtures every ring shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.running import Engine

# Ten seconds of a state machine pass in one: waits stay long enough to be told apart.
TIME_SCALE = 10.0
AI_ENDPOINT = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One engine for all the tests that need no AI services."""
    with Engine(time_scale=TIME_SCALE, ai_endpoint=AI_ENDPOINT, max_processes=4) as running:
        yield running
