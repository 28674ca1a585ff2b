"""SageMaker's contract over HTTP: GET /ping and POST /invocations.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import contextlib
import http.server
import json
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from server.batching import QueueFull, Stopping, Ticket
from server.job import OutOfMemory, Picture
from server.log import tell, where
from server.rejection import Rejection
from server.reply import ARRAYS, encode, form_of
from server.request import Order, read_order
from server.service import Service, State

_PATHS = {"/ping": "GET", "/invocations": "POST"}
_PING = {State.READY: 200, State.LOADING: 503, State.STOPPING: 503, State.FAILED: 500}
# How often a request that waits looks whether its client is still there.
_LOOK_SECONDS = 0.2
# What is read of a body that is too large, so that its sender gets to read the answer.
_DRAINED_BYTES = 8 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
# Of a Content-Length; Python reads no whole number of some thousand digits.
_MOST_DIGITS = 18
_RETRY_SECONDS = 30


class WebServer(http.server.ThreadingHTTPServer):
    """A thread for each connection; they wait while one thread paints."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, service: Service) -> None:
        self.service = service
        self._answering = 0
        self._answered = threading.Condition()
        super().__init__((service.settings.host, service.settings.port), _Handler)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Around what finish() waits for."""
        with self._answered:
            self._answering += 1
        try:
            yield
        finally:
            with self._answered:
                self._answering -= 1
                self._answered.notify_all()

    def finish(self, seconds: float) -> None:
        """Takes no more connections, and waits for what is being answered."""
        self.shutdown()
        with self._answered:
            self._answered.wait_for(lambda: not self._answering, seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke: told without what was on it."""
        kind, error, _ = sys.exc_info()
        if error is not None and kind is not None:
            tell("connection_lost", error=kind.__name__, where=where(error))


class _Gone(Exception):
    """The client has closed its connection."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"
    timeout = 120  # seconds that a client may be silent within a request, and between two
    # Else a body waits for its headers' receipt: 40 ms on a connection that is kept.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """/ping: 200 ready, 503 loading or stopping, 500 failed for good."""
        if not self._is_for("GET"):
            return
        state = self.server.service.state
        self._answer(_PING[state], json.dumps({"state": state.value}).encode())

    def do_POST(self) -> None:
        """/invocations: pictures, or a Rejection's body."""
        if self._is_for("POST"):
            with self.server.answering():
                self._answer_invocation()

    def _answer_invocation(self) -> None:
        started = time.monotonic()
        try:
            ticket, reply, form = self._invoke()
        except Rejection as rejection:
            _tell(started, rejection.status)
            self._reject(rejection)
        except _Gone:
            _tell(started, 499)
            self.close_connection = True
        else:
            _tell(started, 200, len(ticket.pictures))
            batches = ",".join(map(str, ticket.batches))
            self._answer(200, reply, form, {"X-Batch-Images": batches})

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the library finds wrong with a request, in the form of all other errors."""
        self.close_connection = True
        phrase = HTTPStatus(code).phrase
        self._reject(Rejection(code, phrase.title().replace(" ", ""), "http", phrase))

    def version_string(self) -> str:
        """Nobody needs to know which Python this is."""
        return "Safelight"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: SageMaker asks /ping every few seconds."""

    def _is_for(self, method: str) -> bool:
        wanted = _PATHS.get(self.path.partition("?")[0])
        if wanted != method:
            self.send_error(405 if wanted else 404)
        return wanted == method

    def _invoke(self) -> tuple[Ticket, bytes, str]:
        """(what was painted, the reply, its content type)"""
        settings = self.server.service.settings
        body = self._body(settings.limits.most_request_bytes)
        order = read_order(body, self.headers.get("Content-Type", ""), settings.limits)
        form = form_of(self.headers.get("Accept", ""))
        ticket, pictures = self._paint(order)
        return ticket, encode(order, pictures, form, settings.model_version), form

    def _body(self, most: int) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) <= _MOST_DIGITS):
            self.close_connection = True
            raise Rejection(411, "LengthRequired", "content_length", "Content-Length is required")
        if int(length) > most:
            self.close_connection = True
            self._drain(min(int(length), _DRAINED_BYTES))
            message = f"a request may have {most} bytes"
            raise Rejection(413, "RequestTooLarge", "max_bytes", message)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _Gone
        return body

    def _drain(self, count: int) -> None:
        while count > 0 and (read := self.rfile.read(min(count, _PIECE_BYTES))):
            count -= len(read)

    def _paint(self, order: Order) -> tuple[Ticket, list[Picture]]:
        """The ticket and its pictures when they are painted; raises Rejection, and _Gone."""
        service = self.server.service
        if service.state is not State.READY:
            raise _unavailable(f"the server is {service.state.value}", _RETRY_SECONDS)
        try:
            ticket = service.batcher.submit(order.jobs)
            while not ticket.wait(_LOOK_SECONDS):
                if _has_left(self.connection):
                    ticket.give_up()
                    raise _Gone
            return ticket, ticket.result()
        except QueueFull as full:
            raise _unavailable("too many pictures wait", full.seconds) from None
        except Stopping:
            raise _unavailable("the server is stopping", _RETRY_SECONDS) from None
        except OutOfMemory:
            message = "the accelerator has too little memory for a picture of this size"
            raise Rejection(500, "OutOfMemory", "memory", message) from None
        except _Gone:
            raise
        except Exception as error:  # noqa: BLE001 - a model raises what it likes; told where it did
            rule = type(error).__name__
            raise Rejection(500, "ModelError", rule, "the model failed") from None

    def _reject(self, rejection: Rejection) -> None:
        after = rejection.retry_after
        self._answer(
            rejection.status, rejection.body, ARRAYS, {"Retry-After": str(after)} if after else {}
        )

    def _answer(
        self, status: int, body: bytes, kind: str = ARRAYS, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _tell(started: float, status: int, images: int = 0) -> None:
    """499, as nginx has it: the client did not wait for the answer."""
    seconds = round(time.monotonic() - started, 3)
    tell("invocation", status=status, images=images, seconds=seconds)


def _unavailable(message: str, retry_after: int) -> Rejection:
    return Rejection(503, "Unavailable", "capacity", message, retry_after=retry_after)


def _has_left(connection: socket.socket) -> bool:
    """Whether the other end has closed: readable, and nothing there."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(0):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
