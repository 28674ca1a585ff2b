"""examples/python_client: pictures from the real API, and patience with one that is not well."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from unit.local_cli.api_server import ApiServer
from workflow.running_system import ROOT, Stack

from examples.python_client import __main__ as command
from examples.python_client import safelight_client
from examples.python_client.safelight_client import Answer, Client, Refused, api_key, iam

PROMPT = {"prompt": "a jetty in the rain"}
ACCEPTED = {"request_id": "api-1", "status": "RUNNING"}
COMPLETED = {"request_id": "api-1", "status": "COMPLETED", "images": [], "reasons": []}
POST, GET = ("POST", "/images?wait=25"), ("GET", "/images/api-1")


@pytest.fixture
def url(stack: Stack) -> str:
    return f"{stack.engine.endpoint}/restapis/{stack.outputs['ApiId']}/api/_user_request_"


@pytest.mark.engine
def test_pictures_are_saved_as_they_were_delivered(stack: Stack, url: str, tmp_path: Path) -> None:
    client = Client(url)
    asked = client.ask({**PROMPT, "num_images": 2}, "order-1")
    ended = client.result(asked["request_id"])
    saved = client.download(ended, tmp_path)
    record = stack.deployed.record(asked["request_id"])
    assert record is not None
    delivered = [image["sha256"] for image in record["images"]]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in saved] == delivered
    assert client.ask({**PROMPT, "num_images": 2}, "order-1")["request_id"] == asked["request_id"]


@pytest.mark.engine
def test_it_waits_for_what_takes_longer(stack: Stack, url: str) -> None:
    prompt = "a jetty that takes its time"
    stack.script(prompt, generation=["fail", "safe"])
    client = Client(url)
    asked = client.ask({"prompt": prompt}, "order-2")
    assert client.result(asked["request_id"])["status"] == "COMPLETED"


@pytest.mark.engine
def test_what_is_refused_at_the_door_names_the_field(url: str) -> None:
    with pytest.raises(Refused) as refused:
        Client(url).ask({**PROMPT, "width": 511}, "order-3")
    assert (refused.value.status, refused.value.code) == (400, "invalid_request")
    assert refused.value.errors[0]["field"] == "width"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("prompt", "status", "first"),
    [("a jetty at noon", 0, "COMPLETED"), ("a nude man on a jetty", 1, "BLOCKED_PROMPT")],
)
def test_the_command(url: str, tmp_path: Path, prompt: str, status: int, first: str) -> None:
    line = [sys.executable, "-m", "examples.python_client", prompt, "--url", url]
    environment = {"PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [*line, "--out", str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    said = ran.stdout.splitlines()
    assert (ran.returncode, said[0]) == (status, first), ran.stderr
    pictures = [str(path) for path in tmp_path.iterdir()]
    assert pictures == said[1:] if status == 0 else "FilterKeywords: " in said[1]


class Scripted:
    """Answers one after the other instead of the network, and the pauses between them."""

    def __init__(self, *answers: tuple[int, dict[str, str], object]) -> None:
        self.answers = list(answers)
        self.pauses: list[float] = []
        self.headers: list[dict[str, str]] = []

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        self.headers.append(headers)
        status, told, content = self.answers.pop(0)
        return Answer(status, told, json.dumps(content).encode())


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scripted]:
    def scripted(*answers: tuple[int, dict[str, str], object]) -> Scripted:
        script = Scripted(*answers)
        monkeypatch.setattr(safelight_client, "_send", script.send)
        monkeypatch.setattr(time, "sleep", script.pauses.append)
        return script

    return scripted


def test_it_comes_back_when_it_is_told_to_with_the_same_key(
    scripted: Callable[..., Scripted],
) -> None:
    throttled = 429, {"retry-after": "7"}, {"code": "throttled"}
    script = scripted(throttled, (503, {}, {}), (0, {}, None), (202, {}, ACCEPTED))
    assert Client("http://api").ask(PROMPT, "order-4") == ACCEPTED
    assert 7 <= script.pauses[0] <= 9
    assert 4 <= script.pauses[1] <= 5
    assert {headers["Idempotency-Key"] for headers in script.headers} == {"order-4"}


@pytest.mark.parametrize("status", [500, 0])
def test_it_gives_up(scripted: Callable[..., Scripted], status: int) -> None:
    script = scripted(*[(status, {}, "<html>")] * 6)
    with pytest.raises(Refused):
        Client("http://api").ask(PROMPT, "order-5")
    assert (script.answers, len(script.pauses)) == ([], 5)


def test_that_nobody_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(Refused, match=r"0 no_answer: .*refused"):
        Client("http://127.0.0.1:1").ask(PROMPT, "order-5")


def test_it_does_not_wait_for_tomorrows_quota(scripted: Callable[..., Scripted]) -> None:
    script = scripted((429, {"retry-after": "30000"}, {"code": "quota_exceeded"}))
    with pytest.raises(Refused, match="quota_exceeded"):
        Client("http://api").ask(PROMPT, "order-6")
    assert script.pauses == []


def test_what_has_not_changed_is_not_sent_again(scripted: Callable[..., Scripted]) -> None:
    running = {"request_id": "api-1", "status": "RUNNING"}
    script = scripted((200, {"etag": '"a"'}, running), (304, {}, None), (200, {}, COMPLETED))
    assert Client("http://api").result("api-1") == COMPLETED
    assert [headers.get("If-None-Match") for headers in script.headers] == [None, '"a"', '"a"']


def test_it_waits_no_longer_than_it_is_allowed(scripted: Callable[..., Scripted]) -> None:
    scripted((200, {"etag": '"a"', "retry-after": "9"}, ACCEPTED))
    with pytest.raises(TimeoutError, match="api-1 is still RUNNING"):
        Client("http://api").result("api-1", within=5)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


def test_a_key_is_shown_to_the_api_and_to_nobody_else(server: ApiServer, tmp_path: Path) -> None:
    image = {"index": 0, "verdict": "safe", "url": f"{server.url}/bucket/one.png?signature"}
    server.answers = {
        POST: (202, ACCEPTED),
        GET: (200, {**COMPLETED, "images": [image, {"index": 1, "verdict": "unsafe"}]}),
        ("GET", "/bucket/one.png?signature"): (200, "picture"),
    }
    client = Client(server.url, api_key("key of a shop"))
    client.ask(PROMPT, "order-7")
    (saved,) = client.download(client.result("api-1"), tmp_path)
    assert (saved.name, saved.read_text()) == ("api-1-0.png", "picture")
    assert [call.headers["x-api-key"] for call in server.calls] == ["key of a shop"] * 2 + [None]


def test_a_key_is_not_sent_to_where_the_api_has_moved(server: ApiServer) -> None:
    server.answers = {GET: (302, None), ("GET", "/elsewhere"): (200, COMPLETED)}
    server.headers = {"Location": f"http://localhost:{server.server_port}/elsewhere"}
    with pytest.raises(Refused, match="302"):
        Client(server.url, api_key("key of a shop")).result("api-1")
    assert server.asked() == ["GET /images/api-1"]


def test_calls_are_signed_for_iam(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    server.answers = {POST: (202, ACCEPTED)}
    Client(server.url, iam("eu-west-1")).ask(PROMPT, "order-8")
    (call,) = server.calls
    day = call.headers["X-Amz-Date"][:8]
    credential = f"Credential=AKIDEXAMPLE/{day}/eu-west-1/execute-api/aws4_request"
    assert call.headers["Authorization"].startswith(f"AWS4-HMAC-SHA256 {credential}")


def test_without_credentials_nothing_is_sent(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore.session.Session, "get_credentials", lambda _: None)
    with pytest.raises(botocore.exceptions.NoCredentialsError):
        Client(server.url, iam("eu-west-1")).ask(PROMPT, "order-9")
    assert server.calls == []


def test_the_command_says_what_was_refused(
    server: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    problem: dict[str, Any] = {"code": "forbidden", "detail": "send the key"}
    server.answers = {POST: (403, problem)}
    assert command.main(["a jetty", "--url", server.url]) == 2
    assert capsys.readouterr().err == "403 forbidden: send the key\n"
