"""Runs an execution in moto's interpreter and keeps ministack's record of it.

ministack's own interpreter has no heartbeats, no machine time-out, no jitter and forgives a missing
path; its API around it (start, describe, list, history pages, status events) is kept. The history
of an execution that has ended is kept packed: 9 KB for a row of a batch, and not 80 KB as objects.

Private names: stepfunctions._run_execution (replaced), _start_execution, _stop_execution and
_get_execution_history (wrapped), _executions, _state_machines, _emit_execution_status_event; moto's
Execution and ExecutionWorker, whose server does the same as this module, and its environment's
_program_state.
"""

from __future__ import annotations

import datetime
import json
import logging
import threading
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions
from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.eval.evaluation_details import ExecutionDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.utils import TMP_THREADS

from local.engine import definitions, starts
from local.engine.integrations import as_json
from local.engine.seams import replace

logger = logging.getLogger(__name__)
Request = dict[str, Any]
Record = dict[str, Any]

_lock = threading.Lock()
_running: dict[str, _Execution] = {}
_listeners: dict[str, list[Callable[[], None]]] = {}
# Speed: it is packed at each execution's end, and read by few.
_PACKING = 1


class _Worker(ExecutionWorker):
    def _get_evaluation_entrypoint(self) -> Any:
        return definitions.parse(self._evaluation_details.state_machine_details.definition)


class _Execution(Execution):
    """An execution whose context object holds its start time as text, as AWS gives it."""

    def _get_start_execution_worker(self) -> _Worker:
        worker = super()._get_start_execution_worker()
        return _Worker(
            evaluation_details=worker._evaluation_details,
            exec_comm=worker._execution_communication,
            cloud_watch_logging_session=None,
            activity_store={},
        )

    def get_start_execution_details(self) -> ExecutionDetails:
        return ExecutionDetails(
            arn=self.exec_arn,
            name=self.name,
            role_arn=self.role_arn,
            inpt=self.input_data,
            start_time=as_json(self.start_date),
        )

    def run(self) -> None:
        """Interpret to the end, on this thread."""
        self.exec_worker = self._get_start_execution_worker()
        interpret: Callable[[], None] = self.exec_worker._execution_logic
        interpret()

    def history(self) -> list[Any]:
        """The events so far."""
        env = self.environment
        return [as_json(event) for event in env.event_manager.get_event_history()] if env else []

    @property
    def environment(self) -> Any:
        """The interpreter's environment, or None before the first state."""
        return self.exec_worker.env if self.exec_worker else None

    def interrupt(self, error: str | None, cause: str | None) -> None:
        """Stop, be it before the first state, for which moto's own stop is too early."""
        now = datetime.datetime.now(datetime.UTC)
        if (env := self.environment) is None:
            return
        if env._program_state is None:
            env._program_state = ProgramStopped(now, error, cause)
        else:
            self.stop(now, error, cause)


def install() -> None:
    """Run executions here, whoever starts them."""

    def start_once(request: Request) -> Any:
        return starts.refusal(request) or starts.same_execution(request) or start(request)

    def stop_running(request: Request) -> Any:
        arn = request.get("executionArn", "")
        with _lock:
            answer = stop(request)
            execution = _running.get(arn)
        if answer[0] == 200:
            if execution:
                execution.interrupt(request.get("error"), request.get("cause"))
            _tell(arn)
        return answer

    def fresh_history(request: Request) -> Any:
        arn = request.get("executionArn", "")
        record = stepfunctions._executions.get(arn, {})
        with _lock:
            execution, packed = _running.get(arn), record.get("packed_history")
            if execution:
                record["events"] = execution.history()
            elif packed:
                record["events"] = json.loads(zlib.decompress(packed))
            answer = history(request)
            if packed:
                record["events"] = []
            return answer

    start = replace(stepfunctions, "_start_execution", start_once)
    stop = replace(stepfunctions, "_stop_execution", stop_running)
    history = replace(stepfunctions, "_get_execution_history", fresh_history)
    replace(stepfunctions, "_run_execution", run)


def run(arn: str, machine: Record | None = None) -> None:
    """Run a recorded execution to its end and write down how it ended.

    `machine` is what it runs where that is no machine of the API's: a Map state's processor."""
    record = stepfunctions._executions[arn]
    if machine is None:
        machine = stepfunctions._state_machines[record["stateMachineArn"]]
    execution = _execution(record, machine)
    _running[arn] = execution
    try:
        execution.run()
        outcome = as_json(execution.to_describe_output())
    except Exception as error:  # a fault of the engine's own must not leave it RUNNING for ever
        if record["status"] != "ABORTED":
            logger.exception("execution %s failed inside the engine", arn)
        outcome = {"status": "FAILED", "error": "States.Runtime", "cause": str(error)}
    _close(record, execution, outcome)


def when_ended(arn: str, act: Callable[[], None]) -> None:
    """Call `act` once the execution has ended, now if it has; on the thread that ends it."""
    with _lock:
        running = stepfunctions._executions[arn]["status"] == "RUNNING"
        if running:
            _listeners.setdefault(arn, []).append(act)
    if not running:
        act()


def _tell(arn: str) -> None:
    with _lock:
        listeners = _listeners.pop(arn, [])
    for act in listeners:
        act()


def abort(arn: str, cause: str) -> None:
    """Stop an execution that the engine itself has started; one that has ended stays as it is."""
    stepfunctions._stop_execution({"executionArn": arn, "cause": cause})


def _execution(record: Record, machine: Record) -> _Execution:
    region, account = record["executionArn"].split(":")[3:5]
    machine_type = StateMachineType(machine.get("type", "STANDARD"))
    interpreted: Any = SimpleNamespace(
        arn=machine["stateMachineArn"],
        name=machine["name"],
        sm_type=machine_type,
        definition=machine["definition"],
    )
    return _Execution(
        name=record["name"],
        sm_type=machine_type,
        role_arn=machine["roleArn"],
        exec_arn=record["executionArn"],
        account_id=account,
        region_name=region,
        state_machine=interpreted,
        start_date=datetime.datetime.fromisoformat(record["startDate"].replace("Z", "+00:00")),
        cloud_watch_logging_session=None,
        activity_store={},
        input_data=record["input"],
    )


def _close(record: Record, execution: _Execution, outcome: Record) -> None:
    if execution.environment is not None:
        execution.environment.callback_pool_manager.close()
    TMP_THREADS.clear()  # moto collects every thread it starts, for ever
    with _lock:
        stopped = record["status"] == "ABORTED"
        events = _completed(execution.history(), record, outcome, stopped)
        record["packed_history"] = zlib.compress(json.dumps(events).encode(), _PACKING)
        record["events"] = []
        if not stopped:
            record.update({name: outcome.get(name) for name in ("output", "error", "cause")})
            record.update(status=str(outcome["status"]), stopDate=now_iso())
        _running.pop(record["executionArn"], None)
    if not stopped:
        stepfunctions._emit_execution_status_event(record)
        _tell(record["executionArn"])


def _completed(events: list[Any], record: Record, outcome: Record, stopped: bool) -> list[Any]:
    """The history with its last event, which the interpreter adds only after the running task."""
    kind = {"TIMED_OUT": "ExecutionTimedOut"}.get(str(outcome["status"]))
    if stopped:
        kind = "ExecutionAborted"
    if kind is None or any(event["type"] == kind for event in events):
        return events
    details = {name: record[name] for name in ("error", "cause") if record.get(name)}
    last = {
        "id": len(events) + 1,
        "previousEventId": 0,
        "type": kind,
        "timestamp": now_iso(),
        f"{kind[0].lower()}{kind[1:]}EventDetails": details,
    }
    return [*events, last]
