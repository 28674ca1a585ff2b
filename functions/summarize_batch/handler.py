"""SummarizeBatch: writes what a batch's rows came to, and how many there are of each outcome."""

import functools
from typing import Any

from shared.log import tell
from shared.s3 import Storage
from summarize_batch.summarize import Settings, summarize

# Kept for the file that is begun last: its rows may come from thousands of small ones.
MARGIN_MS = 300_000


@functools.cache
def build() -> tuple[Storage, Settings]:
    """The adapter and settings, made at the first call."""
    return Storage(), Settings.from_env()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{job, status, cursor} in; {verdict, cursor, report} out."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > MARGIN_MS)

    storage, settings = build()
    job = event["job"]
    answer = summarize(storage, settings, job, event["status"], event["cursor"], has_time)
    counts = answer["cursor"]["counts"]
    tell("summary", job_id=job["job_id"], run=job["run"], verdict=answer["verdict"], **counts)
    return answer
