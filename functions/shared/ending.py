"""How a run ended that the state machine could not record itself."""

import json
from typing import Any

from shared.statuses import ENDS

# Fail states that the machine enters after it has recorded and announced the outcome itself.
ANNOUNCED = frozenset({"Safelight.Failed", "Safelight.Expired"})
# The Fail state whose cause is the outcome that could not be recorded.
NOT_RECORDED = "Safelight.NotRecorded"
# What that outcome consists of: lists of objects with these members, and other parts.
_NO_MEMBERS: frozenset[str] = frozenset()
_LISTS = {
    **dict.fromkeys(("reasons", "warnings", "attempts"), _NO_MEMBERS),
    "images": frozenset({"index", "verdict", "bucket", "key"}),
    "reviews": frozenset({"review_id", "about", "opened_at", "decision", "at"}),
}
_PARTS: dict[str, type] = {
    **dict.fromkeys(("status", "stage"), str),
    **dict.fromkeys(("models", "timings", "usage", "classification", "shadow"), dict),
}
# What SweepRequests stops an overdue execution with.
OVERDUE = "Safelight.Overdue"
# No Catch sees it. Before there is a claim, only the request itself can have been too large.
_DATA_LIMIT = "States.DataLimitExceeded"
TOO_LARGE = {
    "category": "invalid_request",
    "field": "request",
    "rule": "max_bytes",
    "action": "reject",
    "message": "the request is larger than an execution can carry (256 KiB)",
}


def ending_of(
    stage: str, execution: dict[str, Any], now: str, claimed: bool = True
) -> dict[str, Any]:
    """What to record of an execution as DescribeExecution tells of it; `stage` is who records."""
    status, error = execution["status"], execution.get("error", "")
    if status == "FAILED" and error == NOT_RECORDED and (told := _told(execution.get("cause", ""))):
        return {**told, "updated_at": now}
    if status == "FAILED" and error == _DATA_LIMIT and not claimed:
        return ended("INVALID", stage, now, TOO_LARGE)
    if error == OVERDUE:
        return overdue(stage, now)
    reason = {
        "category": "technical",
        "rule": error or status,
        "action": "fail",
        "message": "the execution ended where the state machine could not record it",
    }
    return ended("EXPIRED" if status == "TIMED_OUT" else "FAILED", stage, now, reason)


def overdue(stage: str, now: str) -> dict[str, Any]:
    """What to record of a request that stayed open past its deadline."""
    reason = {
        "category": "technical",
        "rule": "deadline",
        "action": "fail",
        "message": "the request was still open past its deadline",
    }
    return ended("EXPIRED", stage, now, reason)


def ended(status: str, stage: str, now: str, reason: dict[str, Any]) -> dict[str, Any]:
    """What to record of an end with one reason, which names its `stage` itself."""
    return {
        "status": status,
        "stage": stage,
        "updated_at": now,
        "reasons": [{"stage": stage, **reason}],
    }


def _told(cause: str) -> dict[str, Any]:
    """The outcome in a Fail state's cause; empty if it was cut, or is somebody else's."""
    try:
        told = json.loads(cause)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict) or not all(_is_part(name, value) for name, value in told.items()):
        return {}
    return told if told.get("status") in ENDS and "stage" in told else {}


def _is_part(name: str, value: object) -> bool:
    if name in _LISTS:
        return isinstance(value, list) and all(
            isinstance(one, dict) and one.keys() >= _LISTS[name] for one in value
        )
    return isinstance(value, _PARTS.get(name, ()))
