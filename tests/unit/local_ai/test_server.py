"""The server itself: protocols it does not speak, odd requests, many callers, start and stop."""

import concurrent.futures
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from local.ai.running import StandIns
from local.ai.scripting.calls import MOST_SUBJECTS, Calls


def ask(
    stand_ins: StandIns, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(stand_ins.endpoint.removeprefix("http://"), timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    answer: dict[str, Any] = json.loads(response.read())
    connection.close()
    return response.status, answer


def test_health_names_the_stand_ins(stand_ins: StandIns, moderator_name: str) -> None:
    assert ask(stand_ins, "GET", "/_local/health") == (
        200,
        {
            "status": "ok",
            "stand_ins": {
                "AnyScaleFrontendService": "local-remembers-scaling-1",
                "BedrockRuntime": "local-guardrail-1",
                "Comprehend_20171127": "local-hashed-linear-classifier-1",
                "Comprehend_20171127.DetectDominantLanguage": "local-trigram-language-detector-1",
                "CustomClassification": "local-custom-classifier-1",
                "RekognitionService": moderator_name,
                "RekognitionService.DetectText": "local-marker-text-1",
                "SageMaker": "local-trains-nothing-1",
                "SageMakerRuntime": "local-procedural-painter-1",
            },
        },
    )


@pytest.mark.parametrize(
    ("path", "headers", "status", "error"),
    [
        ("/", {"Content_Type": "application/cbor"}, 415, "UnsupportedMediaType"),
        (
            "/service/Comprehend_20171127/operation/ClassifyDocument",
            {"smithy_protocol": "rpc-v2-cbor"},
            415,
            "UnsupportedMediaType",
        ),
        ("/", {}, 404, "UnknownOperationException"),
        ("/", {"X_Amz_Target": "DynamoDB_20120810.PutItem"}, 404, "UnknownOperationException"),
        ("/", {"X_Amz_Target": "Comprehend_20171127.X"}, 400, "UnknownOperationException"),
        ("/endpoints/painter/invocations", {}, 400, "ValidationError"),
        ("/endpoints/painter/async-invocations", {}, 400, "ValidationError"),
    ],
)
def test_what_is_not_spoken_here(
    stand_ins: StandIns, path: str, headers: dict[str, str], status: int, error: str
) -> None:
    got, answer = ask(stand_ins, "POST", path, b"", **headers)
    assert (got, answer["__type"]) == (status, error)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_bodies_that_are_no_json_objects(stand_ins: StandIns, body: bytes) -> None:
    target = {"X_Amz_Target": "Comprehend_20171127.ClassifyDocument"}
    status, answer = ask(stand_ins, "POST", "/", body, **target)
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_bodies_without_end_are_refused(stand_ins: StandIns) -> None:
    assert ask(stand_ins, "POST", "/", Content_Length=str(10**9))[0] == 413
    assert ask(stand_ins, "POST", "/", Content_Length="many")[0] == 411


def test_odd_control_calls(stand_ins: StandIns) -> None:
    assert ask(stand_ins, "POST", "/_local/scripts", b"{")[0] == 400
    assert ask(stand_ins, "GET", "/_local/nothing")[0] == 404
    assert ask(stand_ins, "DELETE", "/_local/endpoints/painter")[0] == 400
    assert ask(stand_ins, "GET", "/_local/endpoints/nobody")[0] == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"output_path": "file:///tmp"}, 400),
        ({"workers": 0}, 400),
        ({"time_scale": 0}, 400),
        ({"success_topic": "success"}, 400),
        ({"instances": 3}, 400),
        ({"output_path": None}, 400),
    ],
)
def test_endpoints_that_cannot_be(stand_ins: StandIns, change: dict[str, Any], status: int) -> None:
    config = json.dumps({"output_path": "s3://work/out", **change}).encode()
    assert ask(stand_ins, "PUT", "/_local/endpoints/bad", config)[0] == status
    assert ask(stand_ins, "GET", "/_local/endpoints/bad")[0] == 404


def test_registration_publishes_a_test_notification(stand_ins: StandIns, engine: Any) -> None:
    engine.refuse_notices = 1
    with pytest.raises(RuntimeError, match="the engine: sns POST: 500"):
        stand_ins.register_endpoint(
            "new", output_path="s3://work/out", success_topic="arn:aws:sns:us-east-1:0:success"
        )


def test_the_engine_may_be_told_later(stand_ins: StandIns) -> None:
    with StandIns() as alone:
        config = {"output_path": "s3://work/out", "success_topic": "arn:aws:sns:us-east-1:0:s"}
        with pytest.raises(RuntimeError, match="not known yet"):
            alone.register_endpoint("painter", **config)  # type: ignore[arg-type]
        alone.use_engine("http://127.0.0.1:1")
        with pytest.raises(RuntimeError, match="ConnectionRefusedError"):
            alone.register_endpoint("painter", **config)  # type: ignore[arg-type]
        with pytest.raises(RuntimeError, match="http://HOST:PORT"):
            alone.use_engine("somewhere")


def test_twenty_callers_at_once(stand_ins: StandIns) -> None:
    body = json.dumps({"TextSegments": [{"Text": "a lake"}], "LanguageCode": "en"}).encode()
    target = {"X_Amz_Target": "Comprehend_20171127.DetectToxicContent"}
    stand_ins.script(prompt="lake", comprehend=[{"slow": 0.3}])
    with concurrent.futures.ThreadPoolExecutor(20) as callers:
        asked = [callers.submit(ask, stand_ins, "POST", "/", body, **target) for _ in range(20)]
        answers = [one.result(timeout=4) for one in asked]
    assert [status for status, _ in answers] == [200] * 20
    assert stand_ins.calls("DetectToxicContent", "lake") == 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_on_signals(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "local.ai", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ready http://127.0.0.1:")
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out) == (0, b"")
    assert b"Traceback" not in err


STARTS_AND_DIES = """
import os
from local.ai.running import StandIns
print(StandIns().start().pid, flush=True)
os._exit(1)
"""


def test_it_ends_with_its_parent() -> None:
    process = subprocess.run(
        [sys.executable, "-c", STARTS_AND_DIES], capture_output=True, timeout=20
    )
    pid = int(process.stdout)
    for _ in range(250):
        if not is_alive(pid):
            return
        time.sleep(0.02)
    pytest.fail("the server outlived its parent")


def is_alive(pid: int) -> bool:
    """A zombie, which stays where nobody reaps orphans, is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_taken_port_is_said_at_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stand_ins = StandIns(port=taken.getsockname()[1])
        with pytest.raises(RuntimeError, match="did not start"):
            stand_ins.start()


def test_counts_forget_old_subjects_but_no_totals() -> None:
    calls = Calls()
    for number in range(MOST_SUBJECTS + 10):
        calls.count("ClassifyDocument", f"prompt {number}")
    report = calls.report()["ClassifyDocument"]
    assert report["total"] == MOST_SUBJECTS + 10
    assert len(report["subjects"]) == MOST_SUBJECTS
    assert "prompt 9" not in report["subjects"]
