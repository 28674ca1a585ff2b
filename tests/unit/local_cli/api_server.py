"""An API that answers as it is told, on a port of this machine."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request that came."""

    method: str
    path: str
    headers: Message
    body: bytes


class ApiServer(ThreadingHTTPServer):
    """`with ApiServer() as server: server.url`; `answers` by method and path, 404 for others.

    A text is answered as it is, None without a body; each answer has `headers`.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.headers: dict[str, str] = {}
        self.calls: list[Call] = []

    def __enter__(self) -> ApiServer:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()

    def asked(self) -> list[str]:
        """The calls, as `METHOD path`."""
        return [f"{call.method} {call.path}" for call in self.calls]


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.calls.append(Call(self.command, self.path, self.headers, body))
        missing = 404, {"detail": "this stack has no reviews", "code": "not_found"}
        status, told = self.server.answers.get((self.command, self.path), missing)
        text = told if isinstance(told, str) else "" if told is None else json.dumps(told)
        self.send_response(status)
        for name, value in {**self.server.headers, "Content-Length": len(text.encode())}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - http.server's names

    def log_message(self, *args: object) -> None:
        """Nothing."""
