"""A page server over a folder of files, before an engine that repeats what it was asked."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.page.server import PageServer


class Echo(BaseHTTPRequestHandler):
    """Answers with the request as it arrived."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        arrived = {
            "method": self.command,
            "target": self.path,
            "headers": list(self.headers.items()),
            "body": body.decode(),
        }
        content = json.dumps(arrived).encode()
        self.send_response(202)
        self.send_header("Location", "/api/images/api-1")
        self.send_header("Connection", "X-Of-One-Hop")
        self.send_header("X-Of-One-Hop", "1")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, *args: object) -> None:
        pass


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


Ask = Callable[..., Answer]


@pytest.fixture
def engine() -> Iterator[str]:
    """The address of what stands where the engine does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "public"
    (folder / "js").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "js" / "view.js").write_text("export {};")
    (folder / "notes.md").write_text("for whoever works on it")
    (tmp_path / "secret.txt").write_text("beside it")
    return folder


@pytest.fixture
def page(engine: str, folder: Path) -> Iterator[PageServer]:
    with PageServer(engine, "abc123", folder=folder) as running:
        yield running


@pytest.fixture
def ask(page: PageServer) -> Ask:
    """Asks the page server: ask(target, method="GET", body=None, **headers)."""

    def ask(
        target: str, method: str = "GET", body: bytes | None = None, headers: Any = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=10)
        try:
            connection.request(method, target, body, headers or {})
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    return ask
