"""A client of Safelight's API for a web backend, with nothing but Python's own library."""

from __future__ import annotations

import http.client
import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_OPEN = ("RUNNING", "IN_REVIEW")
_NO_ANSWER = 0
# 500 too: a POST with a key and every GET may be sent again.
_TRY_AGAIN = (_NO_ANSWER, 429, 500, 502, 503, 504)
_TRIES = 6
_WAIT_SECONDS, _TIMEOUT_SECONDS = 25, 35
# The headers that show who calls, for a method, a URL and a body.
Auth = Callable[[str, str, bytes], dict[str, str]]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Python would send the caller's key on to wherever an answer points."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


class Refused(Exception):
    """The API refuses a call: `code` says why, `errors` which fields are to blame."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}: {problem.get('detail', '')}")
        self.status, self.code = status, problem.get("code", "")
        self.errors: list[dict[str, str]] = problem.get("errors", [])


class Answer(NamedTuple):
    """What came back; status 0 if nothing did. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body; what another than the API has answered may be anything."""
        try:
            told = json.loads(self.body)
        except ValueError:
            told = None
        return told if isinstance(told, dict) else {}


def nobody(method: str, url: str, body: bytes) -> dict[str, str]:
    """ApiAuth=none, which is on one machine only."""
    return {}


def api_key(value: str) -> Auth:
    """ApiAuth=key."""
    return lambda *_: {"x-api-key": value}


def iam(region: str) -> Auth:
    """ApiAuth=iam: Signature Version 4 with the credentials that botocore finds."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.session import get_session

    session = get_session()

    def sign(method: str, url: str, body: bytes) -> dict[str, str]:
        request = AWSRequest(method, url, data=body)
        SigV4Auth(session.get_credentials(), "execute-api", region).add_auth(request)
        return dict(request.headers.items())

    return sign


class Client:
    """The API at `url`. Waits at most `patience` seconds when it is told to come back later."""

    def __init__(self, url: str, auth: Auth = nobody, patience: float = 60.0) -> None:
        self._url, self._auth, self._patience = url.rstrip("/"), auth, patience

    def ask(self, request: dict[str, Any], key: str) -> dict[str, Any]:
        """Ask for pictures: the result if it is there within 25 s, else {request_id, status}.

        The same request with the same `key` is asked for once, however often it is sent.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        body = json.dumps(request).encode()
        url = f"{self._url}/images?wait={_WAIT_SECONDS}"
        return self._persist("POST", url, headers, body, self._auth).json()

    def result(self, request_id: str, within: float = 900.0) -> dict[str, Any]:
        """The request once it has ended, or TimeoutError. Its links are good for some minutes."""
        deadline = time.monotonic() + within
        seen: dict[str, Any] = {}
        known: dict[str, str] = {}
        while True:
            url = f"{self._url}/images/{request_id}"
            answer = self._persist("GET", url, known, b"", self._auth)
            if answer.status == 200:
                seen, known = answer.json(), {"If-None-Match": answer.headers.get("etag", "")}
            if seen["status"] not in _OPEN:
                return seen
            pause = _pause(answer, 1.0)
            if time.monotonic() + pause > deadline:
                raise TimeoutError(f"{request_id} is still {seen['status']}")
            time.sleep(pause)

    def download(self, ended: dict[str, Any], folder: Path) -> list[Path]:
        """Save the pictures that were delivered; read the request again if its links are old."""
        folder.mkdir(parents=True, exist_ok=True)
        saved = []
        for image in ended["images"]:
            if url := image.get("url"):
                name = f"{ended['request_id']}-{image['index']}{Path(urlsplit(url).path).suffix}"
                saved.append(folder / name)
                # A link is all that it takes: S3 must not see who calls the API.
                saved[-1].write_bytes(self._persist("GET", url, {}, b"", nobody).body)
        return saved

    def _persist(
        self, method: str, url: str, headers: dict[str, str], body: bytes, auth: Auth
    ) -> Answer:
        for tried in range(1, _TRIES + 1):
            # Signed each time: a signature is good for minutes.
            answer = _send(method, url, {**headers, **auth(method, url, body)}, body)
            pause = _pause(answer, 2.0**tried)
            if answer.status not in _TRY_AGAIN or tried == _TRIES or pause > self._patience:
                break
            time.sleep(pause)
        if 200 <= answer.status < 300 or answer.status == 304:
            return answer
        raise Refused(answer.status, answer.json())


def _send(method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
    request = urllib.request.Request(url, body or None, headers, method=method)  # noqa: S310
    try:
        try:
            reply = _OPENER.open(request, timeout=_TIMEOUT_SECONDS)
        except urllib.error.HTTPError as refused:
            reply = refused
        with reply:
            told = {name.lower(): value for name, value in reply.headers.items()}
            return Answer(reply.status, told, reply.read())
    except (OSError, http.client.HTTPException) as error:
        told = {"code": "no_answer", "detail": str(error)}
        return Answer(_NO_ANSWER, {}, json.dumps(told).encode())


def _pause(answer: Answer, usual: float) -> float:
    """Seconds until the next call, a little more than was asked for: not all callers at once."""
    told = answer.headers.get("retry-after", "")
    seconds = float(told) if told.isdecimal() else usual
    return seconds + random.uniform(0, max(1.0, seconds / 4))  # noqa: S311
