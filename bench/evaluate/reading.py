"""Reads the labelled sets; of what is missing or broken it says what should be there."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from bench.evaluate.sets import FORMATS, Case, File, Post, Prompt, Sets


class SetError(Exception):
    """A set is missing or broken; the message says which, and what it should look like."""


Row = TypeVar("Row")


def read_sets(data: Path, given: dict[str, Path]) -> Sets:
    """The given files by kind; without any, every file of the folder. Raises SetError."""
    paths = given or {kind: data / name for kind, (name, _) in FORMATS.items()}
    _require(paths)
    contents = {kind: _content(path) for kind, path in paths.items()}
    cases = _rows(paths, contents, "keyword_cases", _case)
    prompts = _rows(paths, contents, "prompts", _prompt)
    vocabulary = _vocabulary(paths, contents)
    posts = _posts(paths, contents)
    counts = {
        "keyword_cases": len(cases),
        "keyword_vocab": len(vocabulary),
        "prompts": len(prompts),
        "toxicity": len(posts),
        "toxicity_sources": len(posts),
    }
    files = {
        kind: File(path, hashlib.sha256(contents[kind].encode()).hexdigest(), counts[kind])
        for kind, path in paths.items()
    }
    return Sets(tuple(cases), tuple(vocabulary), tuple(prompts), tuple(posts), files)


def _require(paths: dict[str, Path]) -> None:
    missing = [f"{path}: not there" for path in paths.values() if not path.is_file()]
    wanted = {path_kind for path_kind, path in paths.items() if not path.is_file()}
    for kind, companion in (("keyword_cases", "keyword_vocab"), ("toxicity_sources", "toxicity")):
        if kind in paths and companion not in paths:
            missing.append(f"{_option(kind)} needs {_option(companion)}")
            wanted.add(companion)
    if missing:
        shapes = [f"  {_option(kind)}  {FORMATS[kind][1]}" for kind in FORMATS if kind in wanted]
        raise SetError(
            "\n".join(
                [
                    *missing,
                    "What belongs there (UTF-8):",
                    *shapes,
                    "The sets hold offensive text and are no part of the project.",
                    "Name a folder that holds them with --data, or files with the options above.",
                ]
            )
        )


def _option(kind: str) -> str:
    return "--" + kind.replace("_", "-")


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SetError(f"{path}: not UTF-8 (byte {error.start})") from None


def _rows(
    paths: dict[str, Path],
    contents: dict[str, str],
    kind: str,
    made: Callable[[dict[str, Any]], Row],
) -> list[Row]:
    """Every JSON line as a row; [] where the kind was not given."""
    rows = []
    for number, line in enumerate(contents.get(kind, "").split("\n"), 1):
        if line.strip():
            try:
                rows.append(made(json.loads(line)))
            except (ValueError, KeyError, TypeError, RecursionError):
                raise _broken(paths[kind], number, kind) from None
    if kind in contents and not rows:
        raise _broken(paths[kind], 1, kind)
    return rows


def _broken(path: Path, number: int, kind: str) -> SetError:
    return SetError(f"{path}, line {number}: not as it should be: {FORMATS[kind][1]}")


def _case(row: dict[str, Any]) -> Case:
    text, technique = _strings(row, "text", "why")
    return Case(text, _boolean(row["forbidden"]), technique)


def _prompt(row: dict[str, Any]) -> Prompt:
    text, label, category, source, subset = _strings(
        row, "prompt", "label", "category", "source", "subset"
    )
    return Prompt(text, _one_of(label, "unsafe", "safe"), category, source, subset)


def _strings(row: dict[str, Any], *names: str) -> list[str]:
    values = [row[name] for name in names]
    if not all(isinstance(value, str) and value for value in values):
        raise TypeError
    return values


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _one_of(label: str, yes: str, no: str) -> bool:
    if label not in (yes, no):
        raise ValueError(label)
    return label == yes


def _vocabulary(paths: dict[str, Path], contents: dict[str, str]) -> list[str]:
    if "keyword_vocab" not in contents:
        return []
    try:
        rows = json.loads(contents["keyword_vocab"])["words"]
        words = [word for row in rows for word in _strings(row, "word")]
        if not words:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _broken(paths["keyword_vocab"], 1, "keyword_vocab") from None
    return words


def _posts(paths: dict[str, Path], contents: dict[str, str]) -> list[Post]:
    if "toxicity" not in contents:
        return []
    sources = _sources(paths, contents)
    posts = []
    for number, row in enumerate(_lines(contents["toxicity"])):
        try:
            label, text = row
            source = sources[number] if sources else "one source"
            posts.append(Post(text, _one_of(label, "toxic", "non_toxic"), source))
        except (ValueError, IndexError):
            raise _broken(paths["toxicity"], number + 1, "toxicity") from None
    return posts


def _sources(paths: dict[str, Path], contents: dict[str, str]) -> list[str]:
    """The source of each row, in order."""
    sources = []
    for number, row in enumerate(list(_lines(contents.get("toxicity_sources", "")))[1:]):
        if len(row) != 3 or row[0] != str(number):
            raise _broken(paths["toxicity_sources"], number + 2, "toxicity_sources")
        sources.append(row[1])
    return sources


def _lines(content: str) -> Iterable[list[str]]:
    return csv.reader(io.StringIO(content, newline=""))
