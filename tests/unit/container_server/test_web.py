"""SageMaker's contract over real HTTP, with a painter instead of a model."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from server.job import DeviceLost, Job, OutOfMemory, Picture
from server.service import Service
from server.settings import Limits, Settings
from server.web import WebServer

PATIENCE = 30.0


class Model:
    """Paints when the gate is open."""

    device, dtype = "test", "none"

    def __init__(self, fails: Callable[[Sequence[Job]], None] = lambda _: None) -> None:
        self.warmed, self.entered, self.gate = (threading.Event() for _ in range(3))
        self.warmed.set()
        self.gate.set()
        self._fails = fails

    def warm_up(self) -> None:
        self.warmed.wait(PATIENCE)

    def paint(self, jobs: Sequence[Job]) -> list[Picture]:
        self.entered.set()
        self.gate.wait(PATIENCE)
        self._fails(jobs)
        return [Picture(Image.new("RGB", (job.shape.width, job.shape.height))) for job in jobs]


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        read = answer.read()
        connection.close()
        return answer.status, answer.headers, read

    def invoke(self, **fields: Any) -> tuple[int, http.client.HTTPMessage, dict[str, Any]]:
        body = json.dumps({"prompt": "a lake", "width": 64, "height": 64, **fields}).encode()
        status, headers, reply = self.ask("POST", "/invocations", body)
        return status, headers, json.loads(reply)

    def ping(self) -> int:
        return self.ask("GET", "/ping")[0]


@contextmanager
def serving(model: Model | Exception, **settings: Any) -> Iterator[tuple[Client, Service]]:
    def load(_: Settings) -> Model:
        if isinstance(model, Exception):
            raise model
        return model

    usual = Settings.from_env({"HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": "0"})
    quick = replace(usual, batch_wait_seconds=0.0, failure_seconds=0.0, shutdown_seconds=PATIENCE)
    service = Service(replace(quick, **settings), load)
    with WebServer(service) as web:
        threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True).start()
        service.start()
        try:
            yield Client(web.server_address[1]), service
        finally:
            if isinstance(model, Model):
                model.gate.set()
                model.warmed.set()
            service.stop()
            service.wait()
            web.finish(PATIENCE)


def until(condition: Callable[[], bool]) -> None:
    """Polls; pytest's own time limit ends a test that waits in vain."""
    while not condition():
        threading.Event().wait(0.01)


@pytest.fixture
def client() -> Iterator[Client]:
    with serving(Model()) as (made, _):
        until(lambda: made.ping() == 200)
        yield made


def test_an_invocation(client: Client) -> None:
    status, headers, reply = client.invoke(num_images_per_prompt=2)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert headers["X-Batch-Images"] == "2"
    assert len(reply["generated_images"]) == 2
    assert len(reply["generated_images"][0]) == 64
    assert reply["prompt"] == "a lake"


def test_the_reply_has_the_type_that_was_asked_for(client: Client) -> None:
    body = b'{"prompt": "a lake"}'
    status, headers, _ = client.ask(
        "POST",
        "/invocations",
        body,
        Accept="application/json;jpeg",
        Content_Type="application/json",
    )
    assert (status, headers["Content-Type"]) == (200, "application/json;jpeg")


def error_of(reply: bytes) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(reply)["error"]
    assert error.keys() == {"type", "field", "rule", "message"}
    return error


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "kind"),
    [
        ("POST", "/invocations", b"{", {}, 400, "InvalidRequest"),
        ("POST", "/invocations", b"a", {"Content_Type": "a/b"}, 415, "UnsupportedContentType"),
        ("POST", "/invocations", b'{"prompt":"a"}', {"Accept": "image/png"}, 406, "NotAcceptable"),
        ("POST", "/invocations", b"a" * 300_000, {}, 413, "RequestTooLarge"),
        ("POST", "/invocations", None, {"Content_Length": "x"}, 411, "LengthRequired"),
        ("POST", "/invocations", None, {"Content_Length": "9" * 5000}, 411, "LengthRequired"),
        ("POST", "/ping", b"", {}, 405, "MethodNotAllowed"),
        ("GET", "/invocations", None, {}, 405, "MethodNotAllowed"),
        ("GET", "/", None, {}, 404, "NotFound"),
        ("DELETE", "/ping", None, {}, 501, "NotImplemented"),
    ],
)  # fmt: skip
def test_errors_have_types(
    client: Client,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    status: int,
    kind: str,
) -> None:
    answered, _, reply = client.ask(method, path, body, **headers)
    assert (answered, error_of(reply)["type"]) == (status, kind)
    assert client.ping() == 200


def test_a_connection_is_kept_after_an_error_of_the_request(client: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=PATIENCE)
    for _ in range(2):
        connection.request("POST", "/invocations", b"{}")
        assert connection.getresponse().read()
    connection.close()


