"""ReviewRequest: lays a request before a person; its Task waits for the token's answer."""

import functools
from typing import Any

from review_request.opening import Desk, Settings, open_review
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.log import tell
from shared.metrics import Metrics
from shared.records import Records
from shared.reviews import Reviews
from shared.stepfunctions import StepFunctions


@functools.cache
def build() -> tuple[Metrics, Desk]:
    """Metrics and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.reviews_table)
    desk = Desk(
        settings.review_seconds,
        Records(table.beside(settings.results_table)),
        Reviews(table),
        Bus(settings.bus),
        StepFunctions(),
    )
    return Metrics(settings.metrics_namespace), desk


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """{token, tried_at, request_id, run, n, about, request, reasons, warnings, images, attempts,
    classification, models, policy_hash, requester, deadline, expires_at, regenerable, appeal,
    execution_arn} in; {review_id, done} out.

    The Task's own result is the token's: {review_id, decision, deliver, approved, by, at, reason}.
    """
    metrics, desk = build()
    review, done = open_review(desk, event)
    tell("review", request_id=event["request_id"], review_id=review, done=done)
    if done == "opened":
        metrics.count("ReviewsOpened", About=event["about"])
    return {"review_id": review, "done": done}
