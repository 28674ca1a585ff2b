"""Map runs: the children of a Distributed Map, started as others end; and the API's view of them.

Each child is an execution of its own, with its history, on a thread of its own; the items wait on
disk, so that 10,000 of them are neither threads nor objects. Children have the parent's state
machine's ARN with the Map's label, as on AWS, where "child workflow executions […] emit metrics
[…] with a labelled State Machine ARN" (docs.aws.amazon.com/step-functions/latest/dg/
concepts-examine-map-run.html). Their status changes are events: those of "standard workflows" are
(eventbridge-integration.html, same guide), and nothing that we found excepts children.

A failure threshold is crossed by items that failed or timed out; then, or when the parent ends,
running children are aborted and no others start. UpdateMapRun counts at once.

Private names: stepfunctions._executions, _map_runs (ministack's API reads the runs there),
_update_map_run (wrapped), _emit_execution_status_event.
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import error_response_json, new_uuid, now_iso
from ministack.services import stepfunctions

from local.engine import executions, watching
from local.engine.seams import replace
from local.engine.spool import Spool
from local.faults.calls import Call

# AWS runs up to 10,000 at a time; here each is some threads.
_MOST_AT_A_TIME = 256
# A child's, as any execution's.
LARGEST_INPUT = 256 * 1024
_LONGEST_LOOK_SECONDS = 1.0
_COUNTS = (
    "pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten",
    "failuresNotRedrivable", "pendingRedrive",
)  # fmt: skip
_COUNTED_AS = {"SUCCEEDED": "succeeded", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}
Json = dict[str, Any]
Request = dict[str, Any]
_runs: dict[str, MapRun] = {}


class TooLargeError(Exception):
    """A child's input is more than an execution may have."""


@dataclass(frozen=True)
class Child:
    """What one child gets: its input as text, and how many items that holds."""

    index: int
    items: int
    input: str


class Children:
    """The children that are to be started, on disk."""

    def __init__(self, payloads: Iterable[tuple[int, Any]]) -> None:
        """`payloads`: how many items, and the input; taken to their end here. TooLargeError"""
        self._lines = Spool()
        self.count = self.items = 0
        for items, payload in payloads:
            text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
            if len(text.encode()) > LARGEST_INPUT:
                raise TooLargeError(
                    f"the input of child {self.count} has over {LARGEST_INPUT} bytes"
                )
            self._lines.add(f"{items} {text}")
            self.count += 1
            self.items += items

    def __iter__(self) -> Iterator[Child]:
        for index, line in enumerate(self._lines):
            items, _, text = line.partition(" ")
            yield Child(index, int(items), text)

    def close(self) -> None:
        """Forget them."""
        self._lines.close()


