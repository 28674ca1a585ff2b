"""The stand-ins as a process of their own, for the command line, the demo and the tests."""

import contextlib
import http.client
import json
import os
import selectors
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import urlsplit

from local.faults.remote import Watched
from local.running import end

READY_SECONDS = 30
STOP_SECONDS = 5


class StandIns(Watched):
    """`with StandIns(engine=url) as ai:` starts the server and stops it; without `with`, start()
    and stop(). The server also ends when this process does, however it ends."""

    def __init__(
        self,
        engine: str | None = None,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        classes: tuple[str, str] = ("safe", "unsafe"),
        log_file: Path | None = None,
    ) -> None:
        self._log_file = log_file
        self._command = [
            sys.executable, "-m", "local.ai", "--port", str(port), "--host", host,
            "--classes", *classes, "--until-stdin-closes",
            *(["--engine", engine] if engine else []),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    def start(self) -> Self:
        """Returns when the server answers; RuntimeError if it does not within 30 seconds. What it
        has to complain of goes to `log_file`, or to this process's standard error."""
        with contextlib.ExitStack() as files:
            log = files.enter_context(self._log_file.open("ab")) if self._log_file else None
            self._process = self._launch(log)
        self.endpoint = self._ready_line().removeprefix("ready ")
        self.control("GET", "health")
        return self

    def _launch(self, log: BinaryIO | None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},
            start_new_session=True,
        )

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        end(process, STOP_SECONDS)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    @property
    def pid(self) -> int:
        return self._running().pid

    def use_engine(self, url: str) -> None:
        """Where S3 and SNS answer, for an engine that was started after the stand-ins."""
        self.control("PUT", "engine", {"url": url})

    def register_endpoint(
        self,
        name: str,
        *,
        output_path: str,
        failure_path: str | None = None,
        success_topic: str | None = None,
        error_topic: str | None = None,
        workers: int = 2,
        time_scale: float = 1.0,
        container: str | None = None,
    ) -> None:
        """Create or update an asynchronous endpoint; its topics get their test notification. A
        container at http://HOST:PORT answers instead of the painter, `workers` jobs at a time."""
        config = {
            "output_path": output_path,
            "failure_path": failure_path,
            "success_topic": success_topic,
            "error_topic": error_topic,
            "workers": workers,
            "time_scale": time_scale,
            "container": container,
        }
        self.control("PUT", f"endpoints/{name}", config)

    def endpoint_state(self, name: str) -> dict[str, Any]:
        """workers, backlog, running, completed, failed, expired, notification_failures"""
        return self.control("GET", f"endpoints/{name}")

    def slow_training(self, phase_seconds: float) -> None:
        """How long each of a training job's four phases takes."""
        self.control("PUT", "trainings", {"phase_seconds": phase_seconds})

    def direct_classifiers(
        self, phase_seconds: float = 0.3, training: str = "usual", endpoint: str = "usual"
    ) -> None:
        """How Comprehend's trainings (usual, fail, warn, no-metrics) and endpoints (usual, fail)
        are to go, and the least seconds that each of their phases takes."""
        told = {"phase_seconds": phase_seconds, "training": training, "endpoint": endpoint}
        self.control("PUT", "classifiers", told)

    def scale(
        self,
        name: str,
        *,
        minimum: int = 0,
        maximum: int = 1,
        wake_seconds: float = 0.0,
        idle_seconds: float = 0.0,
    ) -> None:
        """Have an asynchronous endpoint scale by its backlog; seconds of its own time."""
        scaling = {"minimum": minimum, "maximum": maximum}
        times = {"wake_seconds": wake_seconds, "idle_seconds": idle_seconds}
        self.control("PUT", f"endpoints/{name}/scaling", {**scaling, **times})

    def endpoint_status(self, name: str, status: str) -> None:
        """Have an asynchronous endpoint say this EndpointStatus; jobs wait while it is Failed."""
        self.control("PUT", f"endpoints/{name}/status", {"status": status})

    def script(self, *, prompt: str | None = None, key: str | None = None, **steps: Any) -> None:
        """Tell the steps for prompts that contain `prompt` (generation=, comprehend=) or for
        pictures whose bucket/key contains `key` (rekognition=); see local/ai/scripting."""
        about = {"prompt": prompt, "key": key}
        told = {name: value for name, value in about.items() if value is not None}
        self.control("POST", "scripts", {**told, **steps})

    def calls(self, operation: str, about: str = "") -> int:
        """How often the operation was called for subjects (prompts, or bucket/key) that contain
        `about`; all of its calls without it."""
        counted = self.control("GET", "calls").get(operation, {"total": 0, "subjects": {}})
        if not about:
            return int(counted["total"])
        return sum(count for subject, count in counted["subjects"].items() if about in subject)

    def reset(self) -> None:
        """Forget scripts and counts; endpoints stay."""
        self.control("DELETE", "scripts")
        self.control("DELETE", "calls")

    def control(self, method: str, what: str, body: object = None) -> dict[str, Any]:
        """A control call, see README.md and local/faults."""
        parts = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, f"/_local/{what}", payload)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {what}: {answer.get('error')}")
        return answer

    def _ready_line(self) -> str:
        stdout = self._running().stdout
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            selector.select(READY_SECONDS)
            line = stdout.readline().decode().strip() if stdout and selector.select(0) else ""
        if not line.startswith("ready "):
            self.stop()
            raise RuntimeError("the AI stand-ins did not start")
        return line

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the AI stand-ins are not running")
        return self._process

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
