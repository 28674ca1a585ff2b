"""Who imports whom among our own modules, read from their source."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.cold_start.measure import ROOT

FUNCTIONS = ROOT / "functions"


@dataclass(frozen=True)
class Imports:
    """Modules of ours: imported at the top and used, for annotations alone, or inside a function.

    What a type checker alone imports is none of these.
    """

    used: frozenset[str]
    annotating: frozenset[str]
    later: frozenset[str]


def reached(module: str, later: bool) -> set[str]:
    """The modules that it needs, and itself; with `later` those that some calls need, too."""
    return _closure(module, lambda imports: imports.used | (imports.later if later else set()))


def loaded_in_vain(module: str) -> set[str]:
    """What is in memory once a module is imported, for no more than its name in an annotation."""
    loaded = _closure(module, lambda imports: imports.used | imports.annotating)
    return loaded - reached(module, later=False)


def _closure(module: str, followed: Callable[[Imports], frozenset[str]]) -> set[str]:
    """It, and whatever it comes to by the imports that are followed."""
    found: set[str] = set()
    to_do = [module]
    while to_do:
        name = to_do.pop()
        if name not in found:
            found.add(name)
            to_do += followed(imports_of(name))
    return found


@functools.cache
def imports_of(module: str) -> Imports:
    """Of a module of ours; a package has none."""
    path = file_of(module)
    return imports_in(path.read_text("utf-8")) if path else Imports(*(frozenset(),) * 3)


def imports_in(source: str) -> Imports:
    """Of a module's source."""
    tree = ast.parse(source)
    names = _used_names(tree)
    used: set[str] = set()
    annotating: set[str] = set()
    for module, name in _imported(tree.body):
        (used if name in names else annotating).add(module)
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    later = {module for node in inside for module, _ in _imported(ast.walk(node))}
    return Imports(frozenset(used), frozenset(annotating - used), frozenset(later - used))


def file_of(module: str) -> Path | None:
    """Where a module of ours is; None for a package and for others' modules."""
    path = FUNCTIONS.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else None


def _imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """(module, the name that it goes by) of our modules that these nodes import."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                module = inner if file_of(inner) else node.module
                if file_of(module):
                    yield module, alias.asname or alias.name


def _used_names(tree: ast.Module) -> set[str]:
    """What is read while the module is imported or its functions run, annotations left out."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        for annotation in _annotations(node)
        for part in ast.walk(annotation)
    }
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in inside
    }


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.FunctionDef) and node.returns:
        yield node.returns
    if isinstance(node, ast.arg) and node.annotation:
        yield node.annotation
    if isinstance(node, ast.AnnAssign):
        yield node.annotation
