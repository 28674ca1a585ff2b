"""PrepareBatch: makes of a file of prompts rows to be run, and gives each bad line its outcome."""

import functools
from typing import Any

from prepare_batch.prepare import Clerk, Settings, prepare
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.jobs import Jobs
from shared.log import tell
from shared.records import Records
from shared.s3 import Storage

# Kept for the chunk that is begun last.
MARGIN_MS = 60_000


@functools.cache
def build() -> Clerk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.results_table)
    return Clerk(
        settings,
        Jobs(table.beside(settings.jobs_table)),
        Records(table),
        Storage(),
        Bus(settings.bus),
    )


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{input, execution: {arn, name, started_at}, cursor} in; {verdict, job, cursor, reasons} out.

    Of a duplicate also {first}.
    """

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > MARGIN_MS)

    answer = prepare(build(), event["input"], event["execution"], event["cursor"], has_time)
    job = answer["job"]
    facts = {name: job[name] for name in ("job_id", "run", "total", "invalid")}
    rules = [reason["rule"] for reason in answer["reasons"]]
    tell("batch", verdict=answer["verdict"], rules=rules, **facts)
    return answer
