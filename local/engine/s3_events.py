"""`Object Created` events as EventBridge sends them.

ministack leaves out `version-id` on versioned buckets, adds an `event-version` that AWS does not
send, and gives the time with milliseconds. Private names: s3._fire_s3_event (wrapped, it alone
knows the version) and eventbridge._dispatch_event (wrapped, it receives the finished event).
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, s3

from local.engine.seams import replace

_version: ContextVar[str | None] = ContextVar("s3_object_version", default=None)


def install() -> None:
    """Correct S3's events on their way to the rules."""

    def fire_with_version(*args: Any, version_id: str | None = None, **details: Any) -> None:
        token = _version.set(version_id)
        try:
            fire(*args, version_id=version_id, **details)
        finally:
            _version.reset(token)

    def dispatch_corrected(event: dict[str, Any], view: Any = None) -> None:
        if event.get("Source") == "aws.s3" and view is None:
            event = corrected(event, _version.get())
        dispatch(event, view)

    fire = replace(s3, "_fire_s3_event", fire_with_version)
    dispatch = replace(eventbridge, "_dispatch_event", dispatch_corrected)


def corrected(event: dict[str, Any], version: str | None) -> dict[str, Any]:
    """The same event in AWS's shape."""
    detail = json.loads(event["Detail"])
    detail.pop("event-version", None)
    if version:
        detail["object"]["version-id"] = version
    time = re.sub(r"\.\d+", "", str(event["Time"]))
    return {**event, "Detail": json.dumps(detail), "Time": time}
