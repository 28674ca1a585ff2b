"""One function process: awslambdaric behind ministack's Runtime API server.

Private names: lambda_runtime.ProvidedWorker and its _build_handler_class, _drain_stderr_bounded
and _await_init, overridden in a subclass. Unchanged, a warm call takes 96 ms: the answer is sent
in small segments that Nagle's algorithm holds back, and the worker waits for log lines that have
already arrived. An error while the module loads would also lose its type.
"""

from __future__ import annotations

import array
import fcntl
import io
import queue
import shlex
import sys
import termios
import time
import zipfile
from functools import lru_cache
from typing import Any

from ministack.core.lambda_runtime import ProvidedWorker

# Started without `site`: no .pth file of the host is run, and PYTHONPATH says all there is.
# SIGINT is ignored because Ctrl-C in a terminal reaches the whole group; the engine decides.
_BOOTSTRAP = f"""#!/bin/sh
trap '' INT
exec {shlex.quote(sys.executable)} -S -m awslambdaric "$_HANDLER"
"""
_LOG_GRACE_SECONDS = 0.05


class LoadError(Exception):
    """The function's module did not load; holds what the runtime client reported."""

    def __init__(self, payload: Any) -> None:
        super().__init__(str(payload))
        self.payload = payload


class FunctionProcess(ProvidedWorker):  # type: ignore[misc]
    """A python function's execution environment."""

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        super().__init__(func_name, config, _with_bootstrap(code_zip))

    def invoke(self, event: Any, request_id: str, **details: Any) -> dict[str, Any]:
        """Run one event; a module that fails to load is reported like any other error."""
        try:
            result: dict[str, Any] = super().invoke(event, request_id, **details)
        except LoadError as error:
            return {
                "status": "error",
                "error_payload": error.payload,
                "log": self._drain_stderr(),
            }
        return result

    def _await_init(self, init_timeout: float | None = None) -> None:
        try:
            super()._await_init(init_timeout)
        except RuntimeError:
            if self._init_error is not None:
                raise LoadError(self._init_error) from None
            raise

    def _build_handler_class(self, generation: int, pending: queue.Queue[Any]) -> Any:
        handler = super()._build_handler_class(generation, pending)
        handler.disable_nagle_algorithm = True
        handler.wbufsize = -1
        return handler

    def _drain_stderr_bounded(self, *_: float, **__: float) -> str:
        """Take the lines written so far; they were written before the answer was posted."""
        deadline = time.monotonic() + _LOG_GRACE_SECONDS
        while self._unread_output() and time.monotonic() < deadline:
            time.sleep(0.0005)
        return str(self._drain_stderr())

    def _unread_output(self) -> bool:
        process = self._proc
        if process is None or process.stdout is None or process.stdout.closed:
            return False
        waiting = array.array("i", [0])
        try:
            fcntl.ioctl(process.stdout.fileno(), termios.FIONREAD, waiting)
        except (OSError, ValueError):
            return False
        return waiting[0] > 0


@lru_cache(maxsize=64)
def _with_bootstrap(code_zip: bytes) -> bytes:
    """Add the bootstrap that makes a python package a `provided` one; same bytes, same folder."""
    package = io.BytesIO(code_zip)
    package.seek(0, io.SEEK_END)
    with zipfile.ZipFile(package, "a") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, _BOOTSTRAP)
    return package.getvalue()
