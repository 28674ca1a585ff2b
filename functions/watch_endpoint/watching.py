"""What a look at the endpoint says, and what it says together with the looks before."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.queue_look import ASLEEP, FAILED, IN_SERVICE, MISSING, WAKING, Look
from shared.records import utc_text
from shared.sagemaker import Standing

# SageMaker API Reference, DescribeEndpoint: a failed endpoint can only be deleted, and one out of
# service takes no requests. All others go on serving while they change, if they have instances.
_BROKEN = frozenset({"Failed", "OutOfService"})
# More than an instance works on at the same time: while so much waits for each, none lacks work.
_FULL = 64


@dataclass(frozen=True)
class Seen:
    """What AWS told: `standing` is None where there is no endpoint. `most_instances` is 0 where
    nothing scales it."""

    standing: Standing | None
    most_instances: int
    backlog: int
    finished: int


def look_again(before: Look | None, seen: Seen, now: datetime) -> Look:
    """The next look after one, or the first."""
    state = state_of(seen.standing)
    instances = seen.standing.instances if seen.standing and state == IN_SERVICE else 0
    wanted = seen.standing.wanted if seen.standing else 0
    look = Look(
        at=utc_text(now),
        state=state,
        instances=instances,
        most_instances=max(seen.most_instances, instances, wanted),
        backlog=seen.backlog,
        finished=seen.finished,
        without_capacity_since=_since(before, state, seen.backlog > 0 and not instances, now),
    )
    return look if before is None else _with_rates(before, look, now)


def state_of(standing: Standing | None) -> str:
    """One word for how an endpoint stands."""
    if standing is None or standing.status == "Deleting":
        return MISSING
    if standing.status in _BROKEN:
        return FAILED
    if standing.status == "Creating":
        return WAKING
    if standing.instances:
        return IN_SERVICE
    return WAKING if standing.wanted else ASLEEP


def _since(before: Look | None, state: str, in_vain: bool, now: datetime) -> str:
    if not in_vain:
        return ""
    # What was mended, or made again, has as long as any endpoint to come.
    mended = before and before.state in (FAILED, MISSING) and state in (ASLEEP, WAKING)
    since = before.without_capacity_since if before and not mended else ""
    return since or utc_text(now)


def _with_rates(before: Look, look: Look, now: datetime) -> Look:
    seconds = (now - datetime.fromisoformat(before.at)).total_seconds()
    if seconds <= 0:
        # Two looks at the same time: the schedule delivers at least once.
        return before
    # Fewer where it was scaled in between: rather too fast a rate than too slow a one.
    instances = min(before.instances, look.instances)
    finished = max(look.finished - before.finished, 0)
    measured = finished / seconds / instances if instances else None
    is_busy = before.backlog > 0 and look.backlog > 0
    # What came meanwhile is not counted: so much waited all the time, or more.
    is_full = min(before.backlog - finished, look.backlog) >= _FULL * instances
    return replace(
        look,
        busy=before.busy.then(seconds, measured if is_busy else None),
        full=before.full.then(seconds, measured if is_busy and is_full else None),
    )
