"""The variables for sam local."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from wiring.system import TEMPLATE

from local.commands.local_env import seen_by_containers, write_local_env
from local.deployed_stack import DeployedStack
from local.engine.settings import AI_SERVICES


class Services:
    """CloudFormation and Lambda of a stack with two functions."""

    def describe_stack_resources(self, **_: Any) -> dict[str, Any]:
        kinds = {
            "AcceptRequestFunction": "AWS::Lambda::Function",
            "ClassifyPromptFunction": "AWS::Lambda::Function",
            "ResultsTable": "AWS::DynamoDB::Table",
        }
        return {
            "StackResources": [
                {"LogicalResourceId": name, "PhysicalResourceId": name, "ResourceType": kind}
                for name, kind in kinds.items()
            ]
        }

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        return {"Environment": {"Variables": {"AWS_ENDPOINT_URL": "", "OWN": FunctionName}}}


def test_every_function_gets_its_own_variables_and_the_addresses(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "env.json"
    stack = DeployedStack("s", lambda _: Services(), {})
    write_local_env(path, stack, "http://ai:1", "http://engine:2")
    written = json.loads(path.read_text("utf-8"))
    assert list(written) == ["AcceptRequestFunction", "ClassifyPromptFunction"]
    assert written["AcceptRequestFunction"]["OWN"] == "AcceptRequestFunction"
    for variables in written.values():
        assert variables["AWS_ENDPOINT_URL"] == "http://engine:2"
        assert variables["AWS_ENDPOINT_URL_COMPREHEND"] == "http://ai:1"


def test_the_template_declares_every_address() -> None:
    """SAM CLI hands over no other."""
    declared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    services = {f"AWS_ENDPOINT_URL_{service}" for service in AI_SERVICES}
    assert declared == dict.fromkeys({"AWS_ENDPOINT_URL", *services}, "")


@pytest.mark.parametrize(
    ("host", "seen"),
    [
        ("172.17.0.1", "http://172.17.0.1:4566"),
        ("0.0.0.0", "http://172.17.0.1:4566"),  # noqa: S104
        ("127.0.0.1", "http://127.0.0.1:4566"),
    ],
)
def test_containers_are_told_an_address_that_they_can_reach(host: str, seen: str) -> None:
    assert seen_by_containers("http://127.0.0.1:4566", host) == seen
