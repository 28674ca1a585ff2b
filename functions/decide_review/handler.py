"""DecideReview: a reviewer claims a review, gives it back, or decides it."""

import functools
from typing import Any

from decide_review.decide import Desk, Settings, respond
from shared.api import guarded
from shared.dynamodb import Table
from shared.records import Records
from shared.reviews import Reviews
from shared.when_needed import step_functions


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.reviews_table)
    return Desk(
        settings,
        Reviews(table),
        Records(table.beside(settings.results_table)),
        step_functions,
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    desk = build()
    return guarded(desk.settings.api, event, lambda: respond(desk, event))
