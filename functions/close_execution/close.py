"""Closes what an execution left open, and announces what it did not."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.announcement import announce
from shared.dynamodb import Item
from shared.ending import ANNOUNCED, ending_of
from shared.eventbridge import Bus
from shared.records import Records, utc_text
from shared.settings import Environment
from shared.stepfunctions import StepFunctions

STAGE = "CloseExecution"
# AcceptRequest's verdicts with which the record is this execution's.
_CLAIMED = frozenset({"accepted", "appealed", "invalid"})


@dataclass(frozen=True)
class Settings:
    """CloseExecution's variables."""

    results_table: str
    bus: str
    retention_days: int
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            results_table=env.text("RESULTS_TABLE"),
            bus=env.text("EVENT_BUS"),
            retention_days=env.number("RETENTION_DAYS"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Clerk:
    """What closing needs."""

    settings: Settings
    records: Records
    bus: Bus
    step_functions: StepFunctions


def close(clerk: Clerk, execution_arn: str) -> str:
    """Says what was done: closed; announced again, if it was closed and may not have been told;
    or nothing, because it was announced by the machine itself or superseded."""
    execution = clerk.step_functions.describe(execution_arn)
    # StopExecution takes any error name; only a Fail state's counts.
    if execution["status"] == "FAILED" and execution.get("error") in ANNOUNCED:
        return "announced"
    claim = _claim(clerk, execution)
    if claim is None:
        return "superseded"
    now = utc_text(datetime.now(UTC))
    first = claim or _unclaimed(clerk.settings, execution)
    ending = ending_of(STAGE, execution, now, claimed=bool(claim))
    request_id = str(first.pop("request_id"))
    closed, record = clerk.records.close(request_id, execution_arn, ending, first)
    if record.get("execution_arn") != execution_arn:
        return "superseded"
    if not closed and "announced_at" in record:
        return "announced"
    announce(clerk.bus, clerk.records, record, now)
    return "closed" if closed else "announced again"


def _claim(clerk: Clerk, execution: dict[str, Any]) -> Item | None:
    """What the execution claimed; empty for nothing; None if the request is another's."""
    arn = execution["executionArn"]
    for answer in clerk.step_functions.task_outputs(arn, "AcceptRequest"):
        return dict(answer["claim"]) if answer["verdict"] in _CLAIMED else None
    # AcceptRequest may have claimed and not come to say so.
    return clerk.records.of_execution(arn) or {}


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
        "expires_at": int((started + timedelta(days=settings.retention_days)).timestamp()),
        "request_hash": "none",
        "policy_hash": "none",
        "source": json.dumps({"type": "unknown"}),
        "metadata": "{}",
    }
