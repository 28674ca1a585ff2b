"""The local page server: files, settings, the API behind it, and whom it answers."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest
from unit.local_page.conftest import Ask

from local.page.headers import content_security_policy, security_headers
from local.page.server import MOST_BODY_BYTES, PageServer


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/?from=demo", "text/html; charset=utf-8"),
        ("/js/view.js", "text/javascript; charset=utf-8"),
    ],
)
def test_files_come_with_their_type_and_the_security_headers(
    ask: Ask, engine: str, path: str, content_type: str
) -> None:
    answer = ask(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.headers["Cache-Control"] == "no-cache"
    for name, value in security_headers(engine).items():
        assert answer.headers[name] == value
    assert f"img-src 'self' {engine};" in answer.headers["Content-Security-Policy"]


def test_a_file_that_one_has_is_not_sent_again_until_it_changes(ask: Ask, folder: Path) -> None:
    tag = ask("/").headers["ETag"]
    again = ask("/", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    (folder / "index.html").write_text("<!doctype html><title>New</title>")
    assert ask("/", headers={"If-None-Match": tag}).status == 200


def test_head_is_get_without_the_body(ask: Ask) -> None:
    answer = ask("/", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len("<!doctype html>"))


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.html",
        "/js",
        "/notes.md",
        "/../secret.txt",
        "/js/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/js/..%5c..%5csecret.txt",
        "//etc/passwd",
        "/index.html%00.js",
        "/api/../../secret.txt",
    ],
)
def test_nothing_else_of_the_disk_is_served(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_files_are_only_read(ask: Ask, method: str) -> None:
    answer = ask("/index.html", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_the_settings_say_that_these_are_stand_ins(ask: Ask) -> None:
    answer = ask("/config.json")
    assert answer.json == {
        "api": "/api",
        "auth": {"kind": "none"},
        "stand_ins": True,
        "reviews": False,
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_settings_lead_to_a_review_desk(engine: str, folder: Path) -> None:
    with PageServer(engine, "abc123", folder=folder, reviews=True) as page:
        assert json.loads(page.settings)["reviews"] is True


def test_the_api_gets_method_query_headers_and_body_as_they_are(ask: Ask) -> None:
    body = json.dumps({"prompt": "Wäscheleine"}, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": "a-key",
        "Connection": "keep-alive, X-Mine",
        "X-Mine": "of this connection",
        "X-Forwarded-For": "203.0.113.9",
    }
    answer = ask("/api/images?wait=25&a=%26", "POST", body, headers)
    assert (answer.status, answer.headers["Location"]) == (202, "/api/images/api-1")
    for name in ("X-Of-One-Hop", "Access-Control-Allow-Origin"):
        assert name not in answer.headers
    arrived = answer.json
    assert arrived["method"] == "POST"
    assert arrived["target"] == "/restapis/abc123/api/_user_request_/images?wait=25&a=%26"
    assert arrived["body"].encode() == body
    told = {name.lower(): value for name, value in arrived["headers"]}
    assert (told["content-type"], told["idempotency-key"]) == ("application/json", "a-key")
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert not {"x-mine", "connection"} & told.keys()


def test_an_api_request_without_a_body_has_none(ask: Ask) -> None:
    arrived = ask("/api/images/a%2Fb").json
    assert arrived["target"].endswith("/_user_request_/images/a%2Fb")
    assert "content-length" not in {name.lower() for name, _ in arrived["headers"]}


def test_too_large_a_body_is_refused_and_the_connection_goes_on(page: PageServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=10)
    connection.request("POST", "/api/images", b" " * (MOST_BODY_BYTES + 1))
    reply = connection.getresponse()
    assert (reply.status, json.loads(reply.read())["code"]) == (413, "too_large")
    connection.request("GET", "/config.json")
    assert connection.getresponse().read()
    connection.close()


def test_a_body_of_unknown_length_is_refused(ask: Ask) -> None:
    answer = ask("/api/images", "POST", b"0\r\n\r\n", {"Transfer-Encoding": "chunked"})
    assert (answer.status, answer.headers["Connection"]) == (411, "close")


def test_an_engine_that_is_gone_is_told_as_such(folder: Path) -> None:
    with PageServer("http://127.0.0.1:9", "abc123", folder=folder) as page:
        connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=10)
        connection.request("GET", "/api/images")
        reply = connection.getresponse()
        assert (reply.status, json.loads(reply.read())["code"]) == (502, "unavailable")
        connection.close()


@pytest.mark.parametrize("path", ["/", "/config.json", "/api/images"])
def test_a_name_that_anybody_can_point_here_is_not_answered(ask: Ask, path: str) -> None:
    answer = ask(path, headers={"Host": "rebound.example"})
    assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_another_site_s_page_does_not_write(ask: Ask) -> None:
    answer = ask("/api/images", "POST", b"{}", {"Origin": "https://elsewhere.example"})
    assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_the_port_is_free_again_when_it_has_ended(engine: str, folder: Path) -> None:
    with PageServer(engine, "abc123", folder=folder) as page:
        port = page.server_port
        with pytest.raises(OSError, match="in use"):
            PageServer(engine, "abc123", port=port)
    with PageServer(engine, "abc123", port=port, folder=folder) as again:
        assert again.url == f"http://127.0.0.1:{port}/"


def test_the_policy_lets_tokens_come_from_where_one_signs_in() -> None:
    policy = content_security_policy("https://pictures.example", "https://sign-in.example")
    assert "connect-src 'self' https://sign-in.example;" in policy
    assert "unsafe" not in policy
