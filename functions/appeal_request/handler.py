"""AppealRequest: takes a requester's appeal against what was blocked, and starts its execution."""

import functools
from typing import Any

from appeal_request.post import Counter, Settings, post
from shared.api import guarded
from shared.api_requests import Requests
from shared.dynamodb import Table
from shared.records import Records
from shared.when_needed import step_functions, storage


@functools.cache
def build() -> Counter:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    records = Records(Table(settings.results_table))
    return Counter(
        settings,
        records,
        Requests(records, step_functions, settings.machine_arn),
        step_functions,
        storage,
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    counter = build()
    return guarded(counter.settings.api, event, lambda: post(counter, event))
