"""A ceiling on function processes, with a queue instead of a throttle.

A process holds about 46 MB once boto3 is loaded, and ministack starts one for every concurrent
call and keeps them. Here an invocation waits for its turn: it takes an idle process of its own
function, else starts one below the ceiling, else replaces an idle process of another function.
A process that was used a moment ago is only taken from a function by one that has none at all, so
that functions under load do not take turns at starting cold.

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
_changed = threading.Condition()
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
    with _changed:
        while not _make_room(key):
            # The time-out covers processes that ministack removes itself (function updates).
            _changed.wait(timeout=1.0)
        worker, _ = lambda_runtime.acquire_worker(name, config, code_zip, qualifier=version)
    try:
        yield worker
    finally:
        with _changed:
            lambda_runtime.release_worker(worker)
            worker.last_used = time.time()
            _changed.notify_all()


def _make_room(key: str) -> bool:
    """True when acquire_worker would now stay within the ceiling; may stop an idle process."""
    with lambda_runtime._lock:
        workers = {name: list(entries) for name, entries in lambda_runtime._workers.items()}
    own = workers.get(key, [])
    if any(not worker.in_use for worker in own):
        return True
    if sum(map(len, workers.values())) < _ceiling:
        return True
    victim = _longest_idle(workers, key)
    if victim is None:
        return False
    name, worker = victim
    if own and time.time() - worker.last_used < _RECENT_SECONDS:
        return False
    with lambda_runtime._lock:
        lambda_runtime._workers[name].remove(worker)
    _stop(worker)
    return True


def _longest_idle(
    workers: dict[str, list[FunctionProcess]], key: str
) -> tuple[str, FunctionProcess] | None:
    idle = [
        (name, worker)
        for name, entries in workers.items()
        for worker in entries
        if name != key and not worker.in_use
    ]
    return min(idle, key=lambda item: item[1].last_used, default=None)


def _stop(worker: FunctionProcess) -> None:
    """End the process now; its Runtime API server takes a tenth of a second more, aside."""
    process = worker._proc
    if process is not None:
        process.kill()
        process.wait()
    threading.Thread(target=lambda_runtime.kill_workers, args=([worker],), daemon=True).start()


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
