"""Records and announces a request whose execution could never be started, as its run 0."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from record_unstarted.undelivered import Undelivered
from shared.announcement import announce
from shared.dynamodb import Item
from shared.ending import TOO_LARGE, ended
from shared.eventbridge import Bus
from shared.jobs import Jobs
from shared.records import Records, utc_text
from shared.s3 import Storage
from shared.settings import Environment

STAGE = "RecordUnstarted"
# Stands where the ARN of the execution would.
NO_EXECUTION = "none"


@dataclass(frozen=True)
class Settings:
    """RecordUnstarted's variables."""

    results_table: str
    jobs_table: str
    bus: str
    work_bucket: str
    datasets_bucket: str
    retention_days: int
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            results_table=env.text("RESULTS_TABLE"),
            jobs_table=env.text("JOBS_TABLE"),
            bus=env.text("EVENT_BUS"),
            work_bucket=env.text("WORK_BUCKET"),
            datasets_bucket=env.text("DATASETS_BUCKET"),
            retention_days=env.number("RETENTION_DAYS"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Clerk:
    """What recording needs."""

    settings: Settings
    records: Records
    jobs: Jobs
    storage: Storage
    bus: Bus


def record(clerk: Clerk, undelivered: Undelivered) -> str:
    """Says what was done: recorded; or nothing: recorded before, started after all, or ignored."""
    arrival, now = undelivered.arrival, datetime.now(UTC)
    if arrival.ignored:
        return "ignored"
    earlier = clerk.records.get(arrival.derived_id)
    if undelivered.started or (earlier and earlier["execution_arn"] != NO_EXECUTION):
        return "started"
    source = _keep(clerk, undelivered)
    first = _unclaimed(clerk.settings, undelivered, source, now)
    ending = ending_of(undelivered, utc_text(now))
    ours, closed = clerk.records.close(arrival.derived_id, NO_EXECUTION, ending, first)
    if closed["execution_arn"] != NO_EXECUTION:
        return "started"
    if not ours and "announced_at" in closed:
        return "recorded before"
    announce(clerk.bus, clerk.records, closed, utc_text(now))
    return "recorded"


def _keep(clerk: Clerk, undelivered: Undelivered) -> dict[str, str]:
    """The source; with where the event is kept, if nothing else will hold it for the next run."""
    arrival = undelivered.arrival
    if undelivered.too_large or arrival.file is not None:
        return arrival.source
    identity = hashlib.sha256(arrival.derived_id.encode()).hexdigest()
    key = f"unstarted/{identity}.json"
    clerk.storage.write(clerk.settings.work_bucket, key, undelivered.body, "application/json")
    return arrival.source | {"kept": key}


def _unclaimed(
    settings: Settings, undelivered: Undelivered, source: dict[str, str], now: datetime
) -> Item:
    """What AcceptRequest would have claimed, as far as the event itself tells."""
    return {
        "run": 0,
        "execution_arn": NO_EXECUTION,
        "requester": undelivered.arrival.namespace,
        "created_at": utc_text(undelivered.asked_at),
        "expires_at": int((now + timedelta(days=settings.retention_days)).timestamp()),
        "request_hash": "none",
        "policy_hash": "none",
        "source": json.dumps(source, ensure_ascii=False),
        "metadata": "{}",
    }


def ending_of(undelivered: Undelivered, now: str) -> dict[str, Any]:
    """INVALID for what no execution could ever take, else FAILED by EventBridge's error code."""
    failed = {
        "category": "technical",
        "rule": undelivered.error_code,
        "action": "fail",
        "message": f"EventBridge could not start an execution for the {undelivered.kind}",
    }
    status, reason = ("INVALID", TOO_LARGE) if undelivered.too_large else ("FAILED", failed)
    return ended(status, STAGE, now, reason)
