"""Which execution a dropped file or an event started, where it is, and how it ended.

A duplicate leaves no record and announces nothing, so that only the execution itself can tell.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.deployed_stack import DeployedStack

ALREADY_REQUESTED = "AlreadyRequested"
_NEWEST = 50
# An object may be made after what it looks for, and clocks differ.
_BEFORE = timedelta(minutes=2)
# More events than a Task with all its retries leaves behind it.
_LAST_EVENTS = 25


class NotStarted(RuntimeError):
    """No execution came of what was dropped or put."""


class StillRunning(RuntimeError):
    """The execution had not ended when patience did."""


@dataclass(frozen=True)
class Execution:
    """A look at one execution. `first` is what a duplicate points to."""

    arn: str
    status: str
    stage: str
    output: dict[str, Any]

    @property
    def running(self) -> bool:
        return self.status == "RUNNING"

    @property
    def first(self) -> dict[str, Any] | None:
        first = self.output.get("first")
        return first if self.stage == ALREADY_REQUESTED and isinstance(first, dict) else None


class Executions:
    """The executions of one machine of a stack, by the name of the output that has its ARN.

    Every input is read once, however often one looks.
    """

    def __init__(self, stack: DeployedStack, machine: str = "StateMachineArn") -> None:
        self._machine = stack.outputs[machine]
        self._client = stack.client("stepfunctions")
        self._inputs: dict[str, str] = {}
        self._since = datetime.now(UTC) - _BEFORE

    def find(self, token: str) -> str | None:
        """The ARN of the execution whose input holds this version or event id.

        Looks at those that are no older than this object, nearly.
        """
        listed = self._client.list_executions(stateMachineArn=self._machine, maxResults=_NEWEST)
        for execution in listed["executions"]:
            arn = execution["executionArn"]
            if arn not in self._inputs and execution["startDate"] >= self._since:
                described = self._client.describe_execution(executionArn=arn)
                self._inputs[arn] = described.get("input", "")
        return next((arn for arn, given in self._inputs.items() if token in given), None)

    def look(self, arn: str) -> Execution:
        """Where the execution is now."""
        described = self._client.describe_execution(executionArn=arn)
        return Execution(
            arn=arn,
            status=described["status"],
            stage=self._stage(arn),
            output=json.loads(described.get("output") or "{}"),
        )

    def request_id(self, execution: Execution) -> str | None:
        """The key of the execution's record, which AcceptRequest has chosen; None until then."""
        pointer = execution.first or execution.output
        if "request_id" in pointer:
            return str(pointer["request_id"])
        claim = self._claim(execution.arn)
        if claim is None and not execution.running:
            return f"execution-{execution.arn.rpartition(':')[2]}"
        return claim

    def _claim(self, arn: str) -> str | None:
        pages = self._client.get_paginator("get_execution_history").paginate(executionArn=arn)
        for page in pages:
            for event in page["events"]:
                left = event.get("stateExitedEventDetails", {})
                if left.get("name") == "AcceptRequest":
                    claim = json.loads(left["output"]).get("claim", {})
                    if "request_id" in claim:
                        return str(claim["request_id"])
                elif left.get("name") == "FindClaim":
                    found = json.loads(left["output"]).get("Items", [])
                    return str(found[0]["request_id"]["S"]) if found else None
        return None

    def _stage(self, arn: str) -> str:
        events = self._client.get_execution_history(
            executionArn=arn, reverseOrder=True, maxResults=_LAST_EVENTS
        )["events"]
        entered = (event.get("stateEnteredEventDetails") for event in events)
        return next((str(state["name"]) for state in entered if state), "")


def wait_for_end(
    stack: DeployedStack,
    token: str,
    *,
    seconds: float,
    every: float = 0.3,
    progress: Callable[[Execution], None] = lambda _: None,
) -> tuple[Execution, str | None]:
    """(the ended execution, its record's key). Raises NotStarted or StillRunning."""
    executions, deadline = Executions(stack), time.monotonic() + seconds
    while (arn := executions.find(token)) is None:
        if time.monotonic() > deadline:
            raise NotStarted(f"no execution started within {seconds:.0f} s")
        time.sleep(every)
    left = deadline - time.monotonic()
    execution = watch(executions, arn, left, every, progress)
    return execution, executions.request_id(execution)


def watch(
    executions: Executions,
    arn: str,
    seconds: float,
    every: float,
    progress: Callable[[Execution], None],
) -> Execution:
    """The execution once it has ended. Raises StillRunning."""
    deadline = time.monotonic() + seconds
    while True:
        execution = executions.look(arn)
        progress(execution)
        if not execution.running:
            return execution
        if time.monotonic() > deadline:
            raise StillRunning(f"still running: {arn}")
        time.sleep(every)
