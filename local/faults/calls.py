"""A call on a service: who makes it, what it is, and what it is about.

Operations have the names of the AWS API, services those that requests are signed for, which are
IAM's prefixes. `facts` hold what a policy would judge, and never a prompt, a token or a body.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, unquote_plus

from local.faults.callers import CALLER_HEADER, caller_of, credential_of

_MOST_CALLS = 200_000
_MOST_TEXT = 64 * 1024
_TEXT_HEADERS = ("x-amz-copy-source", "x-amzn-sagemaker-inference-id")
_INPUT_LOCATION = "x-amzn-sagemaker-inputlocation"
Json = dict[str, Any]
Facts = dict[str, str]


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
    request = _Request(
        method, unquote(path), parse_qs(query, keep_blank_values=True), headers, body
    )
    operation = request.operation(service)
    facts = _FACTS.get(service, _no_facts)(request, operation)
    caller = caller or headers.get(CALLER_HEADER, "") or caller_of(credential.key)
    named = {name: value for name, value in facts.items() if value}
    return Call(caller, service, operation, named, request.text(query), credential.key)


class _Request:
    """A request with its parts read once."""

    def __init__(
        self,
        method: str,
        path: str,
        query: dict[str, list[str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        self.method, self.path, self.query, self.headers = method, path, query, headers
        self.body = body

    def operation(self, service: str) -> str:
        """The API's name of the operation, or the HTTP method where it is not known."""
        target = self.headers.get("x-amz-target", "")
        if target:
            return target.rpartition(".")[2]
        if service == "s3":
            return _s3_operation(self)
        for end, name in _OPERATIONS_BY_PATH.items():
            if self.path.endswith(end):
                return name
        return self.form().get("Action", [self.method])[0]

    def form(self) -> dict[str, list[str]]:
        """The fields of a form in the body."""
        if "form" not in self.headers.get("content-type", ""):
            return {}
        return parse_qs(self.body.decode("utf-8", "replace"))

    def json(self) -> Json:
        """The object in the body, or nothing."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def header(self, name: str) -> str:
        """A header's value, unquoted."""
        return unquote(self.headers.get(name, ""))

    def text(self, query: str) -> str:
        """Path, query, some headers and the first 64 KiB of the body."""
        sent = [self.header(name) for name in (*_TEXT_HEADERS, _INPUT_LOCATION)]
        body = self.body[:_MOST_TEXT].decode("utf-8", "replace")
        return "\n".join([self.path, unquote_plus(query), *sent, body, unquote_plus(body)])


_OPERATIONS_BY_PATH = {
    "/async-invocations": "InvokeEndpointAsync",
    "/invocations": "Invoke",
    "/apply": "ApplyGuardrail",
    "/converse": "Converse",
    "/invoke": "InvokeModel",
}


def _s3_operation(request: _Request) -> str:
    """Of the operations on objects, and of the lists; the others are named by their method."""
    key = request.path.lstrip("/").partition("/")[2]
    if not key:
        if request.method == "POST" and "delete" in request.query:
            return "DeleteObjects"
        if request.method == "GET" and "versions" in request.query:
            return "ListObjectVersions"
        return {"GET": "ListObjectsV2", "HEAD": "HeadBucket"}.get(request.method, request.method)
    tagging = "Tagging" if "tagging" in request.query else ""
    if request.method == "PUT" and "x-amz-copy-source" in request.headers:
        return "CopyObject"
    verb = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "DELETE": "Delete"}.get(request.method)
    return f"{verb}Object{tagging}" if verb else request.method


def _s3_facts(request: _Request, _: str) -> Facts:
    bucket, _, key = request.path.lstrip("/").partition("/")
    facts = {"bucket": bucket, "key": key}
    facts["version"] = request.query.get("versionId", [""])[0]
    facts["prefix"] = request.query.get("prefix", [""])[0]
    source, _, version = request.header("x-amz-copy-source").lstrip("/").partition("?versionId=")
    facts["source_bucket"], _, facts["source_key"] = source.partition("/")
    facts["source_version"] = version
    return facts


