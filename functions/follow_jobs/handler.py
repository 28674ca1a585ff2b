"""FollowJobs: once a minute, paces batches, tells of jobs' progress and ends what was forgotten."""

import functools
from datetime import UTC, datetime
from typing import Any

from follow_jobs.follow import Follower, Settings, follow
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.inferences import Inferences
from shared.jobs import Jobs
from shared.log import tell
from shared.metrics import Metrics
from shared.stepfunctions import StepFunctions


@functools.cache
def build() -> tuple[Metrics, Follower]:
    """Metrics and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.jobs_table)
    follower = Follower(
        settings,
        Jobs(table),
        Inferences(table.beside(settings.inferences_table)),
        Bus(settings.bus),
        StepFunctions(),
    )
    return Metrics(settings.metrics_namespace), follower


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A scheduled event in, of which nothing is read; {done: {what: how many}, open} out."""
    metrics, follower = build()
    followed = follow(follower, datetime.now(UTC))
    tell("jobs", **followed.done, open=followed.open, stalled=followed.stalled)
    if followed.open:
        # Without jobs there is nothing to count: metrics are paid for.
        for done, number in followed.done.items():
            metrics.count("Followed", number, Done=done)
        metrics.put("OpenJobs", followed.open)
        metrics.put("StalledJobs", followed.stalled)
        metrics.put("BatchConcurrency", followed.concurrency)
    return {"done": dict(followed.done), "open": followed.open}
