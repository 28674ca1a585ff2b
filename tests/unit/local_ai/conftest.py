"""A running server of stand-ins, a small engine in memory behind it, and real AWS clients."""

import contextlib
import http.server
import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.ai.moderation import MARKER_ONLY_NAME, NETWORK_NAME
from local.ai.running import StandIns
from local.ai.vision.network import Network
from local.ai.vision.published import NSFWJS, ModelUnavailable, load_network

TOPIC = "arn:aws:sns:us-east-1:000000000000:"


class FakeEngine:
    """S3's GET, PUT and list, SNS's Publish and the end of a process, as the stand-ins call
    them."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.notices: list[tuple[str, dict[str, Any]]] = []
        self.refuse_notices = 0
        self.refuse_objects = False
        self.killed: list[str] = []

    def put(self, path: str, body: bytes, version: str = "") -> None:
        self.objects[path + version] = (body, "")

    def wait_for(self, count: int, seconds: float = 5) -> list[tuple[str, dict[str, Any]]]:
        """At least that many notices, oldest first; test notifications are not counted."""
        deadline = time.monotonic() + seconds
        while len(self.notices) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.notices) >= count
        return self.notices


class _Handler(http.server.BaseHTTPRequestHandler):
    engine: FakeEngine

    def do_GET(self) -> None:
        if "list-type=2" in self.path:
            return self._list()
        found = self.engine.objects.get(self._path())
        return self._send(200 if found else 404, found[0] if found else b"")

    def _list(self) -> None:
        path, _, query = self.path.partition("?")
        bucket, prefix = path.strip("/") + "/", urllib.parse.parse_qs(query).get("prefix", [""])[0]
        named = [name for name in self.engine.objects if name.startswith(bucket + prefix)]
        keys = "".join(f"<Contents><Key>{each[len(bucket) :]}</Key></Contents>" for each in named)
        self._send(200, f"<List>{keys}</List>".encode())

    def do_PUT(self) -> None:
        body = self._body()
        if self.engine.refuse_objects:
            return self._send(503)
        self.engine.objects[self._path()] = (body, self.headers["Content-Type"])
        return self._send(200)

    def do_POST(self) -> None:
        if self.path == "/_local/kill":
            self.engine.killed.append(json.loads(self._body())["key"])
            return self._send(200)
        if self.engine.refuse_notices:
            self.engine.refuse_notices -= 1
            return self._send(500)
        form = dict(urllib.parse.parse_qsl(self._body().decode(), strict_parsing=True))
        assert form["Action"] == "Publish"
        assert "/us-east-1/sns/aws4_request" in self.headers["Authorization"]
        message = json.loads(form["Message"])
        topic = form["TopicArn"].rpartition(":")[2]
        if message["eventName"] != "TestNotification":
            self.engine.notices.append((topic, message))
        return self._send(200)

    def _path(self) -> str:
        path, _, query = self.path.partition("?")
        version = urllib.parse.parse_qs(query).get("versionId", [""])[0]
        return urllib.parse.unquote(path).removeprefix("/") + version

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _send(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # who refuses a large object does not read it
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def _engine_and_url() -> Iterator[tuple[FakeEngine, str]]:
    engine = FakeEngine()
    handler = type("Handler", (_Handler,), {"engine": engine})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    yield engine, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def engine(_engine_and_url: tuple[FakeEngine, str]) -> FakeEngine:
    engine = _engine_and_url[0]
    engine.objects.clear()
    engine.notices.clear()
    engine.killed.clear()
    return engine


@pytest.fixture(scope="session")
def _stand_ins(_engine_and_url: tuple[FakeEngine, str]) -> Iterator[StandIns]:
    with StandIns(engine=_engine_and_url[1]) as stand_ins:
        yield stand_ins


@pytest.fixture
def stand_ins(_stand_ins: StandIns, engine: FakeEngine) -> StandIns:
    _stand_ins.reset()
    _stand_ins.direct_classifiers(phase_seconds=0)
    _stand_ins.register_endpoint(
        "painter",
        output_path="s3://work/out/",
        failure_path="s3://work/fail/",
        success_topic=TOPIC + "success",
        error_topic=TOPIC + "error",
    )
    return _stand_ins


@pytest.fixture(scope="session")
def network() -> Network:
    """The moderator's network; a test that asks for it is skipped where it was not fetched."""
    try:
        return load_network()
    except ModelUnavailable as reason:
        pytest.skip(f"{reason}: `safelight models fetch`")


@pytest.fixture(scope="session")
def moderator_name() -> str:
    """What the moderator calls itself here: by its network, if that was fetched."""
    return NETWORK_NAME if NSFWJS.folder.exists() else MARKER_ONLY_NAME


@pytest.fixture(scope="session")
def client(_stand_ins: StandIns) -> Callable[[str], Any]:
    """A real client of the named service that does not retry."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    session = boto3.Session("test", "test", region_name="us-east-1")
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(service, endpoint_url=_stand_ins.endpoint, config=config)
        return made[service]

    return client


@pytest.fixture
def invoke(
    stand_ins: StandIns, engine: FakeEngine, client: Callable[[str], Any]
) -> Callable[..., dict[str, Any]]:
    """Store a request under in/<id>.json and invoke the endpoint with it."""

    def invoke(inference_id: str, request: object, **more: Any) -> dict[str, Any]:
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        engine.put(f"work/in/{inference_id}.json", body)
        call = {
            "EndpointName": "painter",
            "InputLocation": f"s3://work/in/{inference_id}.json",
            "InferenceId": inference_id,
            "ContentType": "application/json",
            "Accept": "application/json;jpeg",
            **more,
        }
        answer: dict[str, Any] = client("sagemaker-runtime").invoke_endpoint_async(**call)
        return answer

    return invoke
