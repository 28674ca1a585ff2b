"""Scaled time for state machines: one real second is `scale` seconds of the template.

moto's interpreter waits with `time.sleep`, `Event.wait` and `Thread.join` directly and has no clock
that could be passed in, so the names it calls them by are replaced in the four places that wait:
retrier_decl.time, execute_state.threading, program.threading and WaitFunction._wait_interval. Only
waiting is scaled: what history and `TaskScheduled` events show stays as in the template, and the
functions' own time-outs are real time.

So is the time-out of a task that waits for no more than the answer to its call
(ExecuteState._evaluate_with_timeout says which): divided by the scale it would end before the
function's own, and the machine would go on beside a function that still writes.
"""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.program import program
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)

from local.engine.seams import replace

_scale = 1.0
_evaluating = threading.local()
# Longer than any execution; `Event.wait` refuses the interpreter's own "for ever".
_LONGEST_WAIT = 30 * 24 * 3600.0


def real_seconds(template_seconds: float) -> float:
    """How long to wait in reality for a time given in the template."""
    return min(template_seconds / _scale, _LONGEST_WAIT)


class _Event(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            timeout = min(timeout, _LONGEST_WAIT) if _evaluating.call else real_seconds(timeout)
        return super().wait(timeout)


def _is_call(state: Any) -> bool:
    return isinstance(state, StateTask) and getattr(state.resource, "condition", None) is None


class _Thread(threading.Thread):
    def join(self, timeout: float | None = None) -> None:
        super().join(None if timeout is None else real_seconds(timeout))


def _sleep(seconds: float) -> None:
    time.sleep(real_seconds(seconds))


def _wait_interval(_: WaitFunction, env: Any, wait_seconds: float) -> None:
    deadline = time.monotonic() + real_seconds(wait_seconds)
    while env.is_running() and (left := deadline - time.monotonic()) > 0:
        env.program_state_event.wait(left)


def install(scale: float) -> None:
    """Make the interpreter wait in template time."""
    global _scale
    _scale = scale

    def evaluate(state: Any, env: Any) -> None:
        _evaluating.call = _is_call(state)
        evaluates(state, env)

    evaluates = replace(execute_state.ExecutionState, "_evaluate_with_timeout", evaluate)
    replace(retrier_decl, "time", SimpleNamespace(sleep=_sleep))
    replace(execute_state, "threading", SimpleNamespace(Event=_Event))
    replace(program, "threading", SimpleNamespace(Thread=_Thread))
    replace(WaitFunction, "_wait_interval", _wait_interval)
