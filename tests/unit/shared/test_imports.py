"""Who imports whom: functions never each other, AWS in one place, nothing at import time."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[3] / "functions"
MODULES = sorted(
    ".".join(path.relative_to(FUNCTIONS).with_suffix("").parts)
    for path in FUNCTIONS.rglob("*.py")
    if path.name != "__init__.py"
)
FOLDERS = {path.parent.name for path in FUNCTIONS.glob("*/handler.py")}
BARE = """
import importlib, json, socket, sys
def refuse(*_): raise AssertionError("a connection at import")
socket.socket.connect = refuse
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def imported(module: str) -> set[str]:
    """The top-level names that a module imports, wherever in it."""
    path = FUNCTIONS.joinpath(*module.split(".")).with_suffix(".py")
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").partition(".")[0])
    return names


def loaded(*modules: str) -> set[str]:
    """What is in memory after an import without environment and network."""
    done = subprocess.run(
        [sys.executable, "-c", BARE, str(FUNCTIONS), *modules],
        capture_output=True,
        check=True,
        env={},
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", MODULES)
def test_a_function_imports_no_other_and_shared_imports_none(module: str) -> None:
    own = module.partition(".")[0]
    assert not (imported(module) & FOLDERS) - {own}


def test_boto3_is_imported_in_one_place() -> None:
    assert [module for module in MODULES if "boto3" in imported(module)] == ["shared.aws"]


def test_the_environment_is_read_in_one_place() -> None:
    assert [module for module in MODULES if "os" in imported(module)] == ["shared.settings"]


def test_pillow_is_imported_where_pictures_are_opened_alone() -> None:
    users = {module.rpartition(".")[0] for module in MODULES if "PIL" in imported(module)}
    assert users == {"shared.pictures", "store_images", "moderate_dataset_images"}


def test_importing_needs_neither_aws_nor_environment() -> None:
    assert set(MODULES) <= loaded(*MODULES)


def test_the_keyword_filter_loads_no_aws_sdk() -> None:
    packages = {name.partition(".")[0] for name in loaded("filter_keywords.handler")}
    assert not packages & {"boto3", "botocore", "urllib3", "PIL", "aws_lambda_powertools"}
    assert "filter_keywords" in packages
