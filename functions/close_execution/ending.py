"""How a run ended that no Catch could end."""

import json
from typing import Any

STAGE = "CloseExecution"
# Fail states that the machine enters after it has recorded and announced the outcome itself.
ANNOUNCED = frozenset({"Safelight.Failed", "Safelight.Expired"})
# The Fail state whose cause is the outcome that could not be recorded.
NOT_RECORDED = "Safelight.NotRecorded"


def ending_of(status: str, error: str, cause: str, now: str) -> dict[str, Any]:
    """What to record of an execution that ended as `status` with `error` and `cause`."""
    if status == "FAILED" and error == NOT_RECORDED:
        return {**json.loads(cause), "updated_at": now}
    reason = {
        "stage": STAGE,
        "category": "technical",
        "rule": error or status,
        "action": "fail",
        "message": "the execution ended where the state machine could not record it",
    }
    return {
        "status": "EXPIRED" if status == "TIMED_OUT" else "FAILED",
        "stage": STAGE,
        "updated_at": now,
        "reasons": [reason],
    }
