"""Starting, stopping, looking back; and the events that tell of an end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contract.machines import Make, Run, call, single, unique, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine
LONG = single({"Type": "Wait", "Seconds": 3000})


def test_the_same_name_and_input_is_the_same_execution_while_it_runs(
    engine: Engine, create_machine: Make
) -> None:
    steps, machine = engine.client("stepfunctions"), create_machine(LONG)
    request = {"stateMachineArn": machine, "name": "one", "input": '{"a":1}'}
    first, second = steps.start_execution(**request), steps.start_execution(**request)
    assert first["executionArn"] == second["executionArn"]
    assert first["startDate"] == second["startDate"]
    with pytest.raises(steps.exceptions.ExecutionAlreadyExists):
        steps.start_execution(**{**request, "input": '{"a":2}'})
    steps.stop_execution(executionArn=first["executionArn"])
    with pytest.raises(steps.exceptions.ExecutionAlreadyExists):
        steps.start_execution(**request)


def test_stopping_aborts_at_once_with_error_and_cause(engine: Engine, create_machine: Make) -> None:
    steps = engine.client("stepfunctions")
    execution = steps.start_execution(stateMachineArn=create_machine(LONG))["executionArn"]
    steps.stop_execution(executionArn=execution, error="Swept", cause="too old")
    description = steps.describe_execution(executionArn=execution)
    assert description["status"] == "ABORTED"
    assert (description["error"], description["cause"]) == ("Swept", "too old")

    def last() -> Any:
        history = steps.get_execution_history(executionArn=execution, reverseOrder=True)
        return history["events"][0]["type"] == "ExecutionAborted"

    assert wait_for(last)


def test_history_has_every_step_and_comes_in_pages(engine: Engine, run: Run, probe: str) -> None:
    steps = engine.client("stepfunctions")
    ended = run(single(call(probe, {"op": "echo", "value": {"label": "x"}})))
    pages = steps.get_paginator("get_execution_history").paginate(
        executionArn=ended["executionArn"], PaginationConfig={"PageSize": 3}
    )
    collected = list(pages)
    events = [event for page in collected for event in page["events"]]
    assert len(collected) == 3
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    result = json.loads(events[4]["taskSucceededEventDetails"]["output"])
    assert result["Payload"] == {"label": "x"}
    assert [event["id"] for event in events] == list(range(1, 8))


def test_history_can_leave_the_data_out(engine: Engine, run: Run, probe: str) -> None:
    ended = run(single(call(probe, {"op": "echo", "value": "secret-token"})))
    history = engine.client("stepfunctions").get_execution_history(
        executionArn=ended["executionArn"], includeExecutionData=False
    )
    outputs = [event.get("taskSucceededEventDetails", {}) for event in history["events"]]
    assert not any("output" in details for details in outputs)


def test_input_must_be_json_and_fit(engine: Engine, create_machine: Make) -> None:
    steps, machine = engine.client("stepfunctions"), create_machine(LONG)
    with pytest.raises(steps.exceptions.InvalidExecutionInput):
        steps.start_execution(stateMachineArn=machine, input="{no")
    with pytest.raises(ClientError):
        steps.start_execution(stateMachineArn=machine, input=json.dumps("x" * 300_000))


@pytest.mark.parametrize(
    ("status", "definition"),
    [
        ("FAILED", single({"Type": "Fail", "Error": "Safelight.Failed", "Cause": "why"})),
        ("TIMED_OUT", single({"Type": "Wait", "Seconds": 3000}, TimeoutSeconds=2)),
        ("ABORTED", LONG),
        ("SUCCEEDED", single({"Type": "Succeed", "Output": "{% 'done' %}"})),
    ],
)
def test_the_end_of_an_execution_reaches_a_function(
    engine: Engine,
    create_machine: Make,
    make_function: Make,
    tmp_path: Path,
    status: str,
    definition: dict[str, Any],
) -> None:
    events, steps = engine.client("events"), engine.client("stepfunctions")
    file, rule, machine = tmp_path / "event", unique("ended"), create_machine(definition)
    source = (
        "import json, pathlib\n"
        f"def handler(event, _): pathlib.Path({str(file)!r}).write_text(json.dumps(event))\n"
    )
    detail = {"status": [status], "stateMachineArn": [machine]}
    pattern = {"source": ["aws.states"], "detail": detail}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": make_function(source)}])
    execution = steps.start_execution(stateMachineArn=machine, input='{"a":1}')["executionArn"]
    if status == "ABORTED":
        steps.stop_execution(executionArn=execution)
    event = json.loads(wait_for(lambda: file.exists() and file.read_text()))
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == execution
    assert event["detail"]["input"] == '{"a":1}'
    assert event["detail"]["stopDate"] >= event["detail"]["startDate"]
    assert event["resources"] == [execution]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"StartAt": "Nowhere"}, "Nowhere"),
        ({"States": {"Only": {"Type": "Pass", "Next": "Lost"}}}, "Lost"),
        ({"States": {"Only": {"Type": "Pasz", "End": True}}}, "Pasz"),
        ({"States": {"Only": {"Type": "Task", "End": True}}}, "InvalidDefinition"),
    ],
)
def test_a_wrong_definition_is_refused(
    engine: Engine, create_machine: Make, change: dict[str, Any], named: str
) -> None:
    definition = {**single({"Type": "Pass"}), **change}
    with pytest.raises(ClientError, match=named) as refused:
        create_machine(definition)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
    checked = engine.client("stepfunctions").validate_state_machine_definition(
        definition=json.dumps(definition)
    )
    assert checked["result"] == "FAIL"
