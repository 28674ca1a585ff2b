"""A call on a service: who makes it, what it is, and what it is about.

Operations have the names of the AWS API, services those that requests are signed for, which are
IAM's prefixes. `facts` hold what a policy would judge, and never a prompt, a token or a body.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import parse_qs, unquote

from local.faults.callers import CALLER_HEADER, caller_of, credential_of
from local.faults.facts import FACTS, Facts
from local.faults.requests import Json, Request

_MOST_CALLS = 200_000


@dataclass(frozen=True)
class Call:
    """`text` is what a rule's `contains` is looked for in; it is never written down."""

    caller: str
    service: str
    operation: str
    facts: Facts = field(default_factory=dict)
    text: str = field(default="", repr=False)
    key: str = field(default="", repr=False)


class CallLog:
    """The calls so far; of very many the oldest are forgotten."""

    def __init__(self) -> None:
        self._calls: deque[Json] = deque(maxlen=_MOST_CALLS)

    def add(self, call: Call) -> None:
        """Write down a call without its text."""
        told = asdict(call)
        del told["text"], told["key"]
        self._calls.append({**told, "at": time.time()})

    def report(self) -> list[Json]:
        """[{caller, service, operation, facts, at: seconds since the epoch}]"""
        return list(self._calls)

    def clear(self) -> None:
        """Forget them."""
        self._calls.clear()


def call_of(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    service: str = "",
    caller: str = "",
) -> Call:
    """The call that an HTTP request makes. `target` is its path with the query, headers have
    lower-case names; `service` and `caller` are said where the request itself does not say."""
    path, _, query = target.partition("?")
    credential = credential_of(headers)
    service = service or credential.service
    request = Request(method, unquote(path), parse_qs(query, keep_blank_values=True), headers, body)
    facts = FACTS[service](request) if service in FACTS else {}
    caller = caller or headers.get(CALLER_HEADER, "") or caller_of(credential.key)
    named = {name: value for name, value in facts.items() if value}
    operation = request.operation(service)
    return Call(caller, service, operation, named, request.text(query), credential.key)
