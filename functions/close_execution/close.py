"""Closes what an execution left open, and announces what it did not."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from close_execution.ending import ANNOUNCED, ending_of
from shared.announcement import event_of
from shared.dynamodb import Item
from shared.eventbridge import Bus
from shared.records import Records, utc_text
from shared.settings import Environment
from shared.stepfunctions import StepFunctions


@dataclass(frozen=True)
class Settings:
    """CloseExecution's variables."""

    table: str
    bus: str
    retention_days: int

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(env.text("RESULTS_TABLE"), env.text("EVENT_BUS"), env.number("RETENTION_DAYS"))


@dataclass(frozen=True)
class Clerk:
    """What closing needs."""

    settings: Settings
    records: Records
    bus: Bus
    step_functions: StepFunctions


def close(clerk: Clerk, execution_arn: str) -> str:
    """Says what was done: announced (by the machine itself), closed, or superseded."""
    execution = clerk.step_functions.describe(execution_arn)
    error, cause = execution.get("error", ""), execution.get("cause", "")
    # StopExecution takes any error name; only a Fail state's counts.
    if execution["status"] == "FAILED" and error in ANNOUNCED:
        return "announced"
    claim = _claim(clerk, execution)
    if claim is None:
        return "superseded"
    now = utc_text(datetime.now(UTC))
    ending = ending_of(execution["status"], error, cause, now)
    request_id = str(claim.pop("request_id"))
    closed, record = clerk.records.close(request_id, execution_arn, ending, claim)
    if record.get("execution_arn") != execution_arn:
        return "superseded"
    # Also when the record was closed already: whether it was announced, nobody noted. A second copy
    # of the event carries the same event_id.
    clerk.bus.announce(*event_of(record))
    return "closed" if closed else "announced again"


def _claim(clerk: Clerk, execution: dict[str, Any]) -> Item | None:
    """What AcceptRequest claimed; None if the request belongs to another execution."""
    for answer in clerk.step_functions.task_outputs(execution["executionArn"], "AcceptRequest"):
        return dict(answer["claim"]) if answer["verdict"] in {"accepted", "invalid"} else None
    return _unclaimed(clerk.settings, execution)


def _unclaimed(settings: Settings, execution: dict[str, Any]) -> Item:
    """For an execution that never got as far as its claim."""
    started = execution["startDate"]
    start = utc_text(started)
    return {
        "request_id": f"execution-{execution['name']}",
        "run": 1,
        "execution_arn": execution["executionArn"],
        "requester": "unknown",
        "created_at": start,
        "deadline": start,
        "expires_at": int((started + timedelta(days=settings.retention_days)).timestamp()),
        "request_hash": "none",
        "policy_hash": "none",
        "source": json.dumps({"type": "unknown"}),
        "metadata": "{}",
    }