class MapRun:
    """One run; `view` is what DescribeMapRun answers."""

    def __init__(
        self, parent: Json, machine: Json, label: str, limits: Json,
        ended: Callable[[Child, Json], None],
    ) -> None:  # fmt: skip
        """`machine` is what children run, `limits` hold maxConcurrency and the tolerances;
        `ended` is told of each child's record, one at a time."""
        name = f"{machine['name']}/{label or new_uuid()}"
        head = parent["stateMachineArn"].rpartition(":stateMachine:")[0]
        self._execution_prefix = f"{head}:execution:{name}:"
        self._machine = {**machine, "stateMachineArn": f"{head}:stateMachine:{name}"}
        self._parent_machine = parent["stateMachineArn"]
        self._ended = ended
        self._lock = threading.RLock()
        self._running: dict[str, Child] = {}
        self._wake = threading.Event()
        self.arn = f"{head}:mapRun:{name}:{new_uuid()}"
        self.view: Json = {
            "mapRunArn": self.arn,
            "executionArn": parent["executionArn"],
            "status": "RUNNING",
            "startDate": now_iso(),
            **limits,
            "itemCounts": dict.fromkeys(_COUNTS, 0),
            "executionCounts": dict.fromkeys(_COUNTS, 0),
            "redriveCount": 0,
            "_stateMachineArn": self._machine["stateMachineArn"],
        }
        stepfunctions._map_runs[self.arn] = self.view
        _runs[self.arn] = self

    def run(self, children: Children, env: Any) -> Iterator[Child]:
        """Start them all, unless something ends it earlier; those that were not started."""
        self._wake = env.program_state_event
        self._count("pending", children.items, children.count)
        self._count("total", children.items, children.count)
        waiting = iter(children)
        upcoming = next(waiting, None)
        while upcoming is not None and self._may_go_on(env):
            self._wake.clear()
            if len(self._running) < self._limit():
                self._start(upcoming)
                upcoming = next(waiting, None)
            else:
                self._wake.wait(_LONGEST_LOOK_SECONDS)
        self._await_running(env)
        if upcoming is not None:
            yield upcoming
            yield from waiting

    @property
    def exceeded(self) -> bool:
        """Whether more items have failed than are tolerated; of two limits either counts."""
        with self._lock:
            counts = self.view["itemCounts"]
            failed = counts["failed"] + counts["timedOut"]
            count, percentage = self._tolerated()
            share = 100 * failed / counts["total"] if counts["total"] else 0
            return bool(failed > count or share > percentage)

    def _tolerated(self) -> tuple[float, float]:
        """Both 0: nothing may fail. That one of 0 is none beside the other is our reading."""
        limits = ("toleratedFailureCount", "toleratedFailurePercentage")
        count, percentage = (self.view[limit] for limit in limits)
        if not count and not percentage:
            return 0, 0
        return count or float("inf"), percentage or 100

    def written(self) -> None:
        """The results of all children have been written."""
        for counts in ("itemCounts", "executionCounts"):
            self.view[counts]["resultsWritten"] = self.view[counts]["total"]

    def close(self, status: str) -> None:
        """SUCCEEDED, FAILED or ABORTED."""
        self.view.update(status=status, stopDate=now_iso())
        _runs.pop(self.arn, None)

    def look(self) -> None:
        """Its limits have changed."""
        self._wake.set()

    def _limit(self) -> int:
        return min(self.view["maxConcurrency"] or _MOST_AT_A_TIME, _MOST_AT_A_TIME)

    def _may_go_on(self, env: Any) -> bool:
        return env.is_running() and not self.exceeded

    def _await_running(self, env: Any) -> None:
        """Aborted children count as ended at once, whatever call they are still in."""
        while True:
            self._wake.clear()
            if not self._running:
                return
            if self._may_go_on(env):
                self._wake.wait(_LONGEST_LOOK_SECONDS)
                continue
            for arn in list(self._running):
                executions.abort(arn, "the map run has ended")
                self._account_for(arn)

    def _start(self, child: Child) -> None:
        name = new_uuid()
        arn = f"{self._execution_prefix}{name}"
        record: Json = {
            "executionArn": arn,
            "stateMachineArn": self._machine["stateMachineArn"],
            "name": name,
            "status": "RUNNING",
            "startDate": now_iso(),
            "stopDate": None,
            "input": child.input,
            "output": None,
            "mapRunArn": self.arn,
            "events": [],
        }
        stepfunctions._executions[arn] = record
        with self._lock:
            self._running[arn] = child
            self._count("pending", -child.items, -1)
            self._count("running", child.items, 1)
        facts = {"state_machine": self._parent_machine}
        watching.watch.note(Call(watching.current_caller(), "states", "StartExecution", facts))
        stepfunctions._emit_execution_status_event(record)
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run_child, arn), daemon=True).start()

    def _run_child(self, arn: str) -> None:
        executions.run(arn, self._machine)
        self._account_for(arn)
        self._wake.set()

    def _account_for(self, arn: str) -> None:
        record = stepfunctions._executions[arn]
        with self._lock:
            child = self._running.pop(arn, None)
            if child is None:
                return
            self._ended(child, record)
            self._count("running", -child.items, -1)
            self._count(_COUNTED_AS.get(record["status"], "failed"), child.items, 1)

    def _count(self, name: str, items: int, children: int) -> None:
        with self._lock:
            self.view["itemCounts"][name] += items
            self.view["executionCounts"][name] += children


def install() -> None:
    """Have UpdateMapRun change what runs."""

    def update_and_look(request: Request) -> Any:
        run = _runs.get(request.get("mapRunArn", ""))
        if run is None and request.get("mapRunArn") in stepfunctions._map_runs:
            message = "The Map Run has ended: only one that runs can be updated"
            return error_response_json("ValidationException", message, 400)
        answer = update(request)
        if run is not None:
            run.look()
        return answer

    update = replace(stepfunctions, "_update_map_run", update_and_look)
