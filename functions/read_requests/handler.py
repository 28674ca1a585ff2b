"""ReadRequests: what became of a requester's requests, with links to what they may see."""

import functools
from typing import Any

from read_requests.read import Desk, Settings, respond
from shared.api import guarded
from shared.api_requests import Requests
from shared.dynamodb import Table
from shared.records import Records
from shared.request_view import Viewer
from shared.when_needed import step_functions, storage


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.results_table)
    records = Records(table)
    return Desk(
        settings,
        records,
        Requests(records, step_functions, settings.machine_arn),
        step_functions,
        Viewer(storage, settings.images_bucket, settings.link_seconds, settings.reviews),
        table.beside(settings.inferences_table),
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    desk = build()
    return guarded(desk.settings.api, event, lambda: respond(desk, event))
