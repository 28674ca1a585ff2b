"""`sam local start-lambda` serves the state machine's functions through Lambda's own API."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from sam_local.sam import FLAGS, ROOT, SAM, environment
from sam_local.stage import EVENTS, Stage

STARTED_WITHIN = 60.0


@pytest.mark.sam_local
@pytest.mark.timeout(300)
def test_two_functions_answer_lambda_s_api(stage: Stage, tmp_path: Path) -> None:
    with start_lambda(stage.env_vars(tmp_path), tmp_path / "log") as endpoint:
        served = boto3.client(
            "lambda",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(read_timeout=120, retries={"total_max_attempts": 1}),
        )
        blocked = call(served, "FilterKeywordsFunction", "filter_keywords/blocked_word")
        assert blocked["verdict"] == "block"
        # None of test_invoke's: the sweeper may have ended those, whose deadlines are past.
        request = "accept_request/direct_start_with_request_id"
        accepted = call(served, "AcceptRequestFunction", request)
        assert accepted["verdict"] == "accepted"
        served.close()


def call(client: Any, function: str, event: str) -> dict[str, Any]:
    payload = (EVENTS / f"{event}.json").read_bytes()
    answer: dict[str, Any] = json.load(
        client.invoke(FunctionName=function, Payload=payload)["Payload"]
    )
    return answer


@contextmanager
def start_lambda(env_vars: Path, log: Path) -> Iterator[str]:
    """Where it answers. It ends by Ctrl-C, as at a terminal, and then removes its containers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [str(SAM), "local", "start-lambda", "--port", str(port), "--env-vars", str(env_vars)]
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


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
