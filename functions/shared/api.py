"""The REST API, as far as all of its functions speak it: who asks, what came in, what goes out.

In: events of API Gateway's Lambda proxy integration for REST APIs (API Gateway Developer Guide,
"Input format of a Lambda function for proxy integration"): headers are named as the caller wrote
them, and a map without entries is null. Out: what such a function answers. Errors are problem
details (RFC 9457) with a `code` of our own and, where fields are to blame, `errors` that name them.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import SafelightError
from shared.log import log, tell
from shared.request import InvalidRequest, parse_json
from shared.settings import Environment

AUTHS = ("iam", "cognito", "key", "none")
# Every code a problem can have: its HTTP status and title. API Gateway itself answers `throttled`
# and `forbidden` in the same shape, and so what else it refuses.
CODES = {
    "invalid_request": (400, "Bad Request"),
    "forbidden": (403, "Forbidden"),
    "not_found": (404, "Not Found"),
    "method_not_allowed": (405, "Method Not Allowed"),
    "conflict": (409, "Conflict"),
    "too_large": (413, "Content Too Large"),
    "unsupported_media_type": (415, "Unsupported Media Type"),
    "idempotency_key_reused": (422, "Unprocessable Content"),
    "unreadable_image": (422, "Unprocessable Content"),
    "quota_exceeded": (429, "Too Many Requests"),
    "throttled": (429, "Too Many Requests"),
    "internal": (500, "Internal Server Error"),
    "unavailable": (503, "Service Unavailable"),
}
_UNAVAILABLE_SECONDS = "5"
# Compiled by re when they are first needed: most calls need none, and every cold start would pay.
_JSON = r'(?i:application/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?)'
_REVIEWER = r"[A-Za-z0-9._-]{1,64}"
_ASSUMED_ROLE = r"arn:aws[a-z-]*:sts::([0-9]{12}):assumed-role/([^/]+)/[^/]+"
_WHOLE = r"-?[0-9]{1,9}"
# What a page of another origin may read beside the few headers that it always may.
_EXPOSED = "Location, Retry-After, ETag, Idempotent-Replay, Preference-Applied"

Event = dict[str, Any]
Reply = dict[str, Any]


@dataclass(frozen=True)
class ApiSettings:
    """What each of the API's functions is told of it."""

    auth: str
    cors_origin: str
    metrics_namespace: str

    @classmethod
    def from_env(cls, env: Environment) -> "ApiSettings":
        """Raises SettingsError."""
        return cls(
            auth=env.choice("API_AUTH", *AUTHS),
            cors_origin=env.optional("API_CORS_ORIGIN"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


class Problem(Exception):
    """A request is refused: `code` is one of CODES, `errors` are of {field, rule, message}."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.errors = code, detail, list(errors)
        self.status, self.title = CODES[code]
        self.headers = dict(headers or {})


def blaming(code: str, field: str, rule: str, message: str) -> Problem:
    """A problem that is of one part of the call: a field, a parameter or a header."""
    return Problem(code, message, [{"field": field, "rule": rule, "message": message}])


class Unauthenticated(Exception):
    """The gateway let somebody in and does not say whom: a bug of the template, never "anyone"."""


def guarded(settings: ApiSettings, event: Event, handle: Callable[[], Reply]) -> Reply:
    """What `handle` answers, or the problem that it raises, counted and told without content.

    Problem and InvalidRequest say what is wrong with the request. Other errors of ours mean that
    nobody could decide: 503. Whatever else it raises is a bug: 500, and the log has its name.
    """
    code = ""
    try:
        reply = handle()
    except Exception as error:  # noqa: BLE001 - a caller gets no stack trace
        problem = _problem_of(error)
        code = problem.code
        # Only a refusal needs it: every cold start would pay for the import.
        from shared.metrics import Metrics

        Metrics(settings.metrics_namespace).count("ApiRefusals", Code=code)
        reply = _reply_of(problem)
    if settings.cors_origin:
        reply["headers"] |= {
            "Access-Control-Allow-Origin": settings.cors_origin,
            "Access-Control-Expose-Headers": _EXPOSED,
            "Vary": "Origin",
        }
    route = f"{event['httpMethod']} {event['resource']}"
    gateway_request = event["requestContext"].get("requestId")
    status = reply["statusCode"]
    tell("api", route=route, status=status, code=code, gateway_request=gateway_request)
    return reply


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer, or one without a body for None. Nobody stores it unless `headers` say so."""
    kind = {} if body is None else {"Content-Type": "application/json"}
    safe = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return {
        "statusCode": status,
        "headers": kind | safe | dict(headers or {}),
        "body": "" if body is None else json.dumps(body, ensure_ascii=False),
    }


def weak_etag(text: str) -> str:
    """Of an answer that this text stands for."""
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def requester(event: Event, auth: str) -> str:
    """Who asks, as the gateway has authenticated them. Raises Unauthenticated.

    An IAM role is its session's ARN: two sessions of one role are two requesters, unless a Cognito
    identity pool says which identity stands behind them.
    """
    context = event["requestContext"]
    identity = context.get("identity") or {}
    if auth == "none":
        return "local"
    if auth == "iam":
        found = identity.get("cognitoIdentityId") or identity.get("userArn")
    elif auth == "cognito":
        found = ((context.get("authorizer") or {}).get("claims") or {}).get("sub")
    else:
        found = identity.get("apiKeyId")
    if not isinstance(found, str) or not found:
        raise Unauthenticated(auth)
    return f"{auth}:{found}"


def reviewer(event: Event, auth: str, reviewers: Collection[str]) -> str:
    """Who asks, if they are one of the stack's reviewers. Raises Problem `forbidden`.

    `reviewers` are names of Cognito groups, of IAM roles of the API's own account or ARNs of IAM
    users, or ids of API keys; of none of them nobody is a reviewer. Without authentication, on a
    local engine, whoever names themself in a header is one. A REST API hands an id token's groups
    over as one string, with commas between them (aws/chalice issue 783; AWS re:Post, "AWS Cognito
    Group"): no group whose own name has a comma is ever met.
    """
    who = requester(event, auth)
    context = event["requestContext"]
    if auth == "none":
        name = header(event, "Safelight-Reviewer") or ""
        who, allowed = f"local:{name}", bool(re.fullmatch(_REVIEWER, name))
    elif auth == "iam":
        allowed = not _iam_names(context).isdisjoint(reviewers)
    elif auth == "cognito":
        allowed = not _groups(context).isdisjoint(reviewers)
    else:
        allowed = context["identity"]["apiKeyId"] in reviewers
    if not allowed:
        raise Problem("forbidden", "only the stack's reviewers may do this")
    return who


def _iam_names(context: Mapping[str, Any]) -> set[str]:
    """What `reviewers` may call this caller: a role of the API's account has the same accountId.

    API Gateway Developer Guide, "Variables for data transformations": $context.accountId is the API
    owner's. Another account may have a role of the same name.
    """
    arn = (context.get("identity") or {}).get("userArn")
    if not isinstance(arn, str):
        return set()
    if not (role := re.fullmatch(_ASSUMED_ROLE, arn)):
        return {arn}
    return {role[2]} if role[1] == context.get("accountId") else set()


def _groups(context: Mapping[str, Any]) -> set[str]:
    groups = context["authorizer"]["claims"].get("cognito:groups")
    return set(groups.split(",")) if isinstance(groups, str) else set()


def json_body(event: Event, max_bytes: int) -> dict[str, Any]:
    """The JSON object in the body. Raises Problem and InvalidRequest, of the field `body`."""
    if not re.fullmatch(_JSON, (header(event, "Content-Type") or "").strip()):
        raise Problem("unsupported_media_type", "the Content-Type must be application/json")
    text = event.get("body") or ""
    try:
        content = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
        if len(content) > max_bytes:
            raise Problem("too_large", f"the body must have at most {max_bytes} bytes")
        text = content.decode("utf-8-sig")
    except ValueError:
        raise InvalidRequest("body", "utf-8", "the body is not UTF-8") from None
    if not text.strip():
        raise InvalidRequest("body", "not_empty", "the body is empty")
    body = parse_json(text, "body")
    if not isinstance(body, dict):
        raise InvalidRequest("body", "type", "the body must be a JSON object")
    return body


def header(event: Event, name: str) -> str | None:
    """A header's value; of several, all as one list (RFC 9110, 5.3). None where there is none."""
    given = event.get("multiValueHeaders") or {
        written: [value] for written, value in (event.get("headers") or {}).items()
    }
    found = [
        value
        for written, values in given.items()
        if written.lower() == name.lower()
        for value in values or ()
    ]
    return ", ".join(found) if found else None


def parameter(event: Event, name: str) -> str | None:
    """A query parameter's value, or None. Raises InvalidRequest if it is given twice."""
    several = (event.get("multiValueQueryStringParameters") or {}).get(name) or ()
    if len(several) > 1:
        raise InvalidRequest(name, "single", f"{name} must be given once")
    found = several[0] if several else (event.get("queryStringParameters") or {}).get(name)
    return None if found is None else str(found)


def whole_number(event: Event, name: str, least: int, most: int, otherwise: int) -> int:
    """A query parameter that is a whole number. Raises InvalidRequest."""
    found = parameter(event, name)
    if found is None:
        return otherwise
    if not re.fullmatch(_WHOLE, found):
        raise InvalidRequest(name, "type", f"{name} must be a whole number")
    if int(found) < least:
        raise InvalidRequest(name, "minimum", f"{name} must be at least {least}")
    if int(found) > most:
        raise InvalidRequest(name, "maximum", f"{name} must be at most {most}")
    return int(found)


def links_of(event: Event, request_id: str) -> dict[str, str]:
    """{self, events}: absolute paths of a request, behind whatever the API lies under."""
    path: str = event["requestContext"]["path"]
    own = f"{path[: path.rfind('/images')]}/images/{request_id}"
    return {"self": own, "events": f"{own}/events"}


def _problem_of(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case InvalidRequest():
            return blaming("invalid_request", error.field, error.rule, error.message)
        case SafelightError():
            tell("undecided", error=type(error).__name__)
            soon = {"Retry-After": _UNAVAILABLE_SECONDS}
            return Problem("unavailable", "a service did not answer; try again", headers=soon)
    # Its message may hold what was asked for.
    log.error("unexpected", extra={"error": type(error).__name__, "place": _place_of(error)})
    return Problem("internal", "this is our fault; it was noted")


def _place_of(error: Exception) -> str:
    """File and line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _reply_of(problem: Problem) -> Reply:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return answer(
        problem.status, body, {"Content-Type": "application/problem+json", **problem.headers}
    )
