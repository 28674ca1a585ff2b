"""What travels over HTTP here: a request, a reply, and errors in the shape that clients read."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

STATUS_OF_SERVER_FAULTS = {
    "InternalServerException": 500,
    "InternalServerError": 500,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Message
    body: bytes

    def json(self) -> Json:
        """The body as a JSON object; SerializationException (400) where it is none."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as broken:
            raise ServiceError("SerializationException", "the body is not JSON") from broken
        if not isinstance(value, dict):
            raise ServiceError("SerializationException", "the body is not a JSON object")
        return value


@dataclass(frozen=True)
class Reply:
    body: bytes
    status: int = 200
    content_type: str = "application/x-amz-json-1.1"
    headers: Mapping[str, str] = field(default_factory=dict)


class ServiceError(Exception):
    """An error that AWS would answer, by its AWS name."""

    def __init__(self, code: str, message: str, status: int | None = None, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or STATUS_OF_SERVER_FAULTS.get(code, 400)
        self.members = members

    def reply(self) -> Reply:
        """Named in the body for the JSON protocol and in the header for REST-JSON: clients
        read the one of their protocol and ignore the other."""
        body = {"__type": self.code, "Message": str(self), **self.members}
        return json_reply(body, self.status, {"x-amzn-ErrorType": self.code})


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(json.dumps(value).encode(), status, headers=headers or {})


def new_request_id() -> str:
    return str(uuid.uuid4())


def percent(value: object, name: str) -> float:
    """A member of a request that must be 0 to 100; InvalidParameterException for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise ServiceError("InvalidParameterException", f"{name} is 0 to 100")
    return float(value)
