"""A stack's REST API, called by those who show who they are as its ApiAuth asks."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

# API Gateway ends every call after 29 s.
_PATIENCE_SECONDS = 60.0

Headers = dict[str, str]
# Method, URL, headers and body in; the headers that also tell who asks out.
Credentials = Callable[[str, str, Headers, bytes], Headers]


class NoCredentials(Exception):
    """The shell has none to sign with."""


class Unreachable(Exception):
    """Nothing answered, or not as the API does; the message names the address."""


class Refused(Exception):
    """The API refuses; the message is its own. `rules` are those of its `errors`."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("message")))
        self.code = str(problem.get("code", ""))
        self.rules = [str(error.get("rule")) for error in problem.get("errors", ())]


@dataclass(frozen=True)
class RestApi:
    """The API at `url`, which ends in its stage, without a slash."""

    url: str
    credentials: Credentials

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """(status, answer); {} for one without a body. Raises Refused and Unreachable."""
        url = self.url + path
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - https, or this machine
            url,
            content or None,
            self.credentials(method, url, headers, content),
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
                return answer.status, _document(answer.read(), url)
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise Refused(_document(refusal.read(), url)) from None
        except OSError as error:
            raise Unreachable(f"{self.url} did not answer: {error}") from error


def with_headers(**shown: str) -> Credentials:
    """Credentials that are headers as they are; _ in a name stands for -."""
    more = {name.replace("_", "-"): value for name, value in shown.items()}
    return lambda method, url, headers, body: headers | more


def signed(session: boto3.session.Session, region: str) -> Credentials:
    """Signature Version 4 with the session's credentials. Raises NoCredentials."""
    found = session.get_credentials()
    if found is None:
        raise NoCredentials

    def sign(method: str, url: str, headers: Headers, body: bytes) -> Headers:
        request = AWSRequest(method, url, data=body, headers=headers)
        SigV4Auth(found, "execute-api", region).add_auth(request)
        return dict(request.headers)

    return sign


def _document(content: bytes, url: str) -> dict[str, Any]:
    try:
        document = json.loads(content) if content else {}
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Unreachable(f"{url} did not answer as the API does")
    return document
