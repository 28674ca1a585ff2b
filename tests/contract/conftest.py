"""What the contract tests share: a function, a way to run a machine."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contract.machines import (
    PROBE,
    ROLE,
    Definition,
    Invoke,
    Make,
    Run,
    package,
    unique,
    wait_for,
)

from local.running import Engine


@pytest.fixture(scope="session")
def make_function(engine: Engine) -> Make:
    """Create a function as `sam deploy` ends up doing, and return its ARN."""

    def make(source: str | None = None, **settings: Any) -> str:
        options = {
            "FunctionName": unique("function"),
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Role": ROLE,
            "Timeout": 10,
            "Code": {"ZipFile": package(source if source is not None else PROBE.read_text())},
            **settings,
        }
        return str(engine.client("lambda").create_function(**options)["FunctionArn"])

    return make


@pytest.fixture(scope="session")
def probe(make_function: Make) -> str:
    """The ARN of the probe function."""
    return make_function()


@pytest.fixture(scope="session")
def invoke(engine: Engine, probe: str) -> Invoke:
    """Invoke a function; returns its payload and the rest of the answer."""

    def call(event: dict[str, Any], function: str = probe) -> tuple[Any, dict[str, Any]]:
        answer = engine.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(event), LogType="Tail"
        )
        return json.loads(answer["Payload"].read() or b"null"), answer

    return call


@pytest.fixture
def create_machine(engine: Engine) -> Make:
    """Create a state machine and return its ARN."""

    def create(definition: Definition) -> str:
        answer = engine.client("stepfunctions").create_state_machine(
            name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE
        )
        return str(answer["stateMachineArn"])

    return create


@pytest.fixture
def finish(engine: Engine) -> Run:
    """Wait for an execution's end; returns its description, output parsed, seconds taken."""

    def wait(execution: str) -> dict[str, Any]:
        steps = engine.client("stepfunctions")

        def ended() -> Any:
            description = steps.describe_execution(executionArn=execution)
            return description if description["status"] != "RUNNING" else None

        description: dict[str, Any] = wait_for(ended)
        if "output" in description:
            description["output"] = json.loads(description["output"])
        taken = description["stopDate"] - description["startDate"]
        return {**description, "seconds": taken.total_seconds()}

    return wait


@pytest.fixture
def run(engine: Engine, create_machine: Make, finish: Run) -> Run:
    """Run a machine to its end."""

    def execute(definition: Definition, given: Any = None) -> dict[str, Any]:
        started = engine.client("stepfunctions").start_execution(
            stateMachineArn=create_machine(definition), input=json.dumps(given or {})
        )
        return finish(started["executionArn"])

    return execute
