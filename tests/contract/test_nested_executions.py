"""A task that starts another state machine and waits for its end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contract.machines import CAUGHT, Definition, Make, Run, single, unique, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine
LONG = single({"Type": "Wait", "Seconds": 3000})
ECHO = single({"Type": "Pass", "Output": {"got": "{% $states.input %}"}})
FAILING = single({"Type": "Fail", "Error": "Safelight.Failed", "Cause": "why"})


def start(machine: str, form: str = ".sync:2", **state: Any) -> Definition:
    """A Task state that starts a machine with the execution's input."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{form}",
        "Arguments": {"StateMachineArn": machine, "Input": "{% $states.input %}"},
        **state,
    }


def test_the_output_is_json_with_sync_2_and_text_with_sync(run: Run, create_machine: Make) -> None:
    nested, given = create_machine(ECHO), {"text": 'ä "quoted"'}
    parsed = run(single(start(nested)), given)["output"]
    assert (parsed["Status"], parsed["Output"]) == ("SUCCEEDED", {"got": given})
    assert parsed["Input"] == given
    text = run(single(start(nested, ".sync")), given)["output"]
    assert json.loads(text["Output"]) == {"got": given}
    plain = run(single(start(create_machine(LONG), "")), given)["output"]
    assert sorted(plain) == ["ExecutionArn", "StartDate"]


def test_a_failed_execution_is_a_failed_task_with_its_description(
    run: Run, create_machine: Make
) -> None:
    failed = {"ErrorEquals": ["States.TaskFailed"], **CAUGHT}
    caught = run(single(start(create_machine(FAILING), Catch=[failed])), {"a": 1})["output"]
    assert caught["error"] == "States.TaskFailed"
    cause = json.loads(caught["cause"])
    assert (cause["Status"], cause["Error"], cause["Cause"]) == (
        "FAILED",
        "Safelight.Failed",
        "why",
    )
    assert cause["Input"] == {"a": 1}


def test_a_name_that_is_taken_is_an_error_unless_it_runs_with_the_same_input(
    engine: Engine, run: Run, create_machine: Make
) -> None:
    steps, name, nested = engine.client("stepfunctions"), unique("row"), create_machine(LONG)
    arguments = {"StateMachineArn": nested, "Input": {"a": 1}, "Name": name}
    taken = {"ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"], **CAUGHT}
    task = start(nested, "", Arguments=arguments, Catch=[taken])
    first, second = run(single(task))["output"], run(single(task))["output"]
    assert first["ExecutionArn"] == second["ExecutionArn"]
    steps.stop_execution(executionArn=first["ExecutionArn"])
    caught = run(single(task))["output"]
    assert caught["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    assert name in caught["cause"]


def test_a_nested_execution_ends_with_the_task_that_waits_for_it(
    engine: Engine, create_machine: Make, finish: Run
) -> None:
    steps, nested = engine.client("stepfunctions"), create_machine(LONG)

    def only() -> Any:
        return steps.list_executions(stateMachineArn=nested)["executions"]

    def ended() -> bool:
        return all(each["status"] == "ABORTED" for each in only())

    parent = create_machine(single(start(nested)))
    execution = steps.start_execution(stateMachineArn=parent)["executionArn"]
    assert wait_for(only)
    steps.stop_execution(executionArn=execution)
    assert wait_for(ended)
    late = create_machine(single(start(nested, TimeoutSeconds=1)))
    execution = steps.start_execution(stateMachineArn=late)["executionArn"]
    assert finish(execution)["error"] == "States.Timeout"
    assert wait_for(ended)
    assert len(only()) == 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error", "StepFunctions.AWSStepFunctionsException"),
        ("throttle", "StepFunctions.AWSStepFunctionsException"),
        ("drop", "StepFunctions.SdkClientException"),
    ],
)
def test_its_calls_are_the_states_own_and_can_be_broken(
    engine: Engine, create_machine: Make, finish: Run, kind: str, error: str
) -> None:
    steps, nested = engine.client("stepfunctions"), create_machine(ECHO)
    parent = create_machine(single(start(nested)))
    caller = f"{parent.rpartition(':')[2]}/Only"

    def outcome() -> Any:
        return finish(steps.start_execution(stateMachineArn=parent)["executionArn"])

    engine.forget_calls()
    engine.record_calls()
    try:
        assert outcome()["status"] == "SUCCEEDED"
        calls = [each for each in engine.recorded_calls() if each["caller"] == caller]
        rule = {"service": "states", "operation": "StartExecution", "caller": caller}
        engine.break_calls({**rule, "kind": kind})
        broken = outcome()
    finally:
        engine.record_calls(False)
        engine.mend()
    assert [each["operation"] for each in calls] == ["StartExecution", "DescribeExecution"]
    assert calls[0]["facts"] == {"state_machine": nested}
    assert broken["error"] == error


def test_an_answer_that_was_lost_is_found_by_the_same_name(
    engine: Engine, create_machine: Make, finish: Run
) -> None:
    steps, nested = (
        engine.client("stepfunctions"),
        create_machine(single({"Type": "Wait", "Seconds": 20})),
    )
    arguments = {"StateMachineArn": nested, "Input": {"a": 1}, "Name": unique("row")}
    again = [{"ErrorEquals": ["StepFunctions.SdkClientException"], "IntervalSeconds": 1}]
    parent = create_machine(single(start(nested, Arguments=arguments, Retry=again)))
    engine.break_calls({"service": "states", "caller": "/Only", "kind": "lost"})
    try:
        ended = finish(steps.start_execution(stateMachineArn=parent)["executionArn"])
    finally:
        engine.mend()
    assert ended["status"] == "SUCCEEDED"
    assert len(steps.list_executions(stateMachineArn=nested)["executions"]) == 1


def test_many_wait_at_once(engine: Engine, create_machine: Make, finish: Run, probe: str) -> None:
    work = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": probe, "Payload": {"op": "echo", "value": "x"}},
        "Output": "{% $states.result.Payload %}",
    }
    parent = create_machine(single(start(create_machine(single(work)), ".sync:2")))
    steps = engine.client("stepfunctions")
    started = [steps.start_execution(stateMachineArn=parent)["executionArn"] for _ in range(60)]
    assert {finish(each)["status"] for each in started} == {"SUCCEEDED"}
