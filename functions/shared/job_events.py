"""The events that tell of a batch, a data set or a training: how it stands, and how it ended.

The state machines send the same event of an end; whoever sends it, it has the same `event_id`.
"""

import hashlib
import json
from typing import Any

from shared.announcement import public
from shared.dynamodb import Item
from shared.eventbridge import Bus
from shared.jobs import Jobs

# A job counts its items by how they ended, in one attribute for each status.
COUNTER = "n_"


def announce(bus: Bus, jobs: Jobs, job: Item, now: str) -> None:
    """Sends the event of a closed job's end, then notes that it is out: else it could be lost."""
    bus.announce(*event_of(job))
    jobs.mark_announced(job, now)


def event_of(job: Item) -> tuple[str, dict[str, Any]]:
    """(detail type, detail) of the event of a closed job's end: BatchCompleted, DatasetFailed, …

    What was refused has failed too: its status tells them apart.
    """
    kind, status = str(job["kind"]), str(job["status"])
    ended = "Completed" if status == "COMPLETED" else "Failed"
    return kind.capitalize() + ended, _detail(job, status)


def progress_of(
    job: Item, backlog: int, per_minute: float, eta_seconds: int | None
) -> tuple[str, dict[str, Any]]:
    """(detail type, detail) of an open job's event: BatchProgress or DatasetProgress.

    `per_minute` are items; `eta_seconds` is None where nobody can tell yet.
    """
    detail = _detail(job, f"progress{job.get('done', 0)}") | {
        "concurrency": job.get("concurrency", 0),
        "backlog": backlog,
        "per_minute": round(per_minute, 1),
        "eta_seconds": eta_seconds,
    }
    return f"{str(job['kind']).capitalize()}Progress", detail


def counters(job: Item) -> dict[str, int]:
    """How many items came to each status, as they were counted on the way: retries count twice."""
    return {
        name.removeprefix(COUNTER): int(number)
        for name, number in sorted(job.items())
        if name.startswith(COUNTER)
    }


def _detail(job: Item, what: str) -> dict[str, Any]:
    identity = "\n".join((str(job["job_id"]), str(job["run"]), what))
    report = json.loads(str(job.get("report", "{}")))
    return {
        "event_id": hashlib.sha256(identity.encode()).hexdigest(),
        "job_id": job["job_id"],
        "kind": job["kind"],
        "run": job["run"],
        "status": job["status"],
        "stage": job["stage"],
        "reasons": [public(reason) for reason in json.loads(str(job.get("reasons", "[]")))],
        "total": job.get("total", 0),
        "invalid": job.get("invalid", 0),
        "done": job.get("done", 0),
        # A report counts what there is; the counters only what passed by.
        "counts": report.get("counts", counters(job)),
        "report": report,
        "created_at": job["created_at"],
        "execution_arn": job["execution_arn"],
    }
