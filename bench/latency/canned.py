"""AI services that compute nothing: canned replies of the true shape, after a service time.

`python -m bench.latency.canned` serves what `python -m local.ai` does, with Comprehend, Rekognition
and the endpoint's model replaced. They find nothing in any text or picture.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from local.ai.comprehend import ranked
from local.ai.engine_client import EngineClient
from local.ai.generator import JPEG_REPLY, JSON_REQUEST, generate, order_of
from local.ai.languages import detected
from local.ai.running import StandIns
from local.ai.server import StandInServer
from local.ai.wire import Json, Reply, Request, ServiceError, json_reply
from local.faults.callers import STAND_INS_KEY

NAME = "canned-replies"
TIMES_PATH = "/_local/service-times"
_CLASSIFIED = ranked({"safe": 0.99, "unsafe": 0.01})
_ENGLISH = detected({"en": 0.99})
_MODERATED = {"ModerationLabels": [], "ModerationModelVersion": "7.0", "ContentTypes": []}
_PAINTED = "a lighthouse on a cliff at sunset"
# More than the load sends at a time: nobody queues.
WORKERS = 32


@dataclass(frozen=True)
class ServiceTimes:
    """Seconds that each service takes for an answer."""

    classify: float = 0.0
    moderate: float = 0.0
    generate: float = 0.0

    @property
    def total(self) -> float:
        """Of one request whose pictures are moderated at the same time."""
        return self.classify + self.moderate + self.generate


class Canned(StandIns):
    """The process, as StandIns are one."""

    def __init__(self) -> None:
        super().__init__()
        self._command[self._command.index("local.ai")] = "bench.latency.canned"

    def take(self, times: ServiceTimes) -> None:
        """From the next call on."""
        self.control("PUT", TIMES_PATH.removeprefix("/_local/"), asdict(times))


class CannedServer(StandInServer):
    """The stand-ins' server with two services replaced; it is its endpoints' container, too."""

    def __init__(self, address: tuple[str, int], engine: EngineClient) -> None:
        super().__init__(address, engine, ("safe", "unsafe"))
        self._times = ServiceTimes()
        self._services["Comprehend_20171127"] = _Service(
            "ClassifyDocument", _CLASSIFIED, lambda: self._times.classify
        )
        # The chain that the times are of asks for no language: this takes none.
        self._services["Comprehend_20171127.DetectDominantLanguage"] = _Service(
            "DetectDominantLanguage", _ENGLISH, lambda: 0.0
        )
        self._services["RekognitionService"] = _Service(
            "DetectModerationLabels", _MODERATED, lambda: self._times.moderate
        )

    def answer(self, request: Request) -> Reply:
        """As the stand-ins' server; and as a model server, see local/ai/container.py."""
        if request.path == TIMES_PATH:
            self._times = ServiceTimes(**request.json())
            return json_reply({})
        if request.path == "/ping":
            return json_reply({})
        if request.path == "/invocations":
            order = order_of(request.body, JSON_REQUEST)
            time.sleep(self._times.generate)
            return Reply(painted(order.width, order.height, order.images), content_type=JPEG_REPLY)
        return super().answer(request)


class _Service:
    """One operation, one answer."""

    name = NAME

    def __init__(self, operation: str, reply: Json, seconds: Callable[[], float]) -> None:
        self._operation, self._reply, self._seconds = operation, reply, seconds

    def handle(self, operation: str, request: Json) -> Reply:
        """The reply after the service's time; ServiceError for any other operation."""
        if operation != self._operation:
            raise ServiceError("UnknownOperationException", f"{operation} is not served here")
        time.sleep(self._seconds())
        return json_reply(self._reply)


@functools.cache
def painted(width: int, height: int, images: int) -> bytes:
    """The generator's reply for any prompt, painted once."""
    asked = {"prompt": _PAINTED, "width": width, "height": height, "num_images_per_prompt": images}
    return generate(json.dumps(asked).encode(), JSON_REQUEST, JPEG_REPLY)[0]


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency.canned")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    arguments, _ = parser.parse_known_args()
    server = CannedServer((arguments.host, arguments.port), EngineClient(None, STAND_INS_KEY))

    def end_with_stdin() -> None:
        sys.stdin.buffer.read()
        server.shutdown()

    threading.Thread(target=end_with_stdin, daemon=True).start()
    host, port = server.server_address[:2]
    print(f"ready http://{host!s}:{port}", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
