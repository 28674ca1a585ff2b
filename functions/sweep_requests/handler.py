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
from shared.reviews import Reviews
from shared.s3 import Storage
from shared.stepfunctions import StepFunctions
from sweep_requests.sweep import Settings, Sweeper, sweep
from sweep_requests.waiting import ReviewQueue


@functools.cache
def build() -> tuple[Metrics, Sweeper]:
    """Metrics and adapters, made at the first call."""
    settings = Settings.from_env()
    table, step_functions = Table(settings.results_table), StepFunctions()
    records = Records(table)
    sweeper = Sweeper(
        settings.work_bucket,
        records,
        Inferences(table.beside(settings.inferences_table)),
        ReviewQueue(
            Reviews(table.beside(settings.reviews_table)),
            records,
            step_functions,
            settings.review_seconds,
            settings.store_prompts,
        ),
        Bus(settings.bus),
        Storage(),
        step_functions,
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
    metrics.put("OpenReviews", swept.open_reviews)
    metrics.put("OldestReviewPercent", swept.oldest_review_percent)
    return {"done": dict(swept.done), "unfinished": swept.unfinished}
