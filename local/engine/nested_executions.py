"""`states:startExecution.sync` and `.sync:2` wait for the execution they started, without asking.

moto asks twice a second how it stands, on a thread for each. Here the end of an execution wakes
those who wait for it; then it is described once, as by Step Functions. A task that is no longer
waited for (its execution was stopped or has failed elsewhere, its time is up) stops what it has
started: "if a states:startExecution.sync task is aborted, it will call StopExecution"
(docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html; that a time-out counts as
an abort is our reading).

Errors that StartExecution models are StepFunctions.<code>Exception; any other, a throttle or the
service's own, is StepFunctions.AWSStepFunctionsException, as AWS's own solutions retry it.

Private names: StateTaskServiceSfn._build_sync_resolver, _build_sync2_resolver and _from_error
(wrapped), StateTaskServiceCallback._eval_sync (replaced).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
    state_task_service_sfn,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from local.engine import executions
from local.engine.integrations import service_failure
from local.engine.seams import replace

# Ends wake the waiting thread; this is for what a stop may have swallowed.
_LONGEST_LOOK_SECONDS = 1.0
_MODELLED = (
    "ExecutionAlreadyExists", "ExecutionDoesNotExist", "ExecutionLimitExceeded", "InvalidArn",
    "InvalidExecutionInput", "InvalidName", "StateMachineDeleting", "StateMachineDoesNotExist",
)  # fmt: skip
Resolver = Callable[[], Any]


class Started:
    """A job that a task has started: `wake_when_ended` is told once how to wake the task, `cancel`
    ends it; called, it gives the job's description, or None while it runs."""

    def __init__(
        self, wake_when_ended: Callable[[Callable[[], None]], None], result: Resolver,
        cancel: Callable[[], None],
    ) -> None:  # fmt: skip
        self.wake_when_ended, self._result, self.cancel = wake_when_ended, result, cancel

    def __call__(self) -> Any:
        return self._result()


def install() -> None:
    """Wait here, in whichever of the two forms."""
    task = state_task_service_sfn.StateTaskServiceSfn

    def named(task: Any, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, ClientError):
            return other(task, env, ex)
        return service_failure(task, env, ex, "StepFunctions", "AWSStepFunctions", _MODELLED)

    for name in ("_build_sync_resolver", "_build_sync2_resolver"):
        replace(task, name, _watched(getattr(task, name)))
    other = replace(task, "_from_error", named)
    replace(state_task_service_callback.StateTaskServiceCallback, "_eval_sync", _await)


def _watched(build: Callable[..., Resolver]) -> Callable[..., Started]:
    def build_watched(task: Any, env: Any, *arguments: Any, **named: Any) -> Started:
        arn = env.stack[-1]["ExecutionArn"]
        resolve = build(task, env, *arguments, **named)

        def cancel() -> None:
            client = boto_client.boto_client_for(arn.split(":")[3], "stepfunctions")
            with contextlib.suppress(ClientError):  # it has ended meanwhile
                client.stop_execution(executionArn=arn)

        return Started(lambda wake: executions.when_ended(arn, wake), resolve, cancel)

    return build_watched


def _await(_: Any, env: Any, sync_resolver: Started, **__: Any) -> Any:
    """The result of the job, or nothing where the task is no longer waited for."""
    wake = env.program_state_event
    ended = False

    def on_end() -> None:
        nonlocal ended
        ended = True
        wake.set()

    sync_resolver.wake_when_ended(on_end)
    while env.is_running():
        wake.clear()
        if ended and (result := sync_resolver()) is not None:
            return result
        if not ended:
            wake.wait(_LONGEST_LOOK_SECONDS)
    sync_resolver.cancel()
    return None
