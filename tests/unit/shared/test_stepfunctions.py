"""Tokens: who waits no more is benign; history: only the state that was asked for; Map Runs."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from shared.stepfunctions import StepFunctions, execution_arn


@pytest.fixture
def stubbed() -> Any:
    client: Any = boto3.client("stepfunctions")
    with Stubber(client) as stubber:
        yield StepFunctions(client), stubber
        stubber.assert_no_pending_responses()


def test_success_carries_its_output(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    expected = {"taskToken": "A", "output": '{"inference_id": "i"}'}
    stubber.add_response("send_task_success", {}, expected)
    assert step_functions.succeed("A", {"inference_id": "i"}) is True


def test_failure_carries_error_and_cause(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    expected = {"taskToken": "A", "error": "GenerationFailed", "cause": "so"}
    stubber.add_response("send_task_failure", {}, expected)
    assert step_functions.fail("A", "GenerationFailed", "so") is True


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_nobody_waits_any_more(code: str, stubbed: Any) -> None:
    step_functions, stubber = stubbed
    stubber.add_client_error("send_task_success", code)
    assert step_functions.succeed("A", {}) is False


def test_anything_else_is_an_error(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    stubber.add_client_error("send_task_success", "KmsAccessDeniedException")
    with pytest.raises(Exception, match="KmsAccessDeniedException"):
        step_functions.succeed("A", {})


def history(*events: dict[str, Any]) -> dict[str, Any]:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return {"events": [{"timestamp": now, "id": n} | event for n, event in enumerate(events, 1)]}


def entered(state: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": state}}


def succeeded(payload: Any) -> dict[str, Any]:
    details = {
        "resourceType": "lambda",
        "resource": "invoke",
        "output": json.dumps({"Payload": payload, "StatusCode": 200}),
    }
    return {"type": "TaskSucceeded", "taskSucceededEventDetails": details}


def test_only_the_named_states_outputs_are_read(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    reply = history(
        {"type": "ExecutionStarted"},
        entered("AcceptRequest"),
        {"type": "TaskFailed"},
        succeeded({"verdict": "accepted"}),
        entered("FilterKeywords"),
        succeeded({"verdict": "clean"}),
    )
    stubber.add_response("get_execution_history", reply)
    assert list(step_functions.task_outputs("arn:x", "AcceptRequest")) == [{"verdict": "accepted"}]


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "ValidationException"])
def test_an_execution_that_is_over_needs_no_stop(stubbed: Any, code: str) -> None:
    step_functions, stubber = stubbed
    stubber.add_client_error("stop_execution", code)
    step_functions.stop("arn:aws:states:us-east-1:111122223333:execution:m:e", "Safelight.Overdue")


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn"])
def test_an_execution_may_be_forgotten(stubbed: Any, code: str) -> None:
    step_functions, stubber = stubbed
    stubber.add_client_error("describe_execution", code)
    with pytest.raises(LookupError):
        step_functions.describe("arn:aws:states:us-east-1:111122223333:execution:m:e")


EXECUTION = "arn:aws:states:us-east-1:111122223333:execution:safelight-RunBatch:e"
MAP_RUN = "arn:aws:states:us-east-1:111122223333:mapRun:safelight-RunBatch/RunRows:"
COUNTS = dict.fromkeys(
    ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten"),
    0,
)


def listed(run: str, hour: int) -> dict[str, Any]:
    return {
        "executionArn": EXECUTION,
        "mapRunArn": MAP_RUN + run,
        "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:safelight-RunBatch",
        "startDate": datetime(2026, 11, 20, hour, tzinfo=UTC),
    }


def test_an_execution_may_have_no_map_run_yet(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    stubber.add_response("list_map_runs", {"mapRuns": []}, {"executionArn": EXECUTION})
    assert step_functions.map_run(EXECUTION) is None


def test_the_newest_map_run_is_described(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    runs = {"mapRuns": [listed("old", 8), listed("new", 10), listed("older", 7)]}
    stubber.add_response("list_map_runs", runs, {"executionArn": EXECUTION})
    reply = {
        "mapRunArn": MAP_RUN + "new",
        "executionArn": EXECUTION,
        "status": "RUNNING",
        "startDate": datetime(2026, 11, 20, 10, tzinfo=UTC),
        "maxConcurrency": 10,
        "toleratedFailurePercentage": 10.0,
        "toleratedFailureCount": 0,
        "itemCounts": COUNTS | {"running": 10, "total": 200},
        "executionCounts": COUNTS,
    }
    stubber.add_response("describe_map_run", reply, {"mapRunArn": MAP_RUN + "new"})
    assert step_functions.map_run(EXECUTION)["itemCounts"]["running"] == 10


def test_a_map_run_is_paced(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    expected = {"mapRunArn": MAP_RUN + "new", "maxConcurrency": 4}
    stubber.add_response("update_map_run", {}, expected)
    step_functions.pace(MAP_RUN + "new", 4)


@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_a_map_run_that_is_over_needs_no_pace(stubbed: Any, code: str) -> None:
    step_functions, stubber = stubbed
    stubber.add_client_error("update_map_run", code)
    step_functions.pace(MAP_RUN + "new", 4)


def test_an_execution_is_started_by_name(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    asked = {"stateMachineArn": "arn:m", "name": "n", "input": '{"prompt": "ä"}'}
    reply = {"executionArn": "arn:x", "startDate": datetime(2026, 11, 20, tzinfo=UTC)}
    stubber.add_response("start_execution", reply, asked)
    assert step_functions.start("arn:m", "n", {"prompt": "ä"}) is True


def test_a_name_that_is_taken_starts_nothing(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    stubber.add_client_error("start_execution", "ExecutionAlreadyExists")
    assert step_functions.start("arn:m", "n", {}) is False


def test_the_stages_are_read_without_their_content(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    chosen = {"type": "ChoiceStateEntered", "stateEnteredEventDetails": {"name": "IsNew"}}
    reply = history({"type": "ExecutionStarted"}, entered("A"), chosen, entered("B"), entered("A"))
    asked = {"executionArn": "arn:x", "maxResults": 1000, "includeExecutionData": False}
    stubber.add_response("get_execution_history", reply, asked)
    stubber.add_response("get_execution_history", reply | {"nextToken": "more"})

    stages, complete = step_functions.tasks_entered("arn:x")
    assert [name for _, name in stages] == ["A", "B", "A"]
    assert complete
    assert not step_functions.tasks_entered("arn:x")[1]


def test_a_forgotten_execution_has_no_stages(stubbed: Any) -> None:
    step_functions, stubber = stubbed
    stubber.add_client_error("get_execution_history", "ExecutionDoesNotExist")
    with pytest.raises(LookupError):
        step_functions.tasks_entered("arn:x")


def test_an_executions_arn_is_its_machines_with_its_name() -> None:
    machine = "arn:aws:states:us-east-1:111122223333:stateMachine:safelight-GenerateSafeImage"
    execution = "arn:aws:states:us-east-1:111122223333:execution:safelight-GenerateSafeImage:n"
    assert execution_arn(machine, "n") == execution
