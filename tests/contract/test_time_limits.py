"""Waits and limits of a state machine, in template time (ten times as fast as real time)."""

from __future__ import annotations

import pytest
from conftest import TIME_SCALE
from contract.machines import CAUGHT, Run, call, call_and_wait, single

pytestmark = pytest.mark.engine


def test_one_real_second_is_ten_of_the_template(run: Run) -> None:
    ended = run(single({"Type": "Wait", "Seconds": 8}))
    assert ended["status"] == "SUCCEEDED"
    assert 8 / TIME_SCALE <= ended["seconds"] < 8 / TIME_SCALE + 0.5


def test_a_task_that_takes_too_long_is_a_timeout(run: Run, probe: str) -> None:
    slow = {"op": "sleep", "seconds": 3}
    ended = run(single(call(probe, slow, TimeoutSeconds=1)))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert ended["seconds"] < 5


def test_a_functions_task_has_its_limit_in_real_time_as_the_function_has(
    run: Run, probe: str
) -> None:
    longer_than_a_tenth = {"op": "sleep", "seconds": 1}
    ended = run(single(call(probe, longer_than_a_tenth, TimeoutSeconds=5)))
    assert ended["status"] == "SUCCEEDED"


def test_a_tasks_limit_may_come_from_an_expression(run: Run, probe: str) -> None:
    limit = "{% $number('1') %}"
    state = call(probe, {"op": "sleep", "seconds": 3}, TimeoutSeconds=limit)
    ended = run(single({**state, "Catch": [{"ErrorEquals": ["States.Timeout"], **CAUGHT}]}))
    assert ended["output"]["error"] == "States.Timeout"
    assert ended["seconds"] < 5


def test_a_timeout_is_not_a_failed_task(run: Run, probe: str) -> None:
    failed = {"ErrorEquals": ["States.TaskFailed"], **CAUGHT}
    slow = {"op": "sleep", "seconds": 3}
    ended = run(single(call(probe, slow, TimeoutSeconds=1, Catch=[failed])))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")


def test_the_machines_limit_ends_it_as_timed_out(run: Run) -> None:
    ended = run(single({"Type": "Wait", "Seconds": 60}, TimeoutSeconds=5))
    assert ended["status"] == "TIMED_OUT"
    assert ended["seconds"] < 5


def test_the_machines_limit_is_not_caught(run: Run, probe: str) -> None:
    everything = [{"ErrorEquals": ["States.ALL"], **CAUGHT}]
    state = call(probe, {"op": "sleep", "seconds": 1}, Catch=everything)
    assert run(single(state, TimeoutSeconds=3))["status"] == "TIMED_OUT"


def test_a_token_that_is_never_answered_times_out(run: Run, probe: str) -> None:
    ended = run(single(call_and_wait(probe, {"op": "echo"}, TimeoutSeconds=9)))
    assert ended["error"] == "States.Timeout"
    assert ended["seconds"] < 5


def test_a_missing_heartbeat_ends_the_wait_before_its_limit(run: Run, probe: str) -> None:
    state = call_and_wait(probe, {"op": "echo"}, TimeoutSeconds=600, HeartbeatSeconds=4)
    ended = run(single(state))
    assert ended["status"] == "FAILED"
    assert ended["error"] in ("States.HeartbeatTimeout", "States.Timeout")
    assert ended["seconds"] < 5


def test_both_limits_may_be_expressions(run: Run, probe: str) -> None:
    limits = {"TimeoutSeconds": "{% $number('600') %}", "HeartbeatSeconds": "{% 2 + 1 %}"}
    ended = run(single(call_and_wait(probe, {"op": "echo"}, **limits)))
    assert ended["status"] == "FAILED"
    assert ended["seconds"] < 5
