"""Hands requests on to the API of a stack on the local engine."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

Headers = list[tuple[str, str]]
PREFIX = "/api"
# Longer than API Gateway's 29 s: functions start slowly on a busy machine.
_PATIENCE_SECONDS = 60.0
# RFC 9110, 7.6.1: of one connection, never handed on.
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection")
) | {"te", "trailer", "transfer-encoding", "upgrade"}
# Said anew for the next connection, or by this server alone.
_OURS = {"host", "content-length", "expect", "forwarded"}
# What proxies say of a request; what the API says to other origins, which this one keeps out.
_OTHERS = ("x-forwarded-", "access-control-")


@dataclass(frozen=True)
class Answer:
    """What the API answered. `headers` are those that the caller gets, without the length."""

    status: int
    headers: Headers
    body: bytes


class Api:
    """The API of one stack: `base` is where the engine serves its stage."""

    def __init__(self, engine: str, api_id: str) -> None:
        self._engine = urlsplit(engine).netloc
        self._base = f"/restapis/{api_id}{PREFIX}/_user_request_"

    def ask(self, method: str, target: str, headers: Headers, body: bytes, client: str) -> Answer:
        """The answer to a request whose target begins with /api; OSError or HTTPException."""
        connection = http.client.HTTPConnection(self._engine, timeout=_PATIENCE_SECONDS)
        try:
            connection.putrequest(
                method, self._base + target.removeprefix(PREFIX), skip_accept_encoding=True
            )
            for name, value in [*_handed_on(headers), *_about(headers, client)]:
                connection.putheader(name, value)
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            reply = connection.getresponse()
            return Answer(reply.status, _handed_on(reply.getheaders()), reply.read())
        finally:
            connection.close()


def is_for_api(path: str) -> bool:
    """Whether a path is the API's; one that climbs is not, however it is written."""
    below = path == PREFIX or path.startswith(f"{PREFIX}/")
    return below and not any(part in (".", "..") for part in unquote(path).split("/"))


def _handed_on(headers: Iterable[tuple[str, str]]) -> Headers:
    pairs = list(headers)
    named = {
        option.strip().lower()
        for name, value in pairs
        if name.lower() == "connection"
        for option in value.split(",")
    }
    left_out = _HOP_BY_HOP | _OURS | named
    return [
        (name, value)
        for name, value in pairs
        if name.lower() not in left_out and not name.lower().startswith(_OTHERS)
    ]


def _about(headers: Headers, client: str) -> Headers:
    """Who asked, and where: what the caller itself says of that is not believed."""
    host = next((value for name, value in headers if name.lower() == "host"), "")
    return [
        ("X-Forwarded-For", client),
        ("X-Forwarded-Host", host),
        ("X-Forwarded-Proto", "http"),
    ]
