"""Serves the page, its settings and the API at one origin, as CloudFront does in an account."""

from __future__ import annotations

import http.client
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from local.page.api import PREFIX, Answer, Api, Headers, is_for_api
from local.page.callers import refusal
from local.page.files import find
from local.page.headers import CACHE_CONTROL, security_headers

FOLDER = Path(__file__).parents[2] / "web" / "public"
CONFIG = "/config.json"
# API Gateway's own limit of a request's payload.
MOST_BODY_BYTES = 10 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
_IDLE_SECONDS = 75
# How long the end may take: it is looked for this often.
_END_SECONDS = 0.05
# Requests of one browser come in parallel, and each has a thread.
_BACKLOG = 128
_READING = ("GET", "HEAD")


class PageServer(ThreadingHTTPServer):
    """`with PageServer(engine, api_id) as page: page.url`; port 0 is a free one.

    With `reviews` the page leads to the review desk. OSError where the port is taken. Classifier
    and moderator are stand-ins whoever paints, so that the page's settings say so of the whole.
    """

    daemon_threads = True
    request_queue_size = _BACKLOG

    def __init__(
        self,
        engine: str,
        api_id: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        folder: Path = FOLDER,
        reviews: bool = False,
    ) -> None:
        self.api, self.folder = Api(engine, api_id), folder
        # The links to pictures are signed for the engine's own address.
        self.headers = list(security_headers(engine).items())
        settings = {
            "api": PREFIX,
            "auth": {"kind": "none"},
            "stand_ins": True,
            "reviews": reviews,
        }
        self.settings = json.dumps(settings).encode()
        super().__init__((host, port), _Handler)
        reached_at = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        self.url = f"http://{reached_at}:{self.server_port}/"

    def __enter__(self) -> PageServer:
        looking = (_END_SECONDS,)
        threading.Thread(target=self.serve_forever, args=looking, name="page", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is nobody's error."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: PageServer

    def _serve(self) -> None:
        path = self.path.partition("?")[0]
        body = self._body()
        if body is None:
            return
        asked = self.headers.get
        refused = refusal(self.command, asked("Host", ""), asked("Origin"), asked("Sec-Fetch-Site"))
        if refused is not None:
            self._problem(403, "forbidden", refused)
        elif is_for_api(path):
            self._send(self._asked(body))
        elif self.command not in _READING:
            self._problem(405, "method_not_allowed", "Files are only read.", ("Allow", "GET, HEAD"))
        elif path == CONFIG:
            self._file(self.server.settings, "application/json", [("Cache-Control", "no-store")])
        else:
            self._page(path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def _body(self) -> bytes | None:
        """The request's body; None where it was refused."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self.close_connection = True
            self._problem(411, "length_required", "Content-Length is needed.")
            return None
        if int(length) > MOST_BODY_BYTES:
            self._skip(int(length))
            self._problem(413, "too_large", f"A request has at most {MOST_BODY_BYTES} bytes.")
            return None
        return self.rfile.read(int(length))

    def _skip(self, length: int) -> None:
        """What is never read would end the connection before the caller reads the answer."""
        while length > 0 and (read := self.rfile.read(min(length, _PIECE_BYTES))):
            length -= len(read)

    def _asked(self, body: bytes) -> Answer:
        headers, client = list(self.headers.items()), str(self.client_address[0])
        try:
            return self.server.api.ask(self.command, self.path, headers, body, client)
        except TimeoutError:
            return _problem(504, "unavailable", "The API did not answer in time.")
        except (OSError, http.client.HTTPException):
            return _problem(502, "unavailable", "The engine did not answer.")

    def _page(self, path: str) -> None:
        file = find(self.server.folder, path)
        if file is None:
            self._problem(404, "not_found", "There is no such file.")
            return
        cached = [("Cache-Control", CACHE_CONTROL), ("ETag", file.tag)]
        if file.tag in self.headers.get("If-None-Match", ""):
            self._send(Answer(304, [*self.server.headers, *cached], b""))
        else:
            self._file(file.content, file.content_type, cached)

    def _file(self, content: bytes, content_type: str, more: Headers) -> None:
        headers = [("Content-Type", content_type), *self.server.headers, *more]
        self._send(Answer(200, headers, content))

    def _problem(self, status: int, code: str, detail: str, *more: tuple[str, str]) -> None:
        answer = _problem(status, code, detail)
        self._send(Answer(status, [*answer.headers, *self.server.headers, *more], answer.body))

    def _send(self, answer: Answer) -> None:
        """Head and body in one write: two would wait for each other's acknowledgement."""
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        body = b"" if self.command == "HEAD" or answer.status in (204, 304) else answer.body
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        buffer: list[bytes] = self._headers_buffer  # type: ignore[attr-defined]
        buffer.append(b"\r\n" + body)
        self.flush_headers()

    def log_message(self, *args: object) -> None:
        """No access log: addresses name requests, and links are keys to pictures."""


def _problem(status: int, code: str, detail: str) -> Answer:
    """An error in the API's own shape."""
    told = {
        "type": "about:blank",
        "title": http.client.responses[status],
        "status": status,
        "detail": detail,
        "code": code,
    }
    headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
    return Answer(status, headers, json.dumps(told).encode())
