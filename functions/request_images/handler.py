"""RequestImages: takes a request by the API and starts its execution; waits for it if asked to."""

import functools
from typing import Any

from request_images.post import Counter, Settings, post
from request_images.waiting import WaitingRoom
from shared.api import guarded
from shared.api_requests import Requests
from shared.dynamodb import Table
from shared.quotas import Quotas
from shared.records import Records
from shared.request_view import Viewer
from shared.stepfunctions import StepFunctions
from shared.when_needed import storage


@functools.cache
def build() -> Counter:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.results_table)
    records, quotas = Records(table), Quotas(table.beside(settings.quotas_table))
    step_functions = StepFunctions()
    return Counter(
        settings,
        Requests(records, lambda: step_functions, settings.machine_arn),
        step_functions,
        quotas,
        WaitingRoom(records, quotas, settings.max_waiting),
        Viewer(storage, settings.images_bucket, settings.link_seconds, settings.reviews),
    )


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    counter = build()

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis() / 1000)

    return guarded(counter.settings.api, event, lambda: post(counter, event, seconds_left))
