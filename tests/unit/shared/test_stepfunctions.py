"""Tokens: who waits no more is benign; history: only the state that was asked for."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from shared.stepfunctions import StepFunctions


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
