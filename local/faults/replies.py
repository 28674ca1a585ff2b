"""What a service answers when it is broken, in the shape of its protocol.

Names are those that the services' API references give for throttling and for faults of their own.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from local.faults.calls import Call
from local.faults.rules import Rule

_MESSAGE = "told to answer so"
_UNREADABLE = b"<html>neither JSON nor XML"
_XML = "application/xml"
_JSON = "application/x-amz-json-1.0"


class Refusal(NamedTuple):
    """An error's name and its HTTP status."""

    code: str
    status: int


_FAULTS = {
    "application-autoscaling": Refusal("InternalServiceException", 500),
    "comprehend": Refusal("InternalServerException", 500),
    "dynamodb": Refusal("InternalServerError", 500),
    "events": Refusal("InternalException", 500),
    "lambda": Refusal("ServiceException", 500),
    "rekognition": Refusal("InternalServerError", 500),
    "s3": Refusal("InternalError", 500),
    "sns": Refusal("InternalError", 500),
}
_THROTTLES = {
    "comprehend": Refusal("TooManyRequestsException", 400),
    "dynamodb": Refusal("ProvisionedThroughputExceededException", 400),
    "lambda": Refusal("TooManyRequestsException", 429),
    "s3": Refusal("SlowDown", 503),
    "sns": Refusal("Throttling", 400),
    "sqs": Refusal("RequestThrottled", 403),
}
_ANY_FAULT = Refusal("InternalFailure", 500)
_ANY_THROTTLE = Refusal("ThrottlingException", 400)


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(rule: Rule, service: str) -> Refusal:
    """The error that a rule asks for: its own, or the service's usual one."""
    if rule.kind == "throttle":
        named = _THROTTLES.get(service, _ANY_THROTTLE)
    else:
        named = _FAULTS.get(service, _ANY_FAULT)
    return Refusal(rule.code or named.code, rule.status or named.status)


def answer(rule: Rule, call: Call) -> Answer:
    """What is answered instead of the truth."""
    if rule.kind == "empty":
        return _empty(call)
    if rule.kind == "malformed":
        return Answer(200, {"Content-Type": _kind(call.service)}, _UNREADABLE)
    if rule.kind == "failed_entries":
        entry = {"ErrorCode": rule.code or "InternalFailure", "ErrorMessage": _MESSAGE}
        return _json(200, {"FailedEntryCount": 1, "Entries": [entry]})
    return _error(refusal(rule, call.service), call)


def _kind(service: str) -> str:
    return _XML if service in ("s3", "sns") else _JSON


def _empty(call: Call) -> Answer:
    if call.service == "s3":
        return Answer(200, {}, b"")
    if call.service == "sns":
        root, result = f"{call.operation}Response", f"{call.operation}Result"
        text = f"<{root}><{result}></{result}></{root}>"
        return Answer(200, {"Content-Type": _XML}, text.encode())
    return _json(200, {})


def _error(told: Refusal, call: Call) -> Answer:
    if call.service == "s3":
        text = f"<Error><Code>{told.code}</Code><Message>{_MESSAGE}</Message></Error>"
        body = b"" if call.operation.startswith("Head") else text.encode()
        return Answer(told.status, {"Content-Type": _XML}, body)
    if call.service == "sns":
        error = f"<Error><Code>{told.code}</Code><Message>{_MESSAGE}</Message></Error>"
        text = f"<ErrorResponse>{error}</ErrorResponse>"
        return Answer(told.status, {"Content-Type": _XML}, text.encode())
    reply = _json(told.status, {"__type": told.code, "message": _MESSAGE})
    reply.headers["x-amzn-ErrorType"] = told.code
    return reply


def _json(status: int, value: object) -> Answer:
    return Answer(status, {"Content-Type": _JSON}, json.dumps(value).encode())
