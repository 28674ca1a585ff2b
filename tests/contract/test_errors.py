"""Retry and Catch: by exact name, with the waits of the template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contract.machines import CAUGHT, Run, call, single

pytestmark = pytest.mark.engine


def retry(*names: str, **settings: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(names), "IntervalSeconds": 1, "MaxAttempts": 3, **settings}


def passes_after(probe: str, tmp_path: Path, failures: int, *retries: Any) -> dict[str, Any]:
    payload = {"op": "pass_after", "file": str(tmp_path / "calls"), "failures": failures}
    return single(call(probe, payload, Retry=list(retries)))


def test_the_error_is_the_exceptions_class_and_the_cause_its_payload(run: Run, probe: str) -> None:
    ended = run(single(call(probe, {"op": "fail", "why": "too dark"})))
    assert (ended["status"], ended["error"]) == ("FAILED", "Unreadable")
    assert '"errorMessage":"too dark"' in ended["cause"].replace(": ", ":")
    assert "stackTrace" in ended["cause"]


def test_catch_by_name_takes_the_first_that_matches(run: Run, probe: str) -> None:
    other = {"ErrorEquals": ["Throttled"], "Next": "Caught", "Output": "wrong"}
    mine = {"ErrorEquals": ["Unreadable"], **CAUGHT}
    ended = run(single(call(probe, {"op": "fail"}, Catch=[other, mine])))
    assert ended["output"]["error"] == "Unreadable"


def test_retry_by_name_waits_with_back_off(run: Run, probe: str, tmp_path: Path) -> None:
    ended = run(passes_after(probe, tmp_path, 2, retry("Throttled", BackoffRate=3)))
    assert ended["output"] == 3
    assert 0.4 <= ended["seconds"] < 1.5  # 1 + 3 seconds of the template


def test_retry_of_another_name_does_not_apply(run: Run, probe: str, tmp_path: Path) -> None:
    ended = run(passes_after(probe, tmp_path, 1, retry("Unreadable")))
    assert ended["error"] == "Throttled"
    assert (tmp_path / "calls").read_text() == "1"


def test_retry_stops_after_its_attempts(run: Run, probe: str, tmp_path: Path) -> None:
    ended = run(passes_after(probe, tmp_path, 9, retry("States.ALL", MaxAttempts=2)))
    assert ended["error"] == "Throttled"
    assert (tmp_path / "calls").read_text() == "3"


def test_task_failed_matches_a_functions_error(run: Run, probe: str, tmp_path: Path) -> None:
    ended = run(passes_after(probe, tmp_path, 1, retry("States.TaskFailed")))
    assert ended["output"] == 2


def test_max_delay_bounds_the_back_off(run: Run, probe: str, tmp_path: Path) -> None:
    rule = retry("States.ALL", BackoffRate=10, MaxDelaySeconds=2)
    ended = run(passes_after(probe, tmp_path, 3, rule))
    assert ended["output"] == 4
    assert 0.5 <= ended["seconds"] < 2  # 1 + 2 + 2, not 1 + 10 + 100


def test_full_jitter_shortens_the_waits(run: Run, probe: str, tmp_path: Path) -> None:
    rule = retry("States.ALL", IntervalSeconds=10, BackoffRate=1, JitterStrategy="FULL")
    ended = run(passes_after(probe, tmp_path, 3, rule))
    assert ended["output"] == 4
    assert ended["seconds"] < 2.95  # three times 10 s without it


def test_an_unknown_function_has_lambdas_error_name(run: Run, probe: str) -> None:
    ended = run(single(call(f"{probe}-gone", {})))
    assert ended["error"] == "Lambda.ResourceNotFoundException"


def test_a_functions_time_out_can_be_caught(run: Run, make_function: Any) -> None:
    function = make_function("import time\ndef handler(*_): time.sleep(5)\n", Timeout=1)
    ended = run(single(call(function, {}, Catch=[{"ErrorEquals": ["States.ALL"], **CAUGHT}])))
    assert ended["output"]["error"] == "Sandbox.Timedout"


def test_states_all_leaves_terminal_errors_alone(run: Run, probe: str) -> None:
    everything = [{"ErrorEquals": ["States.ALL"], **CAUGHT}]
    long = {"op": "echo", "value": "{% $pad('', 300000, 'x') %}"}
    ended = run(single(call(probe, long, Catch=everything)))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_states_all_leaves_runtime_errors_alone(run: Run, probe: str) -> None:
    state = {
        "Type": "Task",
        "End": True,
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": probe, "Payload": {"op": "echo", "value.$": "$.missing"}},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    }
    states = {"Only": state, "Caught": {"Type": "Succeed"}}
    ended = run({"StartAt": "Only", "States": states})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


def test_fail_takes_its_error_and_cause_from_expressions(run: Run) -> None:
    state = {
        "Type": "Fail",
        "Error": "{% 'Safelight.' & $states.input.kind %}",
        "Cause": "{% $string([1,2]) %}",
    }
    ended = run(single(state), {"kind": "Failed"})
    assert (ended["error"], ended["cause"]) == ("Safelight.Failed", "[1,2]")
