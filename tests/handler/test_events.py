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
    named = f"tests/handler/test_{path.parent.name}.py does not use {path.name}"
    assert f'"{path.stem}"' in source, named


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_function_has_events(folder: Path) -> None:
    events = list((ROOT / "events" / folder.name).glob("*.json"))
    assert events, f"write events/{folder.name}/<scenario>.json, one for each branch"
    test = ROOT / "tests" / "handler" / f"test_{folder.name}.py"
    assert test.is_file(), f"write tests/handler/{test.name}"


def test_local_env_names_every_function_with_every_variable() -> None:
    local = json.loads((ROOT / "events/local-env.json").read_text("utf-8"))
    expected = {name: variables(properties) for name, properties in functions().items()}
    for name in local.keys() | expected.keys():
        given, wanted = set(local.get(name, ())), expected.get(name, set())
        differ = (given ^ wanted) - {"AWS_ENDPOINT_URL"}
        assert name in local, f"events/local-env.json lacks {name}, with {sorted(wanted)}"
        assert name in expected, f"events/local-env.json has {name}, the template has not"
        assert not differ, f"events/local-env.json and template differ for {name}: {differ}"


def test_local_env_keeps_every_function_away_from_aws() -> None:
    local = json.loads((ROOT / "events/local-env.json").read_text("utf-8"))
    assert all("AWS_ENDPOINT_URL" in given for given in local.values())


def test_local_env_holds_texts_only() -> None:
    local = json.loads((ROOT / "events/local-env.json").read_text("utf-8"))
    assert {type(value) for given in local.values() for value in given.values()} == {str}
