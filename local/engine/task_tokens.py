"""Task tokens: given out per attempt, waited for with both time limits, answered once.

moto gives a task one token for all its attempts, so a retry after a reported failure would read
the old answer; with HeartbeatSeconds it forgets TimeoutSeconds, and it loses an answer that comes
before the function has returned. It also keeps tokens within one execution, where the API has only
the token to go by.

Private names: StateTaskServiceCallback._eval_execution and _eval_wait_for_task_token (replaced),
environment.CallbackPoolManager (replaced by a subclass that registers), and ministack's
stepfunctions._send_task_success, _send_task_failure, _send_task_heartbeat.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.eval import environment
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
    CallbackOutcomeTimedOut,
    CallbackPoolManager,
    HeartbeatTimeoutError,
)

from local.engine.seams import replace
from local.engine.template_time import real_seconds

_LARGEST_OUTPUT = 256 * 1024
_lock = threading.Lock()
_endpoints: dict[str, _Endpoint | None] = {}


class _Endpoint(CallbackEndpoint):
    """Where one attempt waits, while its execution runs; remembers its last sign of life."""

    def __init__(self, callback_id: str) -> None:
        super().__init__(callback_id)
        self.last_sign = time.monotonic()
        self.runs: Callable[[], bool] = lambda: True

    def notify_heartbeat(self) -> bool:
        self.last_sign = time.monotonic()
        return True


class _Tokens(CallbackPoolManager):
    """An execution's tokens, known to the whole engine."""

    def add(self, callback_id: str) -> _Endpoint:
        endpoint = _Endpoint(callback_id)
        self._pool[callback_id] = endpoint
        with _lock:
            _endpoints[callback_id] = endpoint
        return endpoint

    def close(self) -> None:
        """The execution is over: its tokens stay known, and nobody listens to them."""
        with _lock:
            _endpoints.update(dict.fromkeys(self._pool))


def install() -> None:
    """Take over tokens in the interpreter and in the API."""
    callbacks = state_task_service_callback.StateTaskServiceCallback
    replace(environment, "CallbackPoolManager", _Tokens)
    replace(callbacks, "_eval_execution", _eval_execution)
    replace(callbacks, "_eval_wait_for_task_token", _wait)
    replace(stepfunctions, "_send_task_success", _send_success)
    replace(stepfunctions, "_send_task_failure", _send_failure)
    replace(stepfunctions, "_send_task_heartbeat", _send_heartbeat)


def _eval_execution(task: Any, env: Any) -> None:
    if task.resource.condition == ResourceCondition.WaitForTaskToken:
        token = env.states.context_object.update_task_token()
        env.callback_pool_manager.add(token).runs = env.is_running
    state_task_service.StateTaskService._eval_execution(task, env)


def _wait(
    _: Any, env: Any, timeout_seconds: float, callback_endpoint: _Endpoint, heartbeat_endpoint: Any
) -> Any:
    """The answer, or which of the two limits passed first."""
    started = time.monotonic()
    limit = real_seconds(timeout_seconds)
    silence = (
        real_seconds(heartbeat_endpoint._heartbeat_seconds) if heartbeat_endpoint else float("inf")
    )
    callback_endpoint.last_sign = started
    try:
        while env.is_running():
            deadline = min(started + limit, callback_endpoint.last_sign + silence)
            left = deadline - time.monotonic()
            outcome = callback_endpoint.wait(max(0.0, min(left, 1.0)))
            if outcome is not None:
                return outcome
            if left <= 0 and deadline < started + limit:
                raise HeartbeatTimeoutError
            if left <= 0:
                break
        return CallbackOutcomeTimedOut(callback_endpoint.callback_id)
    finally:
        with _lock:
            _endpoints[callback_endpoint.callback_id] = None


def _listener(request: dict[str, Any]) -> tuple[_Endpoint | None, Any]:
    """The endpoint that waits for this token, or the error AWS answers with."""
    token = request.get("taskToken", "")
    with _lock:
        known, endpoint = token in _endpoints, _endpoints.get(token)
    if endpoint is not None and endpoint.get_outcome() is None and endpoint.runs():
        return endpoint, None
    if known:
        message = "Task Timed Out: 'Provided task does not exist anymore'"
        return None, error_response_json("TaskTimedOut", message, 400)
    return None, error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)


def _send_success(request: dict[str, Any]) -> Any:
    if len(request["output"]) > _LARGEST_OUTPUT:
        message = f"Value at 'output' must have length less than or equal to {_LARGEST_OUTPUT}"
        return error_response_json("ValidationException", message, 400)
    try:
        json.loads(request["output"])
    except ValueError:
        message = "Invalid Output: 'Output is not valid JSON'"
        return error_response_json("InvalidOutput", message, 400)
    endpoint, error = _listener(request)
    if endpoint is None:
        return error
    endpoint.notify(CallbackOutcomeSuccess(endpoint.callback_id, request["output"]))
    return json_response({})


def _send_failure(request: dict[str, Any]) -> Any:
    endpoint, error = _listener(request)
    if endpoint is None:
        return error
    endpoint.notify(
        CallbackOutcomeFailure(endpoint.callback_id, request.get("error"), request.get("cause"))
    )
    return json_response({})


def _send_heartbeat(request: dict[str, Any]) -> Any:
    endpoint, error = _listener(request)
    if endpoint is None:
        return error
    endpoint.notify_heartbeat()
    return json_response({})
