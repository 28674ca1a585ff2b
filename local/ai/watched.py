"""Writes down and breaks calls on the stand-ins, when told to (local/faults)."""

import time
from collections.abc import Callable

from local.ai.engine_client import EngineClient
from local.ai.wire import Reply, Request, json_reply
from local.faults import replies
from local.faults.calls import call_of
from local.faults.watch import Watch


class Unanswered(Exception):
    """The connection ends here."""


class Watcher:
    """The watch of this server; a process is killed by the engine, which started it."""

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine
        self._watch = Watch()

    def control(self, request: Request) -> Reply | None:
        """The reply to a control call of the watch's."""
        answer = self._watch.control(request.method, request.path, request.body)
        return answer and json_reply(answer[1], answer[0])

    def around(self, request: Request, perform: Callable[[Request], Reply]) -> Reply:
        """The service's reply, or what a rule makes of it; Unanswered."""
        if not self._watch.active:
            return perform(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = call_of(request.method, request.path, headers, request.body)
        rule = self._watch.rule_for(call)
        if rule is None:
            return perform(request)
        if rule.kind == "delay":
            time.sleep(rule.seconds)
            return perform(request)
        if rule.performed:
            perform(request)
        if rule.kind.startswith("kill"):
            self._engine.kill(call.key)
        if rule.unanswered:
            raise Unanswered
        answer = replies.answer(rule, call)
        return Reply(answer.body, answer.status, answer.headers["Content-Type"], answer.headers)
