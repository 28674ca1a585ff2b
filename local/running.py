"""The engine as a child process of whoever uses it: a test, the demo, `safelight local`."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

from local.engine import memory
from local.engine.settings import READY, REGION
from local.faults.remote import Watched

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


class EngineError(RuntimeError):
    """The engine could not be started."""


def end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask a process to end, and make it if it does not in time."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Engine(Watched):
    """A running engine: `with Engine() as engine: engine.client("s3").list_buckets()`.

    The engine ends with the block, and with this process however that ends.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        ai_endpoint: str | None = None,
        time_scale: float = 1.0,
        max_processes: int = 13,
        log_file: Path | None = None,
    ) -> None:
        self.port = port or _free_port(host)
        reached_at = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        self.endpoint = f"http://{reached_at}:{self.port}"
        self._own_log = log_file is None
        self._log_start = 0
        self.log_file = log_file or Path(tempfile.mkstemp(prefix="safelight-engine-")[1])
        self._command = [
            *(sys.executable, "-m", "local.engine", "--stop-with-parent"),
            *("--host", host, "--port", str(self.port)),
            *("--time-scale", str(time_scale), "--max-processes", str(max_processes)),
            *(("--ai-endpoint", ai_endpoint) if ai_endpoint else ()),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Engine:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        root = str(Path(__file__).resolve().parents[1])
        search_path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        with self.log_file.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, "PYTHONPATH": search_path},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._healthy():
            code = self._process.poll() if self._process else None
            if code is not None:
                raise EngineError(f"the engine ended with {code} at its start.\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise EngineError(
                    f"the engine did not answer at {self.endpoint} within {_START_SECONDS:.0f} s.\n"
                    f"{self._log_tail()}"
                )
            time.sleep(0.05)

    def _healthy(self) -> bool:
        if f"{READY} {self.endpoint}" not in self._log():
            return False  # whatever answers at this port is another engine
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def _log(self) -> str:
        with self.log_file.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _log_tail(self) -> str:
        lines = self._log().splitlines()[-20:]
        return "\n".join([f"The end of its log, {self.log_file}:", *lines])

    def stop(self) -> None:
        """End the engine and its functions; a second call does nothing."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        process, self._process = self._process, None
        if process is None:
            return
        end(process, _STOP_SECONDS)
        if process.stdin is not None:
            process.stdin.close()
        if self._own_log and process.returncode == 0:
            self.log_file.unlink(missing_ok=True)

    def client(self, service: str) -> Any:
        """A boto3 client for this engine, made once per service."""
        if service not in self._clients:
            self._clients[service] = boto3.session.Session().client(
                service,
                region_name=REGION,
                endpoint_url=self.endpoint,
                aws_access_key_id="local",
                aws_secret_access_key="local",  # noqa: S106
                config=Config(
                    retries={"total_max_attempts": 1},
                    max_pool_connections=50,
                    s3={"addressing_style": "path"},
                    inject_host_prefix=False,
                ),
            )
        return self._clients[service]

    def control(self, method: str, what: str, body: object = None) -> dict[str, Any]:
        """A control call, see local/faults."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310
            f"{self.endpoint}/_local/{what}", content, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                told: dict[str, Any] = json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{method} {what}: {json.loads(refused.read())['error']}") from None
        return told

    @property
    def pid(self) -> int:
        """Of the engine's own process."""
        if self._process is None:
            raise EngineError("the engine is not running")
        return self._process.pid

    def memory(self) -> list[memory.ProcessMemory]:
        """What the engine and each of its functions hold now, in bytes."""
        if self._process is None:
            return []
        found = []
        for pid in list(memory.tree(self._process.pid)):
            with contextlib.suppress(OSError, KeyError):
                found.append(memory.of(pid))
        return found


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
