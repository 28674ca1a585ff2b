"""The API as the template makes it and as its description says: the same routes and refusals."""

import re
from typing import Any

import pytest
from wiring.system import RESOURCES

from local.openapi.answers import MEANINGS, status_and_title
from local.openapi.description import description
from local.openapi.operations import OPERATIONS
from local.openapi.parameters import PARAMETERS

DOCUMENT = description()
BODY: dict[str, Any] = RESOURCES["SafelightApi"]["Properties"]["DefinitionBody"]
STAGE = RESOURCES["SafelightApi"]["Properties"]["StageName"]


def test_routes_are_the_same() -> None:
    deployed = {
        (method, path, operation["operationId"])
        for path, operations in BODY["paths"].items()
        for method, operation in operations.items()
        if method != "options"
    }
    assert deployed == {(one.method, one.path, one.name) for one in OPERATIONS}


def test_a_route_s_place_in_its_path_has_the_same_name() -> None:
    for operation in OPERATIONS:
        in_path = set(re.findall(r"{(\w+)}", operation.path))
        deployed = BODY["paths"][operation.path][operation.method].get("parameters", [])
        described = {PARAMETERS[name].get("name", name) for name in operation.parameters}
        assert in_path == {one["name"] for one in deployed} == in_path & described


def test_the_stage_is_in_the_address() -> None:
    assert DOCUMENT["servers"] == [{"url": f"/{STAGE}"}]


def test_callers_show_who_they_are_in_the_same_ways() -> None:
    described = DOCUMENT["components"]["securitySchemes"]
    deployed = BODY["components"]["securitySchemes"]
    assert described.keys() == deployed.keys()
    assert described["apiKey"]["name"] == deployed["apiKey"]["name"]


@pytest.mark.parametrize("code", re.findall(r'"code": "(\w+)"', str(BODY)))
def test_what_the_gateway_refuses_is_described(code: str) -> None:
    codes = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert code in codes
    if code in MEANINGS:
        assert f'"status": {status_and_title(code)[0]}' in str(BODY) or code == "internal"
