"""Makes the OpenAPI document of the table of operations and the schemas in schemas/."""

import functools
import json
from typing import Any

from local.openapi.answers import EVERYWHERE, MEANINGS, Answer, status_and_title
from local.openapi.operations import OPERATIONS, Operation
from local.openapi.parameters import HEADERS, PARAMETERS
from local.policy.source import ROOT

DESCRIPTION = ROOT / "functions" / "read_requests" / "openapi.json"
_SCHEMAS, _EXAMPLES = ROOT / "schemas", ROOT / "events" / "api"
# minLength is of the normalised prompt, which has no control characters and no white space around.
_SOME_TEXT = r"[^\s\u0000-\u001f\u007f-\u009f]"
_JSON, _PROBLEM = "application/json", "application/problem+json"
_SECURITY: dict[str, dict[str, Any]] = {
    "sigv4": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "Of a stack with ApiAuth iam: AWS Signature Version 4, service execute-api.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "userPool": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "Of a stack with ApiAuth cognito: an id token of its user pool.",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "Of a stack with ApiAuth key: a key of its usage plan.",
    },
}


def description() -> dict[str, Any]:
    """The whole document."""
    components = _Components()
    shared = {_response_name(answer): _response(answer, components) for answer in EVERYWHERE}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Safelight",
            "version": "1",
            "description": "Pictures from text, judged before anybody sees them.",
        },
        # The stage, which is also where a page's own origin has the API.
        "servers": [{"url": "/api"}],
        # One of them, as the stack's ApiAuth says; none of them on the local engine.
        "security": [*({name: []} for name in _SECURITY), {}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "parameters": {name: {"name": name, **of} for name, of in PARAMETERS.items()},
            "responses": shared,
            "securitySchemes": _SECURITY,
        },
    }


def text() -> str:
    """What stands in DESCRIPTION."""
    return json.dumps(description(), ensure_ascii=False, indent=1) + "\n"


def _operation(operation: Operation, components: "_Components") -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    if operation.description:
        made["description"] = operation.description
    if operation.parameters:
        made["parameters"] = [_ref("parameters", name) for name in operation.parameters]
    if operation.body:
        content = {
            "schema": components.named(operation.body),
            "example": json.loads((_EXAMPLES / operation.example).read_text("utf-8")),
        }
        made["requestBody"] = {"required": True, "content": {_JSON: content}}
    made["responses"] = {
        str(answer.status): _ref("responses", _response_name(answer))
        if answer in EVERYWHERE
        else _response(answer, components)
        for answer in operation.answers
    }
    return made


def _response_name(answer: Answer) -> str:
    return status_and_title(answer.codes[0])[1].replace(" ", "")


def _response(answer: Answer, components: "_Components") -> dict[str, Any]:
    made: dict[str, Any] = {"description": answer.meaning}
    if answer.always or answer.sometimes:
        made["headers"] = {
            **{name: {**HEADERS[name], "required": True} for name in answer.always},
            **{name: HEADERS[name] for name in answer.sometimes},
        }
    if answer.schema:
        content: dict[str, Any] = {"schema": components.named(answer.schema)}
        if answer.codes:
            content["examples"] = {code: {"value": _problem(code)} for code in answer.codes}
        made["content"] = {_PROBLEM if answer.codes else _JSON: content}
    if answer.links:
        made["links"] = answer.links
    return made


def _problem(code: str) -> dict[str, Any]:
    status, title = status_and_title(code)
    problem = {"title": title, "status": status, "detail": MEANINGS[code], "code": code}
    return {"type": "about:blank", **problem}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


class _Components:
    """The schemas that the document needs, each under one name, with what they refer to."""

    def __init__(self) -> None:
        self.schemas: dict[str, dict[str, Any]] = {}
        self._names: dict[str, str] = {}

    def named(self, place: str) -> dict[str, str]:
        """A reference to the schema at a place such as `record#/definitions/reason`."""
        if place not in self._names:
            file, _, pointer = place.partition("#")
            name = _name(pointer.rpartition("/")[2] or file)
            # Records and events have a reason each.
            name = _name(file) + name if name in self.schemas else name
            self._names[place], self.schemas[name] = name, {}
            self.schemas[name] = self._own(_at(file, pointer), file)
        return _ref("schemas", self._names[place])

    def _own(self, node: Any, file: str) -> Any:
        if isinstance(node, list):
            return [self._own(value, file) for value in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            other, _, pointer = node["$ref"].partition("#")
            other = other.removesuffix(".schema.json") or file
            # What is no definition of its own is written out.
            if "/properties/" in pointer:
                return self._own(_at(other, pointer), other)
            return self.named(f"{other}#{pointer}")
        return {
            key: self._own(value, file)
            for key, value in node.items()
            if key not in {"$schema", "$id", "definitions"}
        }


def _name(words: str) -> str:
    return "".join(word.capitalize() for word in words.replace("-", "_").split("_"))


def _at(file: str, pointer: str) -> Any:
    place = _schema(file)
    for step in pointer.strip("/").split("/") if pointer else []:
        place = place[step]
    return place


@functools.cache
def _schema(file: str) -> Any:
    schema = json.loads((_SCHEMAS / f"{file}.schema.json").read_text("utf-8"))
    if file == "request":
        schema["properties"]["prompt"]["pattern"] = _SOME_TEXT
    return schema
