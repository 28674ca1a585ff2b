"""SAM CLI as the README calls it, and what must be there for that."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam/bin/sam"
BUILT = ROOT / ".aws-sam/build"
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
RUNTIME = str(TEMPLATE["Globals"]["Function"]["Runtime"])
# Where a container finds its host; it must be an address of this machine.
BRIDGE = os.environ.get("SAM_LOCAL_BRIDGE", "172.17.0.1")
FLAGS = os.environ.get("SAM_LOCAL_FLAGS", "").split()
STARTED_WITHIN = 60.0


@dataclass(frozen=True)
class Answer:
    """What an invocation answered, and what it and SAM CLI logged."""

    payload: Any
    log: str
    seconds: float


def environment(**more: str) -> dict[str, str]:
    """Without AWS settings: with credentials sam local asks STS first. This interpreter's folder
    comes first, so that its Python is found where it is the template's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "SAM_CLI_TELEMETRY": "0"} | more


def sam(*arguments: str, seconds: int = 300, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs one command in the project's folder; its exit code is for the caller to judge."""
    return subprocess.run(
        [str(SAM), *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def invoke(function: str, event: Path, env_vars: Path | None = None) -> Answer:
    """`sam local invoke`. Its exit code says nothing about the handler, so it is not asked."""
    chosen = ("--env-vars", str(env_vars)) if env_vars else ()
    started = time.monotonic()
    ran = sam("local", "invoke", function, "-e", str(event), *chosen, *FLAGS)
    seconds = time.monotonic() - started
    try:
        return Answer(json.loads(ran.stdout), ran.stderr, seconds)
    except ValueError:
        raise AssertionError(f"no answer: {ran.stdout}\n{ran.stderr}") from None


@contextmanager
def start(verb: str, env_vars: Path, log: Path) -> Iterator[str]:
    """Where `sam local start-…` answers. It ends by Ctrl-C, as at a terminal, and then removes its
    containers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [str(SAM), "local", verb, "--port", str(port), "--env-vars", str(env_vars)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *FLAGS], cwd=ROOT, env=environment(), stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + STARTED_WITHIN
        while not _listens(port):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def runtime_on_path() -> bool:
    """Whether the template's Python runs here: a shim of a version manager may only be there."""
    try:
        ran = subprocess.run(
            [RUNTIME, "-c", ""], env=environment(), capture_output=True, check=False
        )
    except OSError:
        return False
    return ran.returncode == 0


def containers_run() -> bool:
    """Whether a container engine answers where DOCKER_HOST says, or at the usual socket."""
    parts = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    unix = parts.scheme == "unix"
    address = parts.path if unix else (str(parts.hostname), parts.port or 2375)
    try:
        with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as engine:
            engine.settimeout(5)
            engine.connect(address)
            engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in engine.recv(64)
    except OSError:
        return False


def bridge_is_here() -> bool:
    """Whether the engine can listen where containers look for their host."""
    with socket.socket() as probe:
        try:
            probe.bind((BRIDGE, 0))
        except OSError:
            return False
    return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
