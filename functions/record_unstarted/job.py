"""Records and announces a batch or a data set whose execution could never be started."""

import json
from datetime import UTC, datetime, timedelta

from record_unstarted.record import NO_EXECUTION, STAGE, Clerk, ending_of
from record_unstarted.undelivered import Undelivered
from shared.dynamodb import Item
from shared.job_events import announce
from shared.jobs import batch_id, dataset_id
from shared.records import utc_text


def record_job(clerk: Clerk, undelivered: Undelivered) -> str:
    """Says what was done: recorded; or nothing: recorded before, started after all, or ignored.

    A job that nobody has heard of is recorded as its run 0, one that ended before as its next run.
    """
    if undelivered.arrival.ignored:
        return "ignored"
    if undelivered.started:
        return "started"
    now = datetime.now(UTC)
    job = _unclaimed(clerk, undelivered, now)
    mine, found = clerk.jobs.claim(job)
    if not mine and _came_before(found, job):
        if "announced_at" in found:
            return "recorded before"
        announce(clerk.bus, clerk.jobs, found, utc_text(now))
        return "recorded"
    if not mine and _may_follow(found, job):
        mine, found = clerk.jobs.claim_again(job, found)
    if not mine:
        return "started"
    ending = ending_of(undelivered, utc_text(now))
    ours, closed = clerk.jobs.close(str(job["job_id"]), NO_EXECUTION, ending)
    if not ours:
        return "started"
    announce(clerk.bus, clerk.jobs, closed, utc_text(now))
    return "recorded"


def job_id_of(undelivered: Undelivered, datasets_bucket: str) -> str:
    """The id that the job would have had."""
    arrival = undelivered.arrival
    if arrival.file is not None:
        return batch_id(arrival.file.bucket, arrival.file.key, arrival.file.etag)
    return dataset_id(datasets_bucket, _prefix(arrival.body))


def _unclaimed(clerk: Clerk, undelivered: Undelivered, now: datetime) -> Item:
    """What would have been claimed, as far as the event itself tells."""
    source = dict(undelivered.arrival.source)
    if undelivered.kind == "dataset":
        source["prefix"] = _prefix(undelivered.arrival.body)
    return {
        "job_id": job_id_of(undelivered, clerk.settings.datasets_bucket),
        "kind": undelivered.kind,
        "run": 0,
        "stage": STAGE,
        "execution_arn": NO_EXECUTION,
        "created_at": utc_text(undelivered.asked_at),
        "updated_at": utc_text(now),
        "expires_at": int((now + timedelta(days=clerk.settings.retention_days)).timestamp()),
        "source": json.dumps(source, ensure_ascii=False),
        "fingerprint": "none",
    }


def _came_before(found: Item, job: Item) -> bool:
    """Whether it is this very event's: its message was delivered before."""
    return (
        found["execution_arn"] == NO_EXECUTION
        and found["status"] != "RUNNING"
        and found["created_at"] == job["created_at"]
    )


def _may_follow(found: Item, job: Item) -> bool:
    """Whether an execution would have run again what was found; nothing that came later is."""
    ended = {"FAILED", "INVALID"} | ({"COMPLETED"} if job["kind"] == "dataset" else set())
    return found["status"] in ended and str(found["created_at"]) < str(job["created_at"])


def _prefix(detail: object) -> str:
    prefix = detail.get("prefix") if isinstance(detail, dict) else None
    return prefix.encode(errors="replace").decode() if isinstance(prefix, str) else ""
