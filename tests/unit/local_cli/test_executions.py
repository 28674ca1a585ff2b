"""Finding what a dropped file has started, against a Step Functions that is told."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.commands import waiting
from local.commands.failure import CommandError
from local.deployed_stack import DeployedStack
from local.executions import Executions, NotStarted, StillRunning, wait_for_end

ARN = "arn:aws:states:us-east-1:000000000000:execution:M:name"
CLAIM = json.dumps({"claim": {"request_id": "s3:prompts/fox"}})


class StepFunctions:
    """One execution."""

    def __init__(
        self, status: str, output: dict[str, Any] | None, events: list[dict[str, Any]]
    ) -> None:
        self.status, self.output, self.events = status, output, events
        self.described = 0

    def list_executions(self, **_: Any) -> dict[str, Any]:
        now = datetime.now(UTC)
        old = {"executionArn": "old", "startDate": now - timedelta(hours=1)}
        return {"executions": [{"executionArn": ARN, "startDate": now}, old]}

    def describe_execution(self, **_: Any) -> dict[str, Any]:
        self.described += 1
        found = {"status": self.status, "input": '{"version-id": "v1"}'}
        return found | ({"output": json.dumps(self.output)} if self.output is not None else {})

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": list(reversed(self.events))}

    def get_paginator(self, name: str) -> StepFunctions:
        assert name == "get_execution_history"
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"events": [event]} for event in self.events]


def entered(name: str) -> dict[str, Any]:
    return {"stateEnteredEventDetails": {"name": name}}


ACCEPTED = [
    entered("AcceptRequest"),
    {"stateExitedEventDetails": {"name": "AcceptRequest", "output": CLAIM}},
]


def stack(service: StepFunctions) -> DeployedStack:
    return DeployedStack("s", lambda _: service, {"StateMachineArn": "M"})


def test_an_execution_is_found_by_what_started_it() -> None:
    service = StepFunctions("RUNNING", None, [])
    executions = Executions(stack(service))
    assert executions.find("v1") == ARN
    assert executions.find("v2") is None
    assert service.described == 1


def test_a_running_one_is_where_it_last_entered() -> None:
    executions = Executions(stack(StepFunctions("RUNNING", None, [*ACCEPTED, entered("IsNew")])))
    look = executions.look(ARN)
    assert (look.running, look.stage) == (True, "IsNew")
    assert executions.request_id(look) == "s3:prompts/fox"


def test_a_failed_one_has_its_claims_record() -> None:
    executions = Executions(stack(StepFunctions("FAILED", None, [*ACCEPTED, entered("Failed")])))
    assert executions.request_id(executions.look(ARN)) == "s3:prompts/fox"


def test_one_that_was_never_accepted_is_recorded_by_its_name() -> None:
    events = [entered("AcceptRequest"), entered("Failed")]
    executions = Executions(stack(StepFunctions("FAILED", None, events)))
    assert executions.request_id(executions.look(ARN)) == "execution-name"


def test_one_whose_claim_was_found_is_recorded_there() -> None:
    found = json.dumps({"Items": [{"request_id": {"S": "s3:prompts/fox"}}]})
    events = [
        {"stateExitedEventDetails": {"name": "AcceptRequest", "output": '{"Error": "E"}'}},
        {"stateExitedEventDetails": {"name": "FindClaim", "output": found}},
        entered("Failed"),
    ]
    executions = Executions(stack(StepFunctions("FAILED", None, events)))
    assert executions.request_id(executions.look(ARN)) == "s3:prompts/fox"


def test_a_duplicate_points_to_the_first() -> None:
    output = {"first": {"request_id": "s3:prompts/first"}}
    events = [*ACCEPTED, entered("AlreadyRequested")]
    executions = Executions(stack(StepFunctions("SUCCEEDED", output, events)))
    look = executions.look(ARN)
    assert look.first == output["first"]
    assert executions.request_id(look) == "s3:prompts/first"


def test_patience_ends() -> None:
    running = stack(StepFunctions("RUNNING", None, ACCEPTED))
    with pytest.raises(StillRunning, match="still running"):
        wait_for_end(running, "v1", seconds=0.05, every=0.01)
    with pytest.raises(NotStarted):
        wait_for_end(running, "v2", seconds=0.05, every=0.01)


def test_what_waits_for_a_person_is_remembered_and_says_where_to_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remembered: list[str] = []
    monkeypatch.setattr(waiting, "remember", lambda _, request_id: remembered.append(request_id))
    asked = stack(StepFunctions("RUNNING", None, [*ACCEPTED, entered("ReviewRequest")]))
    line = argparse.Namespace(wait=True, timeout=0.05, stack=None)
    with pytest.raises(CommandError, match="safelight review list"):
        waiting.follow(asked, "v1", line)
    assert remembered == ["s3:prompts/fox"]