def _dynamodb_facts(request: _Request, _: str) -> Facts:
    body = request.json()
    return {"table": str(body.get("TableName", "")), "index": str(body.get("IndexName", ""))}


def _events_facts(request: _Request, _: str) -> Facts:
    entries = [entry for entry in request.json().get("Entries", ()) if isinstance(entry, dict)]
    return {"bus": ",".join(sorted({str(e.get("EventBusName", "default")) for e in entries}))}


def _states_facts(request: _Request, _: str) -> Facts:
    body = request.json()
    return {
        "state_machine": str(body.get("stateMachineArn", "")),
        "execution": str(body.get("executionArn", "")),
        "map_run": str(body.get("mapRunArn", "")),
    }


def _rekognition_facts(request: _Request, _: str) -> Facts:
    image = request.json().get("Image")
    place = image.get("S3Object") if isinstance(image, dict) else None
    if not isinstance(place, dict):
        return {}
    names = {"bucket": "Bucket", "key": "Name", "version": "Version"}
    return {fact: str(place.get(name, "")) for fact, name in names.items()}


def _comprehend_facts(request: _Request, _: str) -> Facts:
    """Endpoints and classifiers by their ARNs, or by their names where they are created."""
    body = request.json()
    names = {"role": "DataAccessRoleArn", "version": "VersionName"}
    return {
        "endpoint": str(body.get("EndpointArn") or body.get("EndpointName") or ""),
        "classifier": str(
            body.get("DocumentClassifierArn")
            or body.get("DocumentClassifierName")
            or body.get("ModelArn")
            or body.get("DesiredModelArn")
            or ""
        ),
        **_members(request, names),
    }


def _members(request: _Request, names: dict[str, str]) -> Facts:
    """Facts from the members of a body in JSON."""
    body = request.json()
    return {fact: str(body.get(name, "")) for fact, name in names.items()}


def _sagemaker_facts(request: _Request, _: str) -> Facts:
    if "/endpoints/" not in request.path:
        names = {"training_job": "TrainingJobName", "role": "RoleArn", "endpoint": "EndpointName"}
        return _members(request, names)
    place = request.header(_INPUT_LOCATION).removeprefix("s3://")
    bucket, _, key = place.partition("/")
    return {"endpoint": _segment(request.path, "endpoints"), "bucket": bucket, "key": key}


def _bedrock_facts(request: _Request, _: str) -> Facts:
    # A guardrail may be named by its ARN, which holds a slash.
    guardrail = request.path.removeprefix("/guardrail/").partition("/version/")
    return {
        "guardrail": guardrail[0] if guardrail[1] else "",
        "model": _segment(request.path, "model"),
    }


def _segment(path: str, after: str) -> str:
    """The part of a path after the part of that name."""
    parts = path.split("/")
    following = parts[parts.index(after) + 1 :] if after in parts else []
    return following[0] if following else ""


def _body_fact(fact: str, member: str) -> Callable[[_Request, str], Facts]:
    """The one member of a body, in JSON or as a form."""

    def read(request: _Request, _: str) -> Facts:
        form = request.form().get(member, [""])[0]
        return {fact: form or str(request.json().get(member, ""))}

    return read


def _no_facts(_: _Request, __: str) -> Facts:
    return {}


_FACTS: dict[str, Callable[[_Request, str], Facts]] = {
    "bedrock": _bedrock_facts,
    "application-autoscaling": _body_fact("resource", "ResourceId"),
    "comprehend": _comprehend_facts,
    "dynamodb": _dynamodb_facts,
    "events": _events_facts,
    "kms": _body_fact("kms_key", "KeyId"),
    "lambda": lambda request, _: {"function": _segment(request.path, "functions")},
    "rekognition": _rekognition_facts,
    "s3": _s3_facts,
    "sagemaker": _sagemaker_facts,
    "sns": _body_fact("topic", "TopicArn"),
    "sqs": _body_fact("queue", "QueueUrl"),
    "states": _states_facts,
}
