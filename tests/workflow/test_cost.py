"""What `safelight cost` computes of a request is what the engine counts of one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from workflow.running_system import Stack

from local.cost import measure, usage
from local.cost.measure import Case

pytestmark = pytest.mark.engine

_SETTLES = 20.0
# Reviews need a stack of their own; `safelight cost --measure` runs that path, too.
CASES = [case for case in measure.cases() if not case.path.reviewed]


@pytest.fixture(scope="module", autouse=True)
def _subscription_heard(stack: Stack) -> None:
    """SageMaker's notice that it tries a topic is no request's: it comes before the first."""
    stack.run({"prompt": "a quiet mill by a stream at noon"})


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.path.name} {case.request.get('num_images', 1)}"
)
def test_states_and_calls_are_those_of_the_engine(stack: Stack, case: Case) -> None:
    servers = stack.engine, stack.stand_ins
    if case.answers:
        stack.script(case.request["prompt"], generation=list(case.answers))
    for server in servers:
        server.forget_calls()
        server.record_calls()
    try:
        key = f"prompts/{case.path.name.replace(' ', '-')}.json"
        run = stack.drop(key, json.dumps(case.request).encode())
        found = _settled(stack, measure.computed(case))
    finally:
        for server in servers:
            server.record_calls(False)

    assert tuple(run.states) == case.path.states
    assert found == measure.computed(case)


def _settled(stack: Stack, wanted: usage.Counts) -> Any:
    """The event of the outcome is counted after the end."""
    deadline = time.monotonic() + _SETTLES
    while True:
        calls = [*stack.engine.recorded_calls(), *stack.stand_ins.recorded_calls()]
        found = measure.counted(calls, stack.name)
        if found == wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.1)
