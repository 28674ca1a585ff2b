"""The sample events and the environment for `sam local`, against the template and these tests."""

import json
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
FOLDERS = [
    path for path in sorted((ROOT / "functions").iterdir()) if (path / "handler.py").exists()
]
FILES = [path for folder in FOLDERS for path in (ROOT / "events" / folder.name).glob("*.json")]


def functions() -> dict[str, dict[str, Any]]:
    """Logical id to properties of every function in the template."""
    resources = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def variables(properties: dict[str, Any]) -> set[str]:
    return set(properties.get("Environment", {}).get("Variables", {}))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_handler_test_uses_the_event(path: Path) -> None:
    source = (ROOT / f"tests/handler/test_{path.parent.name}.py").read_text("utf-8")
    assert f'"{path.stem}"' in source


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_function_has_events(folder: Path) -> None:
    assert list((ROOT / "events" / folder.name).glob("*.json"))


def test_local_env_names_every_function_with_every_variable() -> None:
    local = json.loads((ROOT / "events/local-env.json").read_text("utf-8"))
    expected = {name: variables(properties) for name, properties in functions().items()}
    assert {name: set(given) - {"AWS_ENDPOINT_URL"} for name, given in local.items()} == {
        name: names - {"AWS_ENDPOINT_URL"} for name, names in expected.items()
    }


def test_local_env_keeps_every_function_away_from_aws() -> None:
    local = json.loads((ROOT / "events/local-env.json").read_text("utf-8"))
    assert all("AWS_ENDPOINT_URL" in given for given in local.values())


def test_local_env_holds_texts_only() -> None:
    local = json.loads((ROOT / "events/local-env.json").read_text("utf-8"))
    assert {type(value) for given in local.values() for value in given.values()} == {str}
