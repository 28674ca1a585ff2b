"""Remembers what this command line asked for last, for `safelight show --last`."""

from __future__ import annotations

import json

from local.running_instance import STATE

_NOTE = STATE / "last.json"


def remember(stack: str | None, request_id: str) -> None:
    """Note the record's key; `stack` is None for the local one."""
    _NOTE.parent.mkdir(parents=True, exist_ok=True)
    _NOTE.write_text(json.dumps({"stack": stack, "request_id": request_id}) + "\n", "utf-8")


def recall(stack: str | None) -> str | None:
    """The last key noted for this stack."""
    try:
        note = json.loads(_NOTE.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return str(note["request_id"]) if note.get("stack") == stack else None
