"""How many hours of instances a month's pictures take: painting, waiting for more, and waking."""

from __future__ import annotations

import math
from dataclasses import dataclass

from local.cost.prices import HOURS_A_MONTH
from local.cost.workload import Workload

DAYS_A_MONTH = HOURS_A_MONTH / 24
_MINUTES, _SECONDS = 60, 3600
# The alarm that wakes an endpoint looks at two minutes (container/endpoint.yaml).
ALARM_MINUTES = 2.0


@dataclass(frozen=True)
class Hours:
    """Of a month. `idle` are paid and paint nothing; `wakes` is how often the endpoint starts.

    `waited` is how long all requests together wait for its waking.
    """

    painting: float
    idle: float
    wakes: float
    waited: float


def hours(workload: Workload, painted_a_day: float) -> Hours:
    """For so many pictures painted, blocked ones and further attempts included.

    Requests come at random (a Poisson process) in the active hours: while they do, a pause longer
    than the idle time puts the last instance to sleep. Few requests meet no others, and are painted
    one at a time; enough of them to keep instances busy are painted in batches.
    """
    alone = painted_a_day * workload.seconds_per_image / _SECONDS
    busy = alone / workload.batch_speedup
    needed = busy / workload.utilisation
    # One instance works on so many of the hours in which requests come.
    worked = min(alone, workload.active_hours)
    if workload.always_on:
        paid, wakes = 24 - workload.active_hours + max(workload.active_hours, needed), 0.0
    else:
        waiting, wakes = _awake(workload, worked)
        paid = max(min(24.0, worked + waiting), needed)
    painting = min(paid, max(busy, min(alone, paid * workload.utilisation)))
    waited = wakes * _waited(workload)
    return Hours(*(DAYS_A_MONTH * each for each in (painting, paid - painting, wakes, waited)))


def _waited(workload: Workload) -> float:
    """Hours that requests wait for one waking: the first, and those that come meanwhile."""
    waking = (workload.start_minutes + ALARM_MINUTES) / _MINUTES
    return waking + workload.requests_per_day / workload.active_hours * waking**2 / 2


def _awake(workload: Workload, worked: float) -> tuple[float, float]:
    """(hours up without work, wakes) of a day, of an endpoint that sleeps."""
    requests = workload.requests_per_day
    patience = workload.idle_minutes / _MINUTES
    rate = requests / workload.active_hours
    # Of each pause the endpoint stays up for what is below its patience.
    slept, free = math.exp(-rate * patience), workload.active_hours - worked
    pauses, wakes = free * (1 - slept), rate * free * slept
    if workload.active_hours < 24:
        # What follows the day's last picture is longer than any patience.
        days = min(1.0, requests)
        pauses += days * (patience - (1 - slept) / rate)
        wakes += days * (1 - slept)
    return pauses + wakes * workload.start_minutes / _MINUTES, wakes
