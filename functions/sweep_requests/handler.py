"""SweepRequests: on a schedule, ends the requests that stayed open past their deadline."""

import functools
from datetime import UTC, datetime
from typing import Any

from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.log import tell
from shared.records import Records
from shared.stepfunctions import StepFunctions
from sweep_requests.sweep import Settings, Sweeper, sweep


@functools.cache
def build() -> Sweeper:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    return Sweeper(Records(Table(settings.table)), Bus(settings.bus), StepFunctions())


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """A scheduled event in, of which nothing is read; {closed} out: how many."""
    closed = sweep(build(), datetime.now(UTC))
    tell("overdue requests", closed=closed)
    return {"closed": closed}
