"""Whether a new request is handed to the endpoint at once, has to wait, or would wait in vain.

What is judged by is WatchEndpoint's last look, a minute old or so. A request is refused only where
even the best that may be expected comes too late: it then fails at once, and may be run again, and
does not wait for as long as it may to expire. Where nothing else waits it is never refused: it is
what wakes the endpoint, or finds out that it was mended.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.queue_look import ASLEEP, FAILED, MISSING, WAKING, Look
from shared.records import utc_text

# An older look says nothing: five of WatchEndpoint's have failed.
FRESH_SECONDS = 300
# Who has to wait for longer is told.
NOTICEABLE_SECONDS = 30
# Beyond it no wait is told: the pace of an endpoint that stands still comes close to nothing.
_DAY = 86_400


@dataclass(frozen=True)
class Decision:
    """`verdict` is go, queued or refuse. `wait_seconds` is how long a request that comes now may
    have to wait, a day at most; None where nobody can tell, as while the endpoint wakes."""

    verdict: str
    reason: str
    wait_seconds: int | None = None


def decide(look: Look | None, now: datetime, ttl_seconds: int) -> Decision:
    """What becomes of a request that may wait for `ttl_seconds`."""
    if look is None or _seconds(look.at, now) > FRESH_SECONDS:
        return Decision("go", "nobody has looked lately")
    if look.backlog and (why := _in_vain(look, now, ttl_seconds)):
        return Decision("refuse", why)
    if look.state in (ASLEEP, WAKING):
        return Decision("queued", f"the endpoint is {look.state}")
    if not (look.backlog and look.instances):
        return Decision("go", "nothing waits")
    return _behind(look)


def queued_event(
    request: dict[str, Any],
    n: int,
    look: Look,
    wait_seconds: int | None,
    now: datetime,
    until: datetime,
) -> dict[str, Any]:
    """The detail of ImageQueued for the n-th inference of a request's attempt."""
    identity = (request["request_id"], request["run"], request["attempt"], n, "queued")
    return {
        "event_id": hashlib.sha256("\n".join(map(str, identity)).encode()).hexdigest(),
        "request_id": request["request_id"],
        "run": request["run"],
        "attempt": request["attempt"],
        "requester": request["requester"],
        "backlog": look.backlog,
        "state": look.state,
        "instances": look.instances,
        "wait_seconds": wait_seconds,
        "expires_at": utc_text(until),
        "created_at": utc_text(now),
        "execution_arn": request["execution_arn"],
    }


def _in_vain(look: Look, now: datetime, ttl_seconds: int) -> str:
    """Why nothing can come of waiting, or nothing."""
    if look.state in (FAILED, MISSING):
        return f"the endpoint is {look.state}"
    since = look.without_capacity_since
    if since and _seconds(since, now) > ttl_seconds:
        return "the endpoint has had no instance for longer than a request may wait"
    most = max(look.most_instances, look.instances)
    if look.able and look.backlog > look.able * most * ttl_seconds:
        return f"{look.backlog} wait, more than {most} instances do in time"
    return ""


def _behind(look: Look) -> Decision:
    if look.pace is None:
        return Decision("go", "nobody knows how fast the endpoint is")
    if look.backlog > look.pace * look.instances * _DAY:
        return Decision("queued", "next to nothing was finished lately")
    wait = math.ceil(look.backlog / (look.pace * look.instances))
    verdict = "queued" if wait > NOTICEABLE_SECONDS else "go"
    return Decision(verdict, f"{look.backlog} wait", wait)


def _seconds(earlier: str, later: datetime) -> float:
    return (later - datetime.fromisoformat(earlier)) / timedelta(seconds=1)
