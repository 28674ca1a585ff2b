"""A model server in the container's place: SageMaker's /ping and /invocations over HTTP.

Protocol: Amazon SageMaker Developer Guide, "Use Your Own Inference Code with Hosting Services".
"""

import http.client
import time
from urllib.parse import urlsplit

from local.ai.generator import ModelError

_PING_SECONDS = 2.0
_BETWEEN_PINGS = 0.2
_MOST_MESSAGE = 1_000


def check_url(url: str) -> None:
    """ValueError for anything but http://HOST:PORT."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(f"a container is at http://HOST:PORT, not {url!r}")


class Container:
    """The server at an address; it may still be loading its model."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), parts.port or 80)
        self._ready = False

    def wait(self, seconds: float) -> bool:
        """Whether /ping answers 200 within that time; asked until it has done so once."""
        deadline = time.monotonic() + seconds
        while not self._ready:
            self._ready = self._ping()
            if not self._ready:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_BETWEEN_PINGS)
        return True

    def _ping(self) -> bool:
        try:
            return self._ask("GET", "/ping", None, {}, _PING_SECONDS)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def invoke(
        self, body: bytes, content_type: str, accept: str, seconds: float
    ) -> tuple[bytes, str]:
        """(reply, its content type); ModelError with the container's status, or 500 where it does
        not answer in time or at all."""
        headers = {"Content-Type": content_type, "Accept": accept}
        started = time.monotonic()
        try:
            status, kind, reply = self._ask("POST", "/invocations", body, headers, seconds)
        except TimeoutError as late:
            raise ModelError(500, "the model took longer than InvocationTimeoutSeconds") from late
        except (OSError, http.client.HTTPException) as broken:
            raise ModelError(500, f"no answer from the container: {type(broken).__name__}") from (
                broken
            )
        if time.monotonic() - started > seconds:
            raise ModelError(500, "the model took longer than InvocationTimeoutSeconds")
        if status != 200:
            raise ModelError(status, reply[:_MOST_MESSAGE].decode("utf-8", "replace"))
        return reply, kind

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], seconds: float
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(*self._address, timeout=max(seconds, 0.001))
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            kind = response.headers.get("Content-Type") or "application/octet-stream"
            return response.status, kind, response.read()
        finally:
            connection.close()
