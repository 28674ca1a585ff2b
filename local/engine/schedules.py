"""`rate(…)` schedules, of EventBridge Scheduler and of rules, in the template's time.

ministack fires both by the real clock and looks for due ones every ten seconds. Private names:
eventbridge._parse_rate_seconds (wrapped; the scheduler reads rates with it as well), and the
seconds between two looks: eventbridge._SCHEDULER_TICK_INTERVAL, scheduler._SCHEDULE_TICK_INTERVAL.
`cron(…)` and `at(…)` name real times and stay real.
"""

from __future__ import annotations

from collections.abc import Callable

from ministack.services import eventbridge, scheduler

from local.engine.seams import replace
from local.engine.template_time import real_seconds

_LOOK_SECONDS = 10.0
_SHORTEST_LOOK_SECONDS = 0.2


def install() -> None:
    """Scale rates; look for due schedules as often as the scale asks."""

    def scaled(expression: str) -> float | None:
        seconds = parse(expression)
        return None if seconds is None else real_seconds(seconds)

    parse: Callable[[str], int | None] = replace(eventbridge, "_parse_rate_seconds", scaled)
    look = max(real_seconds(_LOOK_SECONDS), _SHORTEST_LOOK_SECONDS)
    replace(eventbridge, "_SCHEDULER_TICK_INTERVAL", look)
    replace(scheduler, "_SCHEDULE_TICK_INTERVAL", look)
