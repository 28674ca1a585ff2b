"""ReadReviews: what waits for reviewers and what they decided, with links to what they may see."""

import functools
from typing import Any

from read_reviews.read import Desk, Settings, respond
from read_reviews.view import Viewer
from shared.api import guarded
from shared.dynamodb import Table
from shared.records import Records
from shared.reviews import Reviews
from shared.when_needed import storage


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.reviews_table)
    return Desk(
        settings,
        Reviews(table),
        Records(table.beside(settings.results_table)),
        Viewer(storage, settings.work_bucket, settings.images_bucket, settings.link_seconds),
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    desk = build()
    return guarded(desk.settings.api, event, lambda: respond(desk, event))
