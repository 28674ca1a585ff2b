"""ReadReviews: what waits for reviewers and what they decided, with links to what they may see."""

import functools
from typing import TYPE_CHECKING, Any

from read_reviews.read import Desk, Settings, respond
from read_reviews.view import Viewer
from shared.api import guarded
from shared.dynamodb import Table
from shared.records import Records
from shared.reviews import Reviews

if TYPE_CHECKING:
    from shared.s3 import Storage


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.reviews_table)
    return Desk(
        settings,
        Reviews(table),
        Records(table.beside(settings.results_table)),
        # A list needs no S3: every cold start would pay for the client.
        Viewer(_storage, settings.work_bucket, settings.images_bucket, settings.link_seconds),
    )


@functools.cache
def _storage() -> "Storage":
    from shared.s3 import Storage

    return Storage()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    desk = build()
    return guarded(desk.settings, event, lambda: respond(desk, event))
