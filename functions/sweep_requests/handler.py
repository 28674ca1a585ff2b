"""SweepRequests: on a schedule, ends and announces what nobody else was left to."""

import functools
from datetime import UTC, datetime
from typing import Any

from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.inferences import Inferences
from shared.log import tell
from shared.records import Records
from shared.s3 import Storage
from shared.stepfunctions import StepFunctions
from sweep_requests.sweep import Settings, Sweeper, sweep


@functools.cache
def build() -> Sweeper:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    return Sweeper(
        settings.work_bucket,
        Records(Table(settings.table)),
        Inferences(Table(settings.inferences_table)),
        Bus(settings.bus),
        Storage(),
        StepFunctions(),
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A scheduled event in, of which nothing is read; {done: {what: how many}, unfinished} out."""
    swept = sweep(build(), datetime.now(UTC))
    tell("swept", **swept.done, unfinished=swept.unfinished)
    return {"done": dict(swept.done), "unfinished": swept.unfinished}
