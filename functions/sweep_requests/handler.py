"""SweepRequests: on a schedule, ends and announces what nobody else was left to."""

import functools
from datetime import UTC, datetime
from typing import Any

from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.inferences import Inferences
from shared.log import tell
from shared.metrics import Metrics
from shared.records import Records
from shared.s3 import Storage
from shared.stepfunctions import StepFunctions
from sweep_requests.sweep import Settings, Sweeper, sweep


@functools.cache
def build() -> tuple[Metrics, Sweeper]:
    """Metrics and adapters, made at the first call."""
    settings = Settings.from_env()
    sweeper = Sweeper(
        settings.work_bucket,
        Records(Table(settings.table)),
        Inferences(Table(settings.inferences_table)),
        Bus(settings.bus),
        Storage(),
        StepFunctions(),
    )
    return Metrics(settings.metrics_namespace), sweeper


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A scheduled event in, of which nothing is read; {done: {what: how many}, unfinished} out."""
    metrics, sweeper = build()
    swept = sweep(sweeper, datetime.now(UTC))
    tell("swept", **swept.done, unfinished=swept.unfinished)
    for done, number in swept.done.items():
        metrics.count("Swept", number, Done=done)
    metrics.put("UnfinishedRequests", swept.unfinished)
    metrics.put("OldestRequestSeconds", swept.oldest_seconds)
    return {"done": dict(swept.done), "unfinished": swept.unfinished}
