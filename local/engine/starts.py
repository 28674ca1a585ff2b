"""What StartExecution checks before an execution begins; ministack takes any input and name."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

Request = dict[str, Any]
LARGEST_INPUT = 256 * 1024


def refusal(request: Request) -> Any:
    """The error that the input deserves, or None."""
    text = request.get("input", "{}")
    if len(text.encode()) > LARGEST_INPUT:
        message = "1 validation error detected: input must have at most 262144 bytes"
        return error_response_json("ValidationException", message, 400)
    try:
        json.loads(text)
    except ValueError as error:
        message = f"Invalid State Machine Execution Input: '{error}'"
        return error_response_json("InvalidExecutionInput", message, 400)
    return None


def same_execution(request: Request) -> Any:
    """A second start with the name and input of a running execution answers like the first."""
    machine = stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", ""))
    if machine is None or not request.get("name"):
        return None
    arn = machine.replace(":stateMachine:", ":execution:") + f":{request['name']}"
    record = stepfunctions._executions.get(arn)
    if record is None or record["status"] != "RUNNING":
        return None
    if record["input"] != request.get("input", "{}"):
        return None
    return json_response({"executionArn": arn, "startDate": record["startDate"]})
