"""How a job ended whose execution came to no word of it."""

from typing import Any

from shared.ending import ended

STAGE = "FollowJobs"
# What stands for the status of an execution that Step Functions knows no more.
FORGOTTEN = "FORGOTTEN"


def ending_of(execution: dict[str, Any], now: str) -> dict[str, Any]:
    """What to record of a job whose execution, as DescribeExecution tells of it, runs no more.

    Also of one that succeeded: what it did is not known, and another run does what is left.
    """
    reason = {
        "category": "technical",
        "rule": execution.get("error") or execution["status"],
        "action": "fail",
        "message": "the execution ended where the state machine could not record it",
    }
    return ended("FAILED", STAGE, now, reason)
