"""What a job says of itself, in a line for people."""

from __future__ import annotations

from typing import Any

from local.deployed_stack import Record
from local.jobs import RUNNING, Pace, counts
from local.record_text import BROKEN, GOOD, OPEN, WITHHELD

_TONES = {"COMPLETED": GOOD, "INVALID": BROKEN, "FAILED": BROKEN, "RUNNING": OPEN}
_VERDICTS = {"clean": GOOD, "flagged": WITHHELD, "unusable": BROKEN, "not_judged": BROKEN}
UNITS = {"batch": "rows", "dataset": "images"}


def job_tone(status: str) -> str:
    """Of a job's status: its colour."""
    return _TONES.get(status, OPEN)


def verdict_tone(verdict: str) -> str:
    """Of a verdict on an image of a data set: its colour."""
    return _VERDICTS.get(verdict, OPEN)


def progress_text(job: Record, pace: Pace, done: int) -> str:
    """How far a job under way is: done of total, outcomes, concurrency, pace, time left."""
    total = int(job.get("total", 0))
    if not total:
        return f"{job.get('stage', 'starting')}: reading {what_is_read(job)}"
    parts = [f"{done:,} of {total:,} {UNITS[job['kind']]} ({100 * done // total} %)"]
    if job["kind"] == "batch":
        parts += [f"{name} {count:,}" for name, count in counts(job).items()]
    if job.get("concurrency") and done < total:
        parts.append(f"{job['concurrency']} at a time")
    if pace.per_minute and done < total:
        parts.append(f"{pace.per_minute:,.0f} a minute")
    left = pace.seconds_for(total - done)
    if left is not None and done < total:
        parts.append(f"about {time_text(left)} left")
    return ", ".join(parts)


def event_text(detail: dict[str, Any]) -> str:
    """Of a job's event: how far it is, or how many ended how."""
    if detail["status"] == RUNNING:
        return f"{detail.get('done', 0):,} of {detail.get('total', 0):,}"
    return ", ".join(f"{name} {count:,}" for name, count in counts(detail).items() if count)


def fine_tuning_text(told: dict[str, Any]) -> str:
    """Of a report: whether a training was asked for, why it was refused, what came of it."""
    parts = (told.get(name, "") for name in ("status", "reason", "training_job", "model"))
    return ", ".join(filter(None, parts))


def what_is_read(job: Record) -> str:
    """The file or the prefix that the job is of."""
    source = job.get("source") or {}
    place = source.get("key") or source.get("prefix")
    return f"s3://{source.get('bucket')}/{place}" if place else "what was sent"


def time_text(seconds: float) -> str:
    """A time in the two largest units that it fills."""
    whole = round(seconds)
    for unit, name, length, below in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            return f"{whole // unit} {name} {whole % unit // length} {below}"
    return f"{whole} s"
