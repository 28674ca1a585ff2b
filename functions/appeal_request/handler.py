"""AppealRequest: takes a requester's appeal against what was blocked, and starts its execution."""

import functools
from typing import TYPE_CHECKING, Any

from appeal_request.post import Counter, Settings, post
from shared.api import guarded
from shared.api_requests import Requests
from shared.dynamodb import Table
from shared.records import Records
from shared.stepfunctions import StepFunctions

if TYPE_CHECKING:
    from shared.s3 import Storage


@functools.cache
def build() -> Counter:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    records = Records(Table(settings.results_table))
    # A refusal needs neither this client nor S3's: every cold start would pay for them.
    step_functions = functools.cache(StepFunctions)
    return Counter(
        settings,
        records,
        Requests(records, step_functions, settings.machine_arn),
        step_functions,
        _storage,
    )


@functools.cache
def _storage() -> "Storage":
    from shared.s3 import Storage

    return Storage()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An event of API Gateway's proxy integration in, its answer out."""
    counter = build()
    return guarded(counter.settings, event, lambda: post(counter, event))
