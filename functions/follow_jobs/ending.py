"""How a job ended whose execution came to no word of it."""

import json
from typing import Any

from shared.ending import NOT_RECORDED, ended

STAGE = "FollowJobs"
# What stands for the status of an execution that Step Functions knows no more.
FORGOTTEN = "FORGOTTEN"
_STATUSES = frozenset({"COMPLETED", "INVALID", "REFUSED", "FAILED"})
# What the end in a Fail state's cause consists of.
_PARTS: dict[str, type] = {"status": str, "stage": str, "reasons": list, "report": dict}


def ending_of(execution: dict[str, Any], now: str) -> dict[str, Any]:
    """What to record of a job whose execution, as DescribeExecution tells of it, runs no more.

    Also of one that succeeded: what it did is not known, and another run does what is left.
    """
    status, error = execution["status"], execution.get("error", "")
    # StopExecution takes any error name; only a Fail state's counts.
    if status == "FAILED" and error == NOT_RECORDED and (told := _told(execution.get("cause", ""))):
        return {**told, "updated_at": now}
    reason = {
        "category": "technical",
        "rule": error or status,
        "action": "fail",
        "message": "the execution ended where the state machine could not record it",
    }
    return ended("FAILED", STAGE, now, reason)


def _told(cause: str) -> dict[str, Any]:
    """The end in a Fail state's cause; empty if it was cut, or is somebody else's."""
    try:
        told = json.loads(cause)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict) or told.keys() != _PARTS.keys():
        return {}
    whole = all(isinstance(told[name], kind) for name, kind in _PARTS.items())
    return told if whole and told["status"] in _STATUSES else {}
