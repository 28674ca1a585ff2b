"""A model server in the container's place, asked as SageMaker asks one."""

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.ai.running import StandIns

Invoke = Callable[..., dict[str, Any]]
REQUEST = {"prompt": "a red fox"}


class Model(http.server.ThreadingHTTPServer):
    """Not ready at first; echoes what it is asked, or answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pings: list[int] = []
        self.asked: list[tuple[str | None, str | None, bytes]] = []
        self.status, self.seconds = 200, 0.0
        self.at_once, self.most_at_once = 0, 0
        self.lock = threading.Lock()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Model

    def do_GET(self) -> None:
        assert self.path == "/ping"
        self.server.pings.append(503 if not self.server.pings else 200)
        self._send(self.server.pings[-1], b"")

    def do_POST(self) -> None:
        assert self.path == "/invocations"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        model = self.server
        with model.lock:
            model.asked.append((self.headers["Content-Type"], self.headers["Accept"], body))
            model.at_once += 1
            model.most_at_once = max(model.most_at_once, model.at_once)
        time.sleep(model.seconds)
        with model.lock:
            model.at_once -= 1
        self._send(model.status, b"told of it" if model.status != 200 else body)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json;jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def model(stand_ins: StandIns) -> Iterator[Model]:
    """Behind the endpoint `served`."""
    server = Model()
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    stand_ins.register_endpoint(
        "served", output_path="s3://work/out", failure_path="s3://work/fail",
        success_topic="arn:aws:sns:us-east-1:0:success",
        error_topic="arn:aws:sns:us-east-1:0:error",
        workers=3, container=f"http://127.0.0.1:{server.server_port}",
    )  # fmt: skip
    yield server
    server.shutdown()
    server.server_close()


def test_its_reply_is_the_output(invoke: Invoke, engine: Any, model: Model) -> None:
    invoke("one", REQUEST, EndpointName="served")
    [(topic, notice)] = engine.wait_for(1)
    assert model.pings == [503, 200]
    sent = json.dumps(REQUEST).encode()
    assert model.asked == [("application/json", "application/json;jpeg", sent)]
    assert engine.objects["work/out/one.out"] == (sent, "application/json;jpeg")
    assert topic == "success"
    assert notice["responseParameters"]["contentType"] == "application/json;jpeg"


def test_as_many_as_there_are_workers_are_asked_at_once(
    invoke: Invoke, engine: Any, model: Model
) -> None:
    model.seconds = 0.6
    for number in range(6):
        invoke(f"job-{number}", REQUEST, EndpointName="served")
    engine.wait_for(6)
    assert model.most_at_once == 3


@pytest.mark.parametrize(("status", "side"), [(400, "client"), (422, "client"), (503, "server")])
def test_its_errors_are_failures(
    invoke: Invoke, engine: Any, model: Model, status: int, side: str
) -> None:
    model.status = status
    invoke("bad", REQUEST, EndpointName="served")
    [(topic, notice)] = engine.wait_for(1)
    assert (topic, notice["invocationStatus"]) == ("error", "Failed")
    assert f"Received {side} error ({status}) from model" in notice["failureReason"]
    failure = json.loads(engine.objects["work/fail/bad-error.out"][0])
    assert failure == {"code": status, "message": "told of it"}


def test_it_must_answer_in_time(invoke: Invoke, engine: Any, model: Model) -> None:
    model.seconds = 1.5
    invoke("late", REQUEST, EndpointName="served", InvocationTimeoutSeconds=1)
    assert "server error (500)" in engine.wait_for(1)[0][1]["failureReason"]
    failure = json.loads(engine.objects["work/fail/late-error.out"][0])
    assert "InvocationTimeoutSeconds" in failure["message"]


def test_who_never_answers_the_ping_lets_requests_expire(
    invoke: Invoke, engine: Any, stand_ins: StandIns
) -> None:
    stand_ins.register_endpoint(
        "gone", output_path="s3://work/out", error_topic="arn:aws:sns:us-east-1:0:error",
        time_scale=300, container="http://127.0.0.1:9",
    )  # fmt: skip
    invoke("nobody", REQUEST, EndpointName="gone", RequestTTLSeconds=60)
    assert engine.wait_for(1)[0][1]["invocationStatus"] == "Expired"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", "http://", "http://127.0.0.1:1/invocations"])
def test_addresses_that_cannot_be(stand_ins: StandIns, url: str) -> None:
    with pytest.raises(RuntimeError, match="container"):
        stand_ins.register_endpoint("served", output_path="s3://work/out", container=url)
