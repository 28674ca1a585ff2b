"""SweepRequests: on a schedule, ends the requests that stayed open past their deadline."""

import functools
from datetime import UTC, datetime
from typing import Any

from shared.log import tell
from sweep_requests.sweep import Settings, Sweeper, sweep


@functools.cache
def build() -> Sweeper:
    """Settings and adapters, made at the first call."""
    return Sweeper.of(Settings.from_env())


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """A scheduled event in, of which nothing is read; {closed} out: how many."""
    closed = sweep(build(), datetime.now(UTC))
    tell("overdue requests", closed=closed)
    return {"closed": closed}
