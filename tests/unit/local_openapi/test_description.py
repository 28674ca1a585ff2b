"""The API's description: current, sound in itself, and of all that functions answer."""

import json
import re
from typing import Any

import jsonschema
import pytest

from local.openapi.answers import MEANINGS, status_and_title
from local.openapi.description import DESCRIPTION, description, text
from local.openapi.operations import OPERATIONS
from shared.api import CODES

DOCUMENT = description()
COMPONENTS = DOCUMENT["components"]
RESPONSES = [
    (operation, status, response)
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
    for status, response in operation["responses"].items()
]


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to; anything else is itself."""
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"components": COMPONENTS, **schema})


def test_the_file_is_current() -> None:
    assert DESCRIPTION.read_text("utf-8") == text(), "say make openapi"


def test_every_reference_leads_somewhere() -> None:
    for pointer in re.findall(r'"\$ref": "([^"]+)"', text()):
        assert resolved({"$ref": pointer})


@pytest.mark.parametrize("name", COMPONENTS["schemas"])
def test_every_schema_is_one(name: str) -> None:
    schema = COMPONENTS["schemas"][name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert not {"$schema", "$id", "definitions"} & schema.keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_body_s_example_is_valid(operation: Any) -> None:
    described = DOCUMENT["paths"][operation.path][operation.method]
    for content in described.get("requestBody", {}).get("content", {}).values():
        validator(content["schema"]).validate(content["example"])


def test_problems_are_examples_of_their_schema() -> None:
    for _, status, response in RESPONSES:
        content = resolved(response).get("content", {}).get("application/problem+json", {})
        for example in content.get("examples", {}).values():
            validator(content["schema"]).validate(example["value"])
            assert example["value"]["status"] == int(status)


def test_every_code_is_described() -> None:
    # A method that a path does not have comes to no function.
    assert CODES.keys() - MEANINGS.keys() == {"method_not_allowed"}
    described = {
        code
        for _, _, response in RESPONSES
        for content in resolved(response).get("content", {}).values()
        for code in content.get("examples", {})
    }
    assert described == MEANINGS.keys()
    known = COMPONENTS["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert {*MEANINGS, *CODES} == set(known)


@pytest.mark.parametrize("code", MEANINGS)
def test_a_problem_s_status_is_its_code_s(code: str) -> None:
    statuses = {
        int(status)
        for _, status, response in RESPONSES
        for content in resolved(response).get("content", {}).values()
        if code in content.get("examples", {})
    }
    assert statuses == {status_and_title(code)[0]}


def test_links_lead_to_operations() -> None:
    known = {operation.name for operation in OPERATIONS}
    for _, _, response in RESPONSES:
        assert {
            link["operationId"] for link in resolved(response).get("links", {}).values()
        } <= known


def test_a_prompt_of_nothing_is_not_valid() -> None:
    request = validator({"$ref": "#/components/schemas/Request"})
    assert request.is_valid({"prompt": " a "})
    for nothing in ("", " \n", "\u0000\u009f"):
        assert not request.is_valid({"prompt": nothing})


def test_whom_the_document_names_is_the_caller_s_own_server() -> None:
    assert DOCUMENT["servers"] == [{"url": "/api"}]
    assert "amazonaws.com" not in json.dumps(DOCUMENT)
