"""The stack that the examples are examples of, on an engine of its own."""

from collections.abc import Iterator

import pytest
from workflow.running_system import Stack

from local.ai.running import StandIns
from local.running import Engine


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with (
        StandIns() as stand_ins,
        Engine(ai_endpoint=stand_ins.endpoint, time_scale=20.0, max_processes=16) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        parameters = {
            "ApiAuth": "none",
            "RequestTTLSeconds": "60",
            "InvocationTimeoutSeconds": "40",
        }
        yield Stack(engine, stand_ins, "main", parameters)
