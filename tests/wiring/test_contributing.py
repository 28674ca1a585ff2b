"""CONTRIBUTING.md: its commands and files are there, and its rules hold where it says so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from wiring.system import FUNCTIONS, ROOT
from wiring.test_readme import TARGETS

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
SOURCES = [
    path
    for folder in ("functions", "local", "tests", "bench", "container", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name != "__init__.py"
]
OURS = [path for path in SOURCES if path.is_relative_to(FUNCTIONS)]
# What a name says nothing with.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def named_targets(text: str) -> set[str]:
    """Those of `make …` in code, in blocks or in a line."""
    return set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))


def test_every_target_that_is_named_exists() -> None:
    assert not named_targets(TEXT) - TARGETS


def test_every_target_is_told_of() -> None:
    told = set().union(*(named_targets(path.read_text("utf-8")) for path in DOCUMENTS))
    untold = TARGETS - told
    assert not untold, f"name them in README.md, CONTRIBUTING.md or docs/: {untold}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_a_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:tests|docs|locks)/[\w/.]+)`", TEXT))))
def test_a_file_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not silent


def public(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """A module's own functions and classes."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield node


def test_every_public_name_of_the_functions_is_explained() -> None:
    silent = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in OURS
        for node in public(path)
        if not ast.get_docstring(node)
    ]
    assert not silent


def test_nothing_is_left_to_do_in_a_comment() -> None:
    left = [path for path in SOURCES if re.search(r"#\s*(TODO|FIXME|XXX)\b", path.read_text())]
    assert not left


def test_modules_have_names_that_say_something() -> None:
    assert not [path for path in SOURCES if {path.stem, path.parent.name} & EMPTY_NAMES]
