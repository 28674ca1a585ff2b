"""What the API's functions have in common: events in any shape, answers in one."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.api import (
    CODES,
    ApiSettings,
    Event,
    Problem,
    Reply,
    Unauthenticated,
    answer,
    guarded,
    header,
    json_body,
    links_of,
    parameter,
    requester,
    reviewer,
    whole_number,
)
from shared.errors import PolicyUnavailable, SafelightError, Throttled, UnusableVerdict
from shared.request import InvalidRequest

JSON = {"Content-Type": "application/json"}


def event(body: Any = None, headers: dict[str, str] | None = None, **parts: Any) -> Event:
    return {
        "httpMethod": "POST",
        "resource": "/images",
        "headers": JSON if headers is None else headers,
        "body": body,
        "requestContext": {"path": "/api/images", "identity": {}},
        **parts,
    }


def settings(cors_origin: str = "") -> ApiSettings:
    return ApiSettings("none", cors_origin, metrics_namespace="Safelight/test")


def raised(error: Exception, cors_origin: str = "") -> Reply:
    def handle() -> Reply:
        raise error

    return guarded(settings(cors_origin), event(), handle)


@pytest.mark.parametrize("code", CODES)
def test_a_problem_is_an_answer(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    reply = raised(Problem(code, "so", headers={"Allow": "GET"}))
    status, title = CODES[code]
    assert reply["statusCode"] == status
    assert reply["headers"]["Content-Type"] == "application/problem+json"
    assert reply["headers"]["Allow"] == "GET"
    told = {"type": "about:blank", "title": title, "status": status, "detail": "so", "code": code}
    assert json.loads(reply["body"]) == told
    assert json.loads(capsys.readouterr().out)["Code"] == code


def test_an_invalid_request_names_field_and_rule() -> None:
    body = json.loads(raised(InvalidRequest("width", "maximum", "too wide"))["body"])
    assert (body["status"], body["code"], body["detail"]) == (400, "invalid_request", "too wide")
    assert body["errors"] == [{"field": "width", "rule": "maximum", "message": "too wide"}]


@pytest.mark.parametrize(
    "error", [Throttled(), UnusableVerdict("a prompt"), PolicyUnavailable(), SafelightError()]
)
def test_what_nobody_could_decide_is_unavailable(error: Exception) -> None:
    reply = raised(error)
    assert (reply["statusCode"], reply["headers"]["Retry-After"]) == (503, "5")
    assert "a prompt" not in reply["body"]


def test_a_bug_is_no_detail(caplog: pytest.LogCaptureFixture) -> None:
    reply = raised(KeyError("a prompt"))
    assert reply["statusCode"] == 500
    assert "a prompt" not in reply["body"]
    (record,) = [one for one in caplog.records if one.message == "unexpected"]
    facts: Any = vars(record)
    assert facts["error"] == "KeyError"
    assert facts["place"].rpartition(":")[0] == __file__
    assert "a prompt" not in caplog.text + str(facts)


def test_headers_of_another_origin_are_on_every_answer() -> None:
    origin = "https://gallery.example"
    for reply in (
        guarded(settings(origin), event(), lambda: answer(200, {})),
        raised(KeyError(), cors_origin=origin),
    ):
        assert reply["headers"]["Access-Control-Allow-Origin"] == origin


def test_an_answer_is_utf_8_and_not_stored_unless_it_says_so() -> None:
    assert answer(200, {"prompt": "狐"})["body"] == '{"prompt": "狐"}'
    assert answer(200, {})["headers"]["Cache-Control"] == "no-store"
    assert answer(200, {}, {"Cache-Control": "private"})["headers"]["Cache-Control"] == "private"
    assert answer(304, None)["body"] == ""
    assert "Content-Type" not in answer(304, None)["headers"]


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"identity": None, "authorizer": None},
        {"identity": {"userArn": "", "apiKeyId": None, "cognitoIdentityId": ""}},
        {"identity": {"userArn": 7, "apiKeyId": ["k"]}, "authorizer": {"claims": None}},
        {"authorizer": {"claims": {"sub": ""}, "principalId": "somebody"}},
    ],
)
@pytest.mark.parametrize("auth", ["iam", "cognito", "key"])
def test_nobody_is_not_anybody(auth: str, context: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        requester({"requestContext": context}, auth)


def test_each_way_of_asking_is_its_own_namespace() -> None:
    context = {
        "identity": {"userArn": "a", "apiKeyId": "a"},
        "authorizer": {"claims": {"sub": "a"}},
    }
    asked = [requester({"requestContext": context}, auth) for auth in ("iam", "cognito", "key")]
    assert asked == ["iam:a", "cognito:a", "key:a"]


REVIEWERS = {"desk", "arn:aws:iam::111122223333:user/mona", "k1e2y3"}
OWN, OTHER = "111122223333", "444455556666"


def caller(**identity: str) -> dict[str, Any]:
    return {"accountId": OWN, "identity": identity}


def in_groups(groups: Any) -> dict[str, Any]:
    return {"authorizer": {"claims": {"sub": "mona", "cognito:groups": groups}}}


@pytest.mark.parametrize(
    ("auth", "context", "who"),
    [
        (
            "iam",
            caller(userArn=f"arn:aws:sts::{OWN}:assumed-role/desk/mona"),
            f"iam:arn:aws:sts::{OWN}:assumed-role/desk/mona",
        ),
        (
            "iam",
            caller(userArn=f"arn:aws:iam::{OWN}:user/mona"),
            f"iam:arn:aws:iam::{OWN}:user/mona",
        ),
        # Every user of an identity pool is the same session of the same role.
        (
            "iam",
            caller(
                userArn=f"arn:aws:sts::{OWN}:assumed-role/desk/CognitoIdentityCredentials",
                cognitoIdentityId="us-east-1:1",
            ),
            "iam:us-east-1:1",
        ),
        ("cognito", in_groups("desk"), "cognito:mona"),
        ("cognito", in_groups("shop,desk,press"), "cognito:mona"),
        ("key", caller(apiKeyId="k1e2y3"), "key:k1e2y3"),
    ],
)
def test_a_reviewer_is_who_the_stack_names(auth: str, context: dict[str, Any], who: str) -> None:
    event = {"requestContext": context, "headers": {"Safelight-Reviewer": "somebody"}}
    assert reviewer(event, auth, REVIEWERS) == who


@pytest.mark.parametrize(
    ("auth", "context"),
    [
        ("iam", caller(userArn=f"arn:aws:sts::{OWN}:assumed-role/shop/desk")),
        ("iam", caller(userArn=f"arn:aws:sts::{OTHER}:assumed-role/desk/mona")),
        ("iam", caller(userArn=f"arn:aws:sts::{OWN}:assumed-role/a/desk/mona")),
        ("iam", caller(userArn=f"arn:aws:iam::{OWN}:user/desk")),
        ("iam", caller(userArn=f"arn:aws:iam::{OTHER}:user/mona")),
        ("iam", caller(cognitoIdentityId="desk")),
        ("cognito", in_groups("desk2,Desk, desk")),
        ("cognito", in_groups("[desk]")),
        ("cognito", in_groups(["desk"])),
        ("cognito", in_groups({"desk": True})),
        ("cognito", in_groups(None)),
        ("cognito", in_groups("")),
        ("key", caller(apiKeyId="another")),
    ],
)
def test_nobody_else_is_a_reviewer(auth: str, context: dict[str, Any]) -> None:
    event = {"requestContext": context, "headers": {"Safelight-Reviewer": "desk"}}
    with pytest.raises(Problem) as refused:
        reviewer(event, auth, REVIEWERS)
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("auth", ["iam", "cognito", "key"])
def test_an_empty_list_names_nobody(auth: str) -> None:
    context = {
        **caller(userArn=f"arn:aws:sts::{OWN}:assumed-role/desk/mona", apiKeyId="k1e2y3"),
        **in_groups(""),
    }
    with pytest.raises(Problem):
        reviewer({"requestContext": context}, auth, frozenset())


def test_on_a_local_engine_a_reviewer_has_a_name() -> None:
    def named(*names: str) -> str:
        context = {"requestContext": {}, "multiValueHeaders": {"safelight-reviewer": names}}
        return reviewer(context, "none", ())

    assert named("mona.1_a-b") == "local:mona.1_a-b"
    for names in ((), ("",), ("mona", "joe"), ("a b",), ("a" * 65,), ("mona\n",)):
        with pytest.raises(Problem):
            named(*names)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ; charset = utf8 ",
    ],
)
def test_json_in_utf_8_is_read(kind: str) -> None:
    assert json_body(event('{"a": "ä"}', {"content-type": kind}), 100) == {"a": "ä"}


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/jsonx",
        "application/json; charset=latin-1",
        "application/json, text/plain",
        "application/problem+json",
    ],
)
def test_any_other_type_is_refused(kind: str) -> None:
    with pytest.raises(Problem) as refused:
        json_body(event("{}", {"Content-Type": kind}), 100)
    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (None, "not_empty"),
        ("", "not_empty"),
        (" \n", "not_empty"),
        ("[]", "type"),
        ("null", "type"),
        ('"a"', "type"),
        ("{", "json"),
        ('{"a": NaN}', "json"),
        ("[" * 90, "json"),
        ('{"a": \ud800}', "utf-8"),
    ],
)
def test_what_is_no_object_is_told_of_the_body(body: str | None, rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        json_body(event(body), 100)
    assert (refused.value.field, refused.value.rule) == ("body", rule)


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b'{"a": "\xe4"}'])
def test_bytes_that_are_no_utf_8(content: bytes) -> None:
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        json_body(event(base64.b64encode(content).decode(), isBase64Encoded=True), 100)


def test_base64_that_is_none() -> None:
    with pytest.raises(InvalidRequest):
        json_body(event("a", isBase64Encoded=True), 100)


def test_size_is_in_bytes() -> None:
    text = json.dumps({"a": "ä" * 10}, ensure_ascii=False)
    size = len(text.encode())
    for coded in (False, True):
        body = base64.b64encode(text.encode()).decode() if coded else text
        assert json_body(event(body, isBase64Encoded=coded), size)
        with pytest.raises(Problem) as refused:
            json_body(event(body, isBase64Encoded=coded), size - 1)
        assert refused.value.code == "too_large"


@given(st.text(), st.booleans())
def test_any_body_is_read_or_refused(body: str, coded: bool) -> None:
    try:
        found = json_body(event(body, isBase64Encoded=coded), 1000)
    except (Problem, InvalidRequest):
        return
    assert isinstance(found, dict)


def test_a_header_is_found_however_it_is_written() -> None:
    assert header(event(headers={"iF-nOnE-mAtCh": "a"}), "If-None-Match") == "a"
    several = {"IF-NONE-MATCH": ["a", "b"], "if-none-match": ["c"], "other": None}
    assert header(event(multiValueHeaders=several), "If-None-Match") == "a, b, c"


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"headers": None, "multiValueHeaders": None},
        {"headers": {}, "multiValueHeaders": {}},
        {"headers": None, "multiValueHeaders": {"If-None-Match": None}},
    ],
)
def test_without_the_header_there_is_none(parts: dict[str, Any]) -> None:
    assert header({**event(headers={}), **parts}, "If-None-Match") is None


def test_a_parameter_is_given_once() -> None:
    assert parameter(event(), "wait") is None
    assert parameter(event(queryStringParameters={"wait": "5"}), "wait") == "5"
    assert parameter(event(multiValueQueryStringParameters={"wait": ["5"]}), "wait") == "5"
    with pytest.raises(InvalidRequest):
        parameter(event(multiValueQueryStringParameters={"wait": ["5", "5"]}), "wait")


@pytest.mark.parametrize(("given", "found"), [("0", 0), ("25", 25), ("007", 7), ("-0", 0)])
def test_a_whole_number(given: str, found: int) -> None:
    asked = event(queryStringParameters={"wait": given})
    assert whole_number(asked, "wait", 0, 25, 3) == found


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ("26", "maximum"),
        ("-1", "minimum"),
        ("999999999", "maximum"),
        *((text, "type") for text in ("9" * 5000, "", "1.0", "+1", " 1", "1_0", "\u0661", "true")),
    ],
)
def test_what_is_no_such_number(given: str, rule: str) -> None:
    asked = event(queryStringParameters={"wait": given})
    with pytest.raises(InvalidRequest) as refused:
        whole_number(asked, "wait", 0, 25, 3)
    assert (refused.value.field, refused.value.rule) == ("wait", rule)


def test_a_number_that_is_not_given() -> None:
    assert whole_number(event(), "wait", 0, 25, 3) == 3


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/api/images", "/api"),
        ("/api/images/", "/api"),
        ("/api/images/api-1/events", "/api"),
        ("/images", ""),
        ("/images/v1/images/api-1", "/images/v1"),
    ],
)
def test_links_begin_where_the_api_lies(path: str, base: str) -> None:
    own = f"{base}/images/api-1"
    asked = event(requestContext={"path": path})
    assert links_of(asked, "api-1") == {"self": own, "events": f"{own}/events"}
