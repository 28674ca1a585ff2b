"""Sends the scenarios, a few at a time, and follows each to its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from local.demo import reviewer
from local.demo.calls import call
from local.demo.scenarios import ALREADY, Scenario
from local.deployed_stack import DeployedStack, Record, default_key
from local.executions import Execution, Executions
from local.result_events import ResultEvents

# With more, function processes start that two cores have no time for.
AT_ONCE = 3
_LOOK_SECONDS = 0.3
# How long a request waits for the demo's reviewer: long enough to be seen.
_REVIEW_SECONDS = 2.0
IN_REVIEW = "ReviewRequest"


class TooSlow(RuntimeError):
    """Some requests had not ended in time; names them."""


@dataclass
class Run:
    """One scenario under way: what is known of it so far. `page_url` has its stack's API."""

    scenario: Scenario
    stack: DeployedStack
    page_url: str = ""
    token: str = ""
    sent_at: float = 0.0
    seconds: float = 0.0
    execution: Execution | None = None
    record: Record | None = None
    request_id: str = ""
    announced: str = ""
    conversation: list[str] = field(default_factory=list)
    in_review_since: float = 0.0
    decided: bool = False

    @property
    def ended(self) -> bool:
        return self.execution is not None and not self.execution.running

    @property
    def in_review(self) -> bool:
        """Whether it waits for a person."""
        return bool(self.in_review_since) and not self.decided

    @property
    def outcome(self) -> str:
        """The record's status; a duplicate has no record of its own."""
        if not self.ended or self.execution is None:
            return ""
        if self.execution.first is not None:
            return ALREADY
        return str(self.record["status"]) if self.record else self.execution.status

    @property
    def as_expected(self) -> bool:
        return self.outcome == self.scenario.expected


@dataclass
class Session:
    """All scenarios; `changed` is called whenever there is something new to show."""

    runs: list[Run]
    changed: Callable[[], None] = lambda: None
    _executions: dict[str, Executions] = field(default_factory=dict)
    _events: list[ResultEvents] = field(default_factory=list)

    def follow(self, deadline_seconds: float) -> None:
        """Send everything and return when all have ended. Raises TooSlow."""
        for stack in {run.stack.name: run.stack for run in self.runs}.values():
            self._executions[stack.name] = Executions(stack)
            self._events.append(ResultEvents(stack))
        deadline = time.monotonic() + deadline_seconds
        while not all(run.ended for run in self.runs):
            if time.monotonic() > deadline:
                late = ", ".join(run.scenario.name for run in self.runs if not run.ended)
                raise TooSlow(f"not ended after {deadline_seconds:.0f} s: {late}")
            self._send_next()
            for run in self._under_way():
                self._look(run)
            self.changed()
            time.sleep(_LOOK_SECONDS)
        self._hear(patience=5.0)
        self.changed()

    def _under_way(self) -> list[Run]:
        return [run for run in self.runs if run.token and not run.ended]

    def _send_next(self) -> None:
        busy = [run for run in self._under_way() if not (run.scenario.fails or run.in_review)]
        room = AT_ONCE - len(busy)
        waiting = [run for run in self.runs if not run.token]
        for run in [run for run in waiting if self._may_go(run)][: max(room, 0)]:
            _send(run)

    def _may_go(self, run: Run) -> bool:
        """The second stack comes after the first: its functions take their places as processes."""
        if run.scenario.warn:
            return all(other.ended for other in self.runs if not other.scenario.warn)
        after = run.scenario.after
        return not after or any(other.ended for other in self.runs if other.scenario.name == after)

    def _look(self, run: Run) -> None:
        executions = self._executions[run.stack.name]
        run.seconds = time.monotonic() - run.sent_at
        arn = run.execution.arn if run.execution else executions.find(run.token)
        if arn is None:
            return
        run.execution = executions.look(arn)
        if run.execution.stage == IN_REVIEW and not run.decided:
            _review(run, executions.request_id(run.execution) or "")
        if not run.execution.running:
            run.request_id = executions.request_id(run.execution) or ""
            if run.execution.first is None:  # a duplicate's record is another's
                run.record = run.stack.record(run.request_id)
            if run.scenario.is_call:
                _call(run, f"api/images/{run.request_id}")

    def _hear(self, patience: float) -> None:
        """Note which event announced each outcome; the last may still be on its way."""
        silent = {run.request_id: run for run in self.runs if run.outcome != ALREADY}
        deadline = time.monotonic() + patience
        while silent and time.monotonic() < deadline:
            for event in self._heard():
                run = silent.pop(event["detail"]["request_id"], None)
                if run is not None:
                    run.announced = event["detail-type"]

    def _heard(self) -> Iterable[dict[str, Any]]:
        for queue in self._events:
            yield from queue.receive()


def _review(run: Run, request_id: str) -> None:
    """Notes that it waits, and has it decided a little later."""
    run.in_review_since = run.in_review_since or time.monotonic()
    if run.scenario.decision and time.monotonic() - run.in_review_since >= _REVIEW_SECONDS:
        told = reviewer.decide(run.page_url, request_id, run.scenario.decision)
        run.conversation += told
        run.decided = bool(told)


def _send(run: Run) -> None:
    run.sent_at = time.monotonic()
    content = run.scenario.path.read_bytes()
    if run.scenario.is_call:
        run.token = str(_call(run, "api/images", content)["request_id"])
    elif run.scenario.is_event:
        run.token = run.stack.put_event(json.loads(content), "newsletter")
    else:
        run.token = run.stack.drop(content, default_key(run.scenario.path))


def _call(run: Run, path: str, body: bytes | None = None) -> dict[str, Any]:
    answer, text = call(run.page_url, path, body)
    run.conversation.append(text)
    return answer
