"""Writes down and breaks calls on the engine, when it is told to (local/faults).

Calls of functions come over HTTP: a layer in front of ministack sees them. Calls of a state machine
stay in the process: the interpreter's clients ask `answered` and `invoked` here. Private names:
StateTaskService._eval_execution (wrapped: only there is it known whose task it is) and the
transport behind uvicorn's `send`, because ASGI has no way to hang up.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
)

from local.engine import aws_events, function_pool
from local.engine.seams import replace
from local.faults import replies
from local.faults.callers import port_of
from local.faults.calls import Call, call_of
from local.faults.rules import Rule
from local.faults.watch import PREFIX, Watch

watch = Watch()
_caller: ContextVar[str] = ContextVar("state_machine_and_state", default="")
Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer = tuple[int, dict[str, str], bytes]


class SdkClientException(ClientError):  # type: ignore[misc]
    """The call may have arrived, and its answer did not; every integration has this name for it."""

    def __init__(self, operation: str) -> None:
        super().__init__(_details("SdkClientException", 0), operation)


def install() -> None:
    """Know whose task the interpreter is at."""

    def eval_as(task: Any, env: Any) -> None:
        with calling_for(env):
            eval_execution(task, env)

    eval_execution: Callable[[Any, Any], None] = replace(
        state_task_service.StateTaskService, "_eval_execution", eval_as
    )


@contextlib.contextmanager
def calling_for(env: Any) -> Iterator[None]:
    """Calls of this thread are those of the state that `env` is at; the stand-ins may want to know
    when nobody here does."""
    context = env.states.context_object.context_object_data
    token = _caller.set(f"{context['StateMachine']['Name']}/{context['State']['Name']}")
    try:
        yield
    finally:
        _caller.reset(token)


def current_caller() -> str:
    """`machine/state` of the task on this thread."""
    return _caller.get()


def answered(
    service: str, method: str, target: str, headers: dict[str, str], body: bytes,
    perform: Callable[[], Answer],
) -> Answer:  # fmt: skip
    """The answer to a state machine's own call, or SdkClientException."""
    call = call_of(method, target, headers, body, service, current_caller())
    rule = _breaking(call)
    if rule is None:
        return perform()
    if rule.performed:
        perform()
    if rule.unanswered:
        raise SdkClientException(call.operation)
    return replies.answer(rule, call)


def _breaking(call: Call) -> Rule | None:
    """The rule that breaks a call of the state machine's own; one that delays it has done so."""
    rule = watch.rule_for(call)
    if rule is not None and rule.kind == "delay":
        time.sleep(rule.seconds)
        return None
    return rule


def invoked(request: dict[str, Any], perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A state machine's invocation of a function: boto3's answer, or ClientError.

    Kinds that a process is killed or timed out by are what Lambda reports of them."""
    name, payload = str(request["FunctionName"]), request.get("Payload", b"{}")
    text = payload.decode() if isinstance(payload, bytes) else str(payload)
    call = Call(current_caller(), "lambda", "Invoke", {"function": name}, f"{name}\n{text}")
    rule = _breaking(call)
    if rule is None:
        return perform()
    if rule.performed:
        perform()
    if rule.kind in ("drop", "lost"):
        raise SdkClientException("Invoke")
    if rule.kind in _PAYLOADS:
        return _payload(_PAYLOADS[rule.kind])
    raise ClientError(_details(*replies.refusal(rule, "lambda")), "Invoke")


_KILLED = {
    "errorType": "Runtime.ExitError",
    "errorMessage": "Error: Runtime exited with error: signal: killed",
}
_PAYLOADS: dict[str, Any] = {
    "kill_before": _KILLED,
    "kill_after": _KILLED,
    "timeout": {"errorType": "Sandbox.Timedout", "errorMessage": "Error: Task timed out"},
    "empty": None,
    "malformed": "neither an object nor a list",
}


def _payload(value: Any) -> dict[str, Any]:
    failed = {"FunctionError": "Unhandled"} if isinstance(value, dict) else {}
    payload = io.BytesIO(json.dumps(value).encode())
    return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": payload, **failed}


def _details(code: str, status: int) -> Any:
    return {
        "Error": {"Code": code, "Message": "told to answer so"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "broken-on-purpose"},
    }


def front(app: App) -> App:
    """The application with the watch in front of it."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (watch.active or scope["path"].startswith(PREFIX)):
            await app(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await _control(scope, receive, send)
        else:
            await _pass_or_break(app, scope, receive, send)

    return watched


async def _pass_or_break(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    body = await _body(receive)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    target = f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}"
    call = call_of(scope["method"], target, headers, body)
    rule = watch.rule_for(call)
    again = _again(body, receive)
    if rule is None:
        await app(scope, again, send)
    elif rule.kind == "delay":
        await asyncio.sleep(rule.seconds)
        await app(scope, again, send)
    else:
        if rule.performed:
            await app(scope, again, _nowhere)
        await _answer_broken(rule, call, receive, send)


async def _answer_broken(rule: Rule, call: Call, receive: Receive, send: Send) -> None:
    if rule.kind.startswith("kill"):
        function_pool.kill(port_of(call.key))
    if rule.unanswered:
        await _hang_up(receive, send)
    else:
        await _send(send, *replies.answer(rule, call))


async def _control(scope: Scope, receive: Receive, send: Send) -> None:
    body = await _body(receive)
    if (act := _ACTS.get(f"{scope['method']} {scope['path']}")) is not None:
        act(json.loads(body))
        answer: tuple[int, Message] | None = (200, {"status": "ok"})
    else:
        answer = watch.control(scope["method"], scope["path"], body)
    status, told = answer or (404, {"error": "no such control call"})
    await _send(send, status, {"Content-Type": "application/json"}, json.dumps(told).encode())


_ACTS: dict[str, Callable[[Any], None]] = {
    f"POST {PREFIX}kill": lambda told: function_pool.kill(port_of(told["key"])),
    f"POST {PREFIX}events": aws_events.put,
}


async def _body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that has been read, to be read once more."""
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return given.pop() if given else await receive()

    return next_message


async def _nowhere(_: Message) -> None:
    """Where answers go that are lost."""


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    named = {**headers, "Content-Length": str(len(body))}
    raw = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _hang_up(receive: Receive, send: Send) -> None:
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass
