"""A ceiling on function processes, with a queue instead of a throttle.

A process holds about 46 MB once boto3 is loaded, and ministack starts one for every concurrent
call and keeps them. Here an invocation waits for its turn: it takes an idle process of its own
function; where there is none it waits as long as a start would take, then starts one below the
ceiling, else in the place of an idle process of the function that has most. A function that has no
process at all does not wait and goes first, and only it takes a process that was used a moment ago
or a function's only one, so that functions under load do not take turns at starting cold.

Private names: lambda_runtime._workers, _lock, _worker_class_for (replaced), acquire_worker,
release_worker, kill_workers, reset. The pool has no public limit across functions.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import lambda_runtime

from local.engine.function_process import FunctionProcess
from local.engine.seams import replace

_RECENT_SECONDS = 1.0
# A function whose processes are all in calls as long as this may take another's only one.
_LONG_CALL_SECONDS = 2.0
_PATIENCE_SECONDS = 0.3
_changed = threading.Condition()
_waiting: dict[object, str] = {}
_ceiling = 8


def configure(max_processes: int) -> None:
    """Set the ceiling and make ministack's pool hold our processes for python functions."""
    global _ceiling
    _ceiling = max_processes

    def worker_class(config: dict[str, Any]) -> type:
        if str(config.get("Runtime", "")).startswith("python"):
            return FunctionProcess
        return others(config)

    others: Callable[[dict[str, Any]], type] = replace(
        lambda_runtime, "_worker_class_for", worker_class
    )


@contextlib.contextmanager
def lease(config: dict[str, Any], code_zip: bytes) -> Iterator[FunctionProcess]:
    """Hold a process of this function for one invocation."""
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    key = lambda_runtime._worker_key(name, config, version)
    ticket = object()
    with _changed:
        _waiting[ticket] = key
        started = time.monotonic()
        while not _make_room(ticket, key, time.monotonic() - started):
            # Not for ever: patience ends, and function updates remove processes without a word.
            _changed.wait(timeout=_PATIENCE_SECONDS)
        del _waiting[ticket]
        worker, _ = lambda_runtime.acquire_worker(name, config, code_zip, qualifier=version)
        _changed.notify_all()
    try:
        yield worker
    finally:
        with _changed:
            lambda_runtime.release_worker(worker)
            worker.last_used = time.time()
            _changed.notify_all()


def _make_room(ticket: object, key: str, waited: float) -> bool:
    """True when acquire_worker would now stay within the ceiling; may stop an idle process."""
    with lambda_runtime._lock:
        workers = {name: list(entries) for name, entries in lambda_runtime._workers.items()}
    own = workers.get(key, [])
    if own and _starved_before(ticket, workers):
        return False
    if any(not worker.in_use for worker in own):
        return True
    if own and waited < _PATIENCE_SECONDS:
        return False
    if sum(map(len, workers.values())) < _ceiling:
        return True
    victim = _most_dispensable(workers, key)
    if victim is None:
        return False
    name, worker = victim
    spare = len(workers[name]) > 1 or _idle_seconds(own) > _LONG_CALL_SECONDS
    if own and not (spare and _idle_seconds([worker]) > _RECENT_SECONDS):
        return False
    with lambda_runtime._lock:
        lambda_runtime._workers[name].remove(worker)
    _stop(worker)
    return True


def _starved_before(ticket: object, workers: dict[str, list[FunctionProcess]]) -> bool:
    """Whether an earlier call waits for a function that has no process at all."""
    for earlier, key in _waiting.items():
        if earlier is ticket:
            return False
        if not workers.get(key):
            return True
    return False


def _most_dispensable(
    workers: dict[str, list[FunctionProcess]], key: str
) -> tuple[str, FunctionProcess] | None:
    """An idle process of the function that has most of them; the longest idle among equals."""
    idle = [
        (name, worker)
        for name, entries in workers.items()
        for worker in entries
        if name != key and not worker.in_use
    ]
    return min(idle, key=lambda item: (-len(workers[item[0]]), item[1].last_used), default=None)


def _idle_seconds(workers: list[FunctionProcess]) -> float:
    """Since the last of these was taken or given back."""
    return time.time() - max((worker.last_used for worker in workers), default=0.0)


def _stop(worker: FunctionProcess) -> None:
    """End the process now; its Runtime API server takes a tenth of a second more, aside."""
    process = worker._proc
    if process is not None:
        process.kill()
        process.wait()
    threading.Thread(target=lambda_runtime.kill_workers, args=([worker],), daemon=True).start()


def kill(port: int) -> None:
    """Kill the process whose Runtime API is at this port, in the middle of what it does."""
    with lambda_runtime._lock:
        workers = [worker for entries in lambda_runtime._workers.values() for worker in entries]
    for worker in workers:
        server, process = worker._server, worker._proc
        if server is not None and server.server_address[1] == port and process is not None:
            process.kill()


def stop_all() -> None:
    """End every function process."""
    with lambda_runtime._lock:
        workers = [worker for entries in lambda_runtime._workers.values() for worker in entries]
    for worker in workers:
        process = worker._proc
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
    lambda_runtime.reset()
