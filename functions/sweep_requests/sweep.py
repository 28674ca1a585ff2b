"""Ends what stayed open past its deadline, because nobody was left to end it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.announcement import event_of
from shared.eventbridge import Bus
from shared.records import Records, utc_text
from shared.settings import Environment
from shared.stepfunctions import StepFunctions

STAGE = "SweepRequests"
# Of each shard in one call, so that a call ends in time; the next one goes on.
_MOST = 20


@dataclass(frozen=True)
class Settings:
    """SweepRequests' variables."""

    table: str
    bus: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(env.text("RESULTS_TABLE"), env.text("EVENT_BUS"))


@dataclass(frozen=True)
class Sweeper:
    """What sweeping needs."""

    records: Records
    bus: Bus
    step_functions: StepFunctions


def sweep(sweeper: Sweeper, now: datetime) -> int:
    """Closes overdue records as EXPIRED and announces them; says how many.

    The execution is stopped first: it must not go on painting for a record that is closed.
    """
    moment = utc_text(now)
    closed = 0
    for row in sweeper.records.overdue(moment, _MOST):
        execution_arn = str(row["execution_arn"])
        sweeper.step_functions.stop(execution_arn, "Safelight.Overdue")
        ours, record = sweeper.records.close(
            str(row["request_id"]), execution_arn, _ending(moment), {}
        )
        if ours:
            sweeper.bus.announce(*event_of(record))
            closed += 1
    return closed


def _ending(moment: str) -> dict[str, Any]:
    reason = {
        "stage": STAGE,
        "category": "technical",
        "rule": "deadline",
        "action": "fail",
        "message": "the request was still open past its deadline",
    }
    return {"status": "EXPIRED", "stage": STAGE, "updated_at": moment, "reasons": [reason]}
