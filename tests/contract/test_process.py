"""The engine's process: where it listens, how it starts, what it leaves behind."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from contract.machines import ROLE, wait_for

from local.engine import memory
from local.running import Engine, EngineError

pytestmark = pytest.mark.engine


def listening(pids: set[int]) -> set[str]:
    """The addresses that these processes listen on."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(descriptor)))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].split(":")[0])
    return found


def invoke_something(engine: Engine) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "import tempfile\ndef handler(*_): return tempfile.mkdtemp()\n")
    functions = engine.client("lambda")
    functions.create_function(
        FunctionName="any",
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": content.getvalue()},
    )
    assert functions.invoke(FunctionName="any")["StatusCode"] == 200


@pytest.mark.parametrize("path", ["/", "/a-bucket/restapis/a/b/_user_request_/", "/_local/faults"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_web_pages_are_refused(engine: Engine, method: str, path: str) -> None:
    headers = {
        "Origin": "https://elsewhere.example",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
    }
    url = f"{engine.endpoint}{path}"
    asked = urllib.request.Request(url, b"{}", headers, method=method)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)  # noqa: S310
    with refused.value as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_only_loopback_is_listened_on(engine: Engine) -> None:
    assert engine._process is not None
    loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
    assert listening(set(memory.tree(engine._process.pid))) == {loopback}


@pytest.mark.parametrize("ending", ["stop", "parent"])
def test_nothing_is_left_when_it_ends(ending: str) -> None:
    engine = Engine()
    engine.start()
    try:
        invoke_something(engine)
        process = engine._process
        assert process is not None
        assert process.stdin is not None
        pids = list(memory.tree(process.pid))
        assert len(pids) >= 2
        if ending == "parent":
            process.stdin.close()
            process.wait(10)
    finally:
        engine.stop()
    assert process.returncode == 0
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 3)
    assert not list(Path(tempfile.gettempdir()).glob(f"safelight-engine-*/*{engine.port}*"))
    assert not engine.log_file.exists()


def test_a_port_in_use_is_an_error_with_the_logs_end(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"(?s)log.*in use"):
        Engine(port=engine.port, log_file=tmp_path / "log").start()


def test_two_engines_do_not_share_anything(engine: Engine) -> None:
    with Engine() as other:
        other.client("s3").create_bucket(Bucket="only-there")
        names = [bucket["Name"] for bucket in engine.client("s3").list_buckets()["Buckets"]]
        assert "only-there" not in names


def test_it_starts_in_a_few_seconds() -> None:
    started = time.monotonic()
    with Engine():
        assert time.monotonic() - started < 15


def test_help_names_every_option() -> None:
    command = [sys.executable, "-m", "local.engine", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for option in ("--port", "--host", "--ai-endpoint", "--time-scale", "--max-processes"):
        assert option in text
