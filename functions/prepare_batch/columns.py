"""A CSV file's header and cells as requests: columns are the request's fields, by name."""

import re
from typing import Any

from shared.request import InvalidRequest, field_types

# Of the request's schema: what may follow "metadata.".
_METADATA = re.compile(r"metadata\.[A-Za-z0-9._-]{1,64}")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def check_first_line(line: bytes) -> None:
    """Raises InvalidRequest for what spreadsheets write that is not CSV."""
    if b"\r" in line.removesuffix(b"\r"):
        raise InvalidRequest("file", "line_ends", "lines must end with LF or CRLF, not with CR")
    for separator, name in ((b";", "semicolons"), (b"\t", "tabs")):
        if separator in line and b"," not in line:
            raise InvalidRequest(
                "file", "separator", f"columns are separated by {name}: save the file with commas"
            )


def read_header(cells: list[str]) -> list[str]:
    """The columns' names. Raises InvalidRequest; names that are unknown may be prompts: unsaid."""
    names = _stripped(cells)
    while names and not names[-1]:
        names.pop()
    fields = {name for name, kind in field_types().items() if kind != "object"}
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if name not in fields and not _METADATA.fullmatch(name):
            known = ", ".join(sorted(fields))
            raise InvalidRequest(
                "file",
                "unknown_column",
                f"column {number} of the first line names no field of a request; "
                f"there are {known} and metadata.<name>",
            )
        if name in seen:
            raise InvalidRequest("file", "duplicate_column", f"there are two columns {name}")
        seen.add(name)
    if "prompt" not in names:
        raise InvalidRequest("file", "required", "there is no column prompt")
    return names


def to_request(names: list[str], cells: list[str]) -> dict[str, Any]:
    """The request in a row; empty cells are fields that it does not have. Raises InvalidRequest.

    Empty if all of them are.
    """
    values = _stripped(cells)
    if not any(values):
        return {}
    # Spreadsheets write empty cells behind the last column.
    while len(values) > len(names) and not values[-1]:
        values.pop()
    if len(values) != len(names):
        raise InvalidRequest(
            "line", "cells", f"the row has {len(values)} cells, the first line {len(names)}"
        )
    types, request, metadata = field_types(), {}, {}
    for name, value in zip(names, values, strict=True):
        if value and name in types:
            request[name] = _typed(value, types[name])
        elif value:
            metadata[name.removeprefix("metadata.")] = value
    return request | ({"metadata": metadata} if metadata else {})


def _stripped(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells]


def _typed(value: str, kind: str) -> object:
    """The number in a cell. What is none stays a text: the schema says what is wrong with it."""
    if kind == "string" or not _NUMBER.fullmatch(value):
        return value
    return int(value) if _WHOLE.fullmatch(value) else float(value)