def test_it_is_not_ready_before_the_model_is_warm() -> None:
    model = Model()
    model.warmed.clear()
    with serving(model) as (client, _):
        assert client.ping() == 503
        status, headers, reply = client.invoke()
        assert (status, reply["error"]["type"]) == (503, "Unavailable")
        assert int(headers["Retry-After"]) > 0
        model.warmed.set()
        until(lambda: client.ping() == 200)
        assert client.invoke()[0] == 200


def test_a_model_that_cannot_be_loaded_is_a_failure_for_good(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(ValueError("no such model")) as (client, service):
        until(lambda: client.ping() == 500)
        assert service.wait() == 1
    assert "no such model" in capsys.readouterr().out


def refuse(error: Exception) -> Callable[[Sequence[Job]], None]:
    def fail(_: Sequence[Job]) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "kind"),
    [(RuntimeError("secret"), "ModelError"), (OutOfMemory(), "OutOfMemory")],
)
def test_what_breaks_in_the_model_is_told_without_its_words(
    error: Exception, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Model(refuse(error))) as (client, _):
        until(lambda: client.ping() == 200)
        status, _, reply = client.invoke(prompt="a secret lake")
        assert (status, reply["error"]["type"]) == (500, kind)
        assert "secret" not in json.dumps(reply)
        assert client.ping() == 200
    assert "secret" not in capsys.readouterr().out


def test_a_lost_accelerator_ends_the_process() -> None:
    with serving(Model(refuse(DeviceLost()))) as (client, service):
        until(lambda: client.ping() == 200)
        assert client.invoke()[0] == 500
        assert service.wait() == 1
        assert client.ping() == 500


Answer = tuple[int, http.client.HTTPMessage, dict[str, Any]]


class Asking:
    """Requests of other threads."""

    def __init__(self, client: Client, count: int, **fields: Any) -> None:
        self.answers: list[Answer] = []
        self._threads = [
            threading.Thread(target=lambda: self.answers.append(client.invoke(**fields)))
            for _ in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> list[Answer]:
        for thread in self._threads:
            thread.join(PATIENCE)
        return self.answers


@contextmanager
def busy(**settings: Any) -> Iterator[tuple[Model, Client, Service, Asking]]:
    """A server that paints one picture until its model's gate is opened."""
    model = Model()
    with serving(model, **settings) as (client, service):
        until(lambda: client.ping() == 200)
        model.gate.clear()
        first = Asking(client, 1)
        model.entered.wait(PATIENCE)
        yield model, client, service, first


def test_requests_at_the_same_time_are_one_batch() -> None:
    with busy() as (model, client, service, first):
        rest = Asking(client, 8)
        until(lambda: service.batcher.waiting == 8)
        model.gate.set()
        sizes = [headers["X-Batch-Images"] for _, headers, _ in first.join() + rest.join()]
    assert sizes == ["1", *["8"] * 8]


def test_a_full_queue_asks_to_come_again() -> None:
    with busy(queue_images=2) as (model, client, service, first):
        queued = Asking(client, 2)
        until(lambda: service.batcher.waiting == 2)
        status, headers, reply = client.invoke()
        assert (status, reply["error"]["rule"]) == (503, "capacity")
        assert int(headers["Retry-After"]) >= 1
        assert client.ping() == 200
        model.gate.set()
        assert [status for status, _, _ in first.join() + queued.join()] == [200] * 3


def test_a_client_that_goes_away_is_not_painted_for(capsys: pytest.CaptureFixture[str]) -> None:
    with busy() as (model, client, service, _):
        body = b'{"prompt": "a lake"}'
        with socket.create_connection(("127.0.0.1", client.port)) as leaving:
            head = f"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
            leaving.sendall(head.encode() + body)
            until(lambda: service.batcher.waiting == 1)
        told = ""
        while '"status": 499' not in told:
            told += capsys.readouterr().out
        model.gate.set()
        assert client.invoke()[0] == 200
    batches = [line for line in capsys.readouterr().out.splitlines() if '"event": "batch"' in line]
    assert len(batches) == 2


def test_what_was_taken_is_answered_before_the_end_and_no_more_is_taken() -> None:
    with busy() as (model, client, service, first):
        queued = Asking(client, 2)
        until(lambda: service.batcher.waiting == 2)
        service.stop()
        ending = threading.Thread(target=service.wait)
        ending.start()
        until(lambda: client.ping() == 503)
        assert client.invoke()[0] == 503
        model.gate.set()
        assert [status for status, _, _ in first.join() + queued.join()] == [200] * 3
        ending.join(PATIENCE)


def test_what_is_not_painted_in_time_is_refused() -> None:
    with busy(shutdown_seconds=0.0) as (_, client, service, under_way):
        queued = Asking(client, 1)
        until(lambda: service.batcher.waiting == 1)
        service.stop()
        assert service.wait() == 0
        assert [status for status, _, _ in under_way.join() + queued.join()] == [503] * 2


def test_limits_are_the_settings() -> None:
    with serving(Model(), limits=Limits(most_side=128)) as (client, _):
        until(lambda: client.ping() == 200)
        assert client.invoke(width=128)[0] == 200
        assert client.invoke(width=136)[2]["error"]["field"] == "width"
