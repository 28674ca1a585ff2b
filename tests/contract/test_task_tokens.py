"""Task tokens: who may answer, when, and how often."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contract.machines import CAUGHT, Make, Run, call_and_wait, single, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine


class Waiting:
    """An execution that waits at a token."""

    def __init__(self, engine: Engine, create: Make, probe: str, file: Path, **state: Any) -> None:
        self.steps = engine.client("stepfunctions")
        self.file = file
        told = "{% $string($toMillis($now())) & ' ' & $states.context.Task.Token %}"
        payload = {"op": "write", "file": str(file), "text": told}
        limits = {"TimeoutSeconds": 600, **state}
        machine = create(single(call_and_wait(probe, payload, **limits)))
        self.execution = self.steps.start_execution(stateMachineArn=machine)["executionArn"]
        self.token = self.next_token()

    def next_token(self) -> str:
        told = wait_for(lambda: self.file.exists() and self.file.read_text())
        self.file.unlink()
        tried_at, token = str(told).split()
        self.tried_at = int(tried_at)
        return token

    def succeed(self, token: str | None = None) -> None:
        self.steps.send_task_success(taskToken=token or self.token, output='{"ok":true}')

    def fail(self, error: str = "Throttled") -> None:
        self.steps.send_task_failure(taskToken=self.token, error=error, cause="busy")


@pytest.fixture
def waiting(engine: Engine, create_machine: Make, probe: str, tmp_path: Path) -> Any:
    return lambda **state: Waiting(engine, create_machine, probe, tmp_path / "token", **state)


def refused(action: Any) -> str:
    with pytest.raises(ClientError) as error:
        action()
    return str(error.value.response["Error"]["Code"])


def test_success_is_the_tasks_result(waiting: Any, finish: Run) -> None:
    task = waiting()
    task.succeed()
    assert finish(task.execution)["output"] == {"ok": True}


def test_failure_has_the_error_and_cause_that_were_sent(waiting: Any, finish: Run) -> None:
    task = waiting(Catch=[{"ErrorEquals": ["Throttled"], **CAUGHT}])
    task.fail()
    assert finish(task.execution)["output"] == {"error": "Throttled", "cause": "busy"}


def test_each_attempt_has_a_token_of_its_own_and_a_later_time(waiting: Any, finish: Run) -> None:
    """By the time, the newest of a Task's tries is known, whichever rule tried it again."""
    rules = [
        {"ErrorEquals": [error], "IntervalSeconds": 1, "MaxAttempts": 2}
        for error in ("Throttled", "Unavailable")
    ]
    task = waiting(Retry=rules)
    tries = [(task.tried_at, task.token)]
    for error in ("Throttled", "Throttled", "Unavailable"):
        task.fail(error)
        task.token = task.next_token()
        tries.append((task.tried_at, task.token))
    times = [tried_at for tried_at, _ in tries]
    assert times == sorted(set(times))
    assert len({token for _, token in tries}) == 4
    assert refused(lambda: task.succeed(tries[0][1])) == "TaskTimedOut"
    task.succeed()
    assert finish(task.execution)["output"] == {"ok": True}


def test_an_answer_may_come_before_the_function_returns(run: Run, probe: str) -> None:
    payload = {"op": "callback", "then": 0.3}
    limits = {"TimeoutSeconds": 60, "HeartbeatSeconds": 30}
    ended = run(single(call_and_wait(probe, payload, **limits)))
    assert ended["output"] == "early"
    assert ended["seconds"] < 3


def test_heartbeats_keep_the_task_alive(waiting: Any, finish: Run) -> None:
    task = waiting(HeartbeatSeconds=6)
    for _ in range(4):
        time.sleep(0.3)
        task.steps.send_task_heartbeat(taskToken=task.token)
    task.succeed()
    assert finish(task.execution)["output"] == {"ok": True}


def test_a_second_answer_is_refused_while_the_machine_runs_and_after(
    waiting: Any, finish: Run
) -> None:
    task = waiting()
    task.succeed()
    assert refused(task.succeed) == "TaskTimedOut"
    finish(task.execution)
    assert refused(task.succeed) == "TaskTimedOut"
    assert refused(task.fail) == "TaskTimedOut"


def test_an_answer_after_the_limit_is_refused(waiting: Any, finish: Run) -> None:
    task = waiting(TimeoutSeconds=10)
    assert finish(task.execution)["error"] == "States.Timeout"
    assert refused(task.succeed) == "TaskTimedOut"


def test_an_answer_is_refused_once_the_execution_was_stopped(waiting: Any) -> None:
    task = waiting()
    task.steps.stop_execution(executionArn=task.execution)
    assert refused(task.succeed) == "TaskTimedOut"


def test_an_answer_is_refused_once_the_execution_is_out_of_time(
    engine: Engine, create_machine: Make, probe: str, tmp_path: Path, finish: Run
) -> None:
    whole = {"TimeoutSeconds": 10}
    task = Waiting(engine, lambda made: create_machine(made | whole), probe, tmp_path / "token")
    assert finish(task.execution)["status"] == "TIMED_OUT"
    assert refused(task.succeed) == "TaskTimedOut"


def test_a_token_nobody_gave_out_is_invalid(engine: Engine) -> None:
    steps = engine.client("stepfunctions")
    assert refused(lambda: steps.send_task_success(taskToken="made-up", output="1")) == (
        "InvalidToken"
    )
    assert refused(lambda: steps.send_task_heartbeat(taskToken="made-up")) == "InvalidToken"


def test_an_answer_must_be_json(waiting: Any) -> None:
    task = waiting()
    steps = task.steps
    answer = refused(lambda: steps.send_task_success(taskToken=task.token, output="{no"))
    assert answer == "InvalidOutput"
    task.succeed()


def test_a_function_that_raises_fails_the_task_at_once(run: Run, probe: str) -> None:
    ended = run(single(call_and_wait(probe, {"op": "fail"}, TimeoutSeconds=600)))
    assert (ended["status"], ended["error"]) == ("FAILED", "Unreadable")


def test_an_answer_over_256_kib_is_refused_and_the_task_goes_on(waiting: Any, finish: Run) -> None:
    task = waiting()
    steps = task.steps
    large = json.dumps("x" * 300_000)
    answer = refused(lambda: steps.send_task_success(taskToken=task.token, output=large))
    assert answer == "ValidationException"
    task.succeed()
    assert finish(task.execution)["output"] == {"ok": True}
