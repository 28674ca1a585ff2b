"""ReadRequests: what became of a requester's requests, with links to what they may see."""

import functools
from typing import Any

from read_requests.read import Desk, Settings, respond
from shared.api import guarded
from shared.api_requests import Requests
from shared.dynamodb import Table
from shared.queue_look import Queue
from shared.records import Records
from shared.request_view import Viewer
from shared.s3 import Storage
from shared.stepfunctions import StepFunctions


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.results_table)
    # Most calls need neither of their clients: every cold start would pay for them.
    storage, step_functions = functools.cache(Storage), functools.cache(StepFunctions)
    records = Records(table)
    return Desk(
        settings,
        records,
        Requests(records, step_functions, settings.machine_arn),
        step_functions,
        Viewer(storage, settings.images_bucket, settings.link_seconds),
        Queue(table.beside(settings.inferences_table)),
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    desk = build()
    return guarded(desk.settings, event, lambda: respond(desk, event))
