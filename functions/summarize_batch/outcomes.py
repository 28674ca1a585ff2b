"""What a row came to, from what Step Functions writes of its child execution."""

import json
from typing import Any

# What is handed on. What a child was given, its prompt above all, is not.
_TOLD = ("line", "request_id", "run", "status", "images", "repeated")
_REFUSED = ("line", "request_id", "field", "rule", "message")


def outcome(written: bytes) -> dict[str, Any] | None:
    """{line, request_id, run, status, images} of a row; None if that cannot be told: its child was
    aborted, with which its request may still have ended well, or does not say which row it had.

    Of a child that succeeded its output is written; of any other, what DescribeExecution would say
    (Step Functions Developer Guide, ResultWriter). RowFailed tells the outcome as its cause; a
    child that ended before it could is FAILED, with its error.
    """
    entry = _object(written)
    told = entry if "status" in entry else _object(entry.get("Cause"))
    if "line" in told and "status" in told:
        return _members(told, _TOLD)
    row = _object(entry.get("Input")).get("row")
    if entry.get("Status") == "ABORTED" or not isinstance(row, dict) or "line" not in row:
        return None
    named = _members(row, ("line", "request_id"))
    error = entry.get("Error") or entry.get("Status")
    return {**named, "run": 0, "status": "FAILED", "images": [], "error": error}


def refused(written: bytes) -> dict[str, Any] | None:
    """The same of a line that PrepareBatch could not read as a request; with what is wrong."""
    told = _members(_object(written), _REFUSED)
    return {**told, "run": 1, "status": "INVALID", "images": []} if told else None


def _object(text: object) -> dict[str, Any]:
    """The JSON object that a text holds, or an empty one."""
    if not isinstance(text, bytes | str):
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _members(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}
