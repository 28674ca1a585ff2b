"""An HTTP request to a service of AWS, with its parts read once: which operation it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, unquote_plus

_MOST_TEXT = 64 * 1024
INPUT_LOCATION = "x-amzn-sagemaker-inputlocation"
_TEXT_HEADERS = ("x-amz-copy-source", "x-amzn-sagemaker-inference-id", INPUT_LOCATION)
_OPERATIONS_BY_PATH = {
    "/async-invocations": "InvokeEndpointAsync",
    "/invocations": "Invoke",
    "/apply": "ApplyGuardrail",
    "/converse": "Converse",
    "/invoke": "InvokeModel",
}
Json = dict[str, Any]


class Request:
    """Header names are in lower case, the path is unquoted."""

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
        sent = [self.header(name) for name in _TEXT_HEADERS]
        body = self.body[:_MOST_TEXT].decode("utf-8", "replace")
        return "\n".join([self.path, unquote_plus(query), *sent, body, unquote_plus(body)])


def _s3_operation(request: Request) -> str:
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
