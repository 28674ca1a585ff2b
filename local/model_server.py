"""The generation endpoint's own server (container/) as a process of this machine's."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from local.running import end

CONTAINER = Path(__file__).parents[1] / "container"
PYTHON = CONTAINER.parent / ".venv-container" / "bin" / "python"
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_PING_SECONDS = 5.0


class ModelServerError(RuntimeError):
    """The server ended, or its model could not be loaded."""


class ModelServer:
    """`with ModelServer(model, log) as server:` server.url answers, once wait() returns.

    `settings` are more of the server's variables.
    """

    def __init__(self, model: Path, log_file: Path, **settings: str) -> None:
        self.log_file = log_file
        self._variables = {
            "PYTHONPATH": str(CONTAINER),
            "SM_MODEL_DIR": str(model.resolve()),
            "HOST": "127.0.0.1",
            "SAGEMAKER_BIND_TO_PORT": "0",
            # More would wait for one another in a model this small.
            "OMP_NUM_THREADS": "1",
            "THREADS": "1",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        check_python()
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [str(PYTHON), "-m", "server", "serve"],
                env={**os.environ, **self._variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def wait(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Returns when /ping answers 200; what it answers until then goes to `progress`. Raises
        ModelServerError."""
        while not (listening := next(self.events("listening"), None)):
            self._check_alive()
            time.sleep(_LOOK_SECONDS)
        self.url = f"http://127.0.0.1:{listening['port']}"
        while (status := self._ping()) != 200:
            self._check_alive()
            progress(f"/ping answers {status or 'nothing'}")
            time.sleep(_LOOK_SECONDS)

    def events(self, name: str) -> Iterator[dict[str, Any]]:
        """What the server's log tells of this, so far."""
        for line in self.log_file.read_text("utf-8", "replace").splitlines(keepends=True):
            if line.startswith("{") and line.endswith("\n"):
                event: dict[str, Any] = json.loads(line)
                if event["event"] == name:
                    yield event

    def stop(self) -> int:
        """Asks it to end, as SageMaker does; its exit code. A second call does nothing."""
        if self._process is None:
            return 0
        end(self._process, _STOP_SECONDS)
        return self._process.returncode

    def _ping(self) -> int:
        try:
            return ping(self.url)
        except OSError:
            return 0

    def _check_alive(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        tail = self.log_file.read_text("utf-8", "replace").splitlines()[-10:]
        raise ModelServerError("\n".join(["The model server has ended. Its last words:", *tail]))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def write_tiny_model(folder: Path, *arguments: str) -> None:
    """A model with random weights, see container/tiny_model.py. Raises ModelServerError."""
    check_python()
    command = [str(PYTHON), str(CONTAINER / "tiny_model.py"), str(folder), *arguments]
    written = subprocess.run(command, capture_output=True, text=True)
    if written.returncode:
        raise ModelServerError(f"the tiny model could not be written:\n{written.stderr}")


def check_python() -> None:
    """Raises ModelServerError where there is no environment with torch."""
    if not PYTHON.exists():
        raise ModelServerError(f"{PYTHON} is missing: `make container-setup` makes it")


def ping(url: str) -> int:
    """What /ping answers. Raises OSError where nobody does."""
    return ask(url, "GET", "/ping", None, {}, _PING_SECONDS)[0]


def ask(
    url: str,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    seconds: float,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """(status, headers, body). Raises OSError."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=seconds)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except http.client.HTTPException as broken:
        raise ConnectionError(f"no HTTP answer: {type(broken).__name__}") from broken
    finally:
        connection.close()
