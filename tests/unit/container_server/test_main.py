"""The server's process: what ends it before it listens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from wiring.system import ROOT


def serve(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", "serve"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "container"), **variables},
        capture_output=True,
        text=True,
    )


def test_a_malformed_setting_is_named() -> None:
    ended = serve(MAX_BATCH="0")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "server: MAX_BATCH must be a whole number from 1 to 256\n"


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = serve(HOST="127.0.0.1", SAGEMAKER_BIND_TO_PORT=port)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"server: cannot listen on 127.0.0.1:{port}: Address already in use\n"
