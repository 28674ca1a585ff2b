"""Executions that end as a sample event says, without the machine and the stack behind it."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from local.running import Engine

_WAIT = {"Type": "Wait", "Seconds": 600, "End": True}
_ENDED_WITHIN = 30.0


def end_as(engine: Engine, detail: dict[str, Any]) -> str:
    """The ARN of an execution with the status, error and cause of an event's detail."""
    client = engine.client("stepfunctions")
    status, name = detail["status"], uuid.uuid4().hex
    example = detail["executionArn"]
    machine = f"{example.rpartition(':')[0].rpartition(':')[2]}-{name[:8]}"
    arn = _arn(engine, machine, name)
    cause = str(detail["cause"]).replace(example, arn)
    failing = {"Type": "Fail", "Error": detail["error"], "Cause": cause}
    definition = {
        "StartAt": "Only",
        "States": {"Only": failing if status == "FAILED" else _WAIT},
        **({"TimeoutSeconds": 1} if status == "TIMED_OUT" else {}),
    }
    made = client.create_state_machine(
        name=machine,
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::000000000000:role/any",
    )
    started = client.start_execution(stateMachineArn=made["stateMachineArn"], name=name)
    assert started["executionArn"] == arn
    if status == "ABORTED":
        client.stop_execution(executionArn=arn, error=detail["error"] or "", cause=cause)
    deadline = time.monotonic() + _ENDED_WITHIN
    while client.describe_execution(executionArn=arn)["status"] != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return arn


def _arn(engine: Engine, machine: str, name: str) -> str:
    account = engine.client("sts").get_caller_identity()["Account"]
    return f"arn:aws:states:us-east-1:{account}:execution:{machine}:{name}"
