"""How many rows of a batch may be under way, so that what waits for the endpoint does not expire.

The endpoint takes every request, and what waits too long in its queue expires. By Little's law what
waits does so for as long as the endpoint takes to finish as much: waiting / rate. A batch knows the
rate of its own rows. It asks for more while the endpoint could finish all that waits, whoever asked
for it, at that rate in time, and for less when its own rows alone take longer. So it needs to know
neither the endpoint's size nor who else is there, it gives way to others, and however many batches
there are, together they fill the queue no further than one alone would.
"""

from dataclasses import dataclass

# Of a request's time in the queue, batches may use so much: the rest is for the endpoint's slower
# times, and for a queue that they have filled when it loses instances.
SHARE_OF_TTL = 4
# At one look the pace changes by no more than this factor: a look may be an odd one.
_STEP = 2


@dataclass(frozen=True)
class Look:
    """What one look at a batch finds.

    `concurrency` and `under_way` are rows as the Map Run has them, `backlog` inferences that the
    endpoint owes to anybody, `finished` rows that came back with pictures since the look before,
    `rate` what that is a second, over some looks.
    """

    concurrency: int
    under_way: int
    backlog: int
    finished: int
    rate: float


@dataclass(frozen=True)
class Pace:
    """The concurrency from now on, and why."""

    concurrency: int
    reason: str


def pace(look: Look, bearable_seconds: float, most: int) -> Pace:
    """1 to `most` rows. Never more than before when nothing finished although something waits."""
    before = min(max(look.concurrency, 1), most)
    if look.backlog and not look.finished:
        # Asleep, waking or broken: more would wait in vain, fewer would not finish any sooner.
        return Pace(before, "nothing finished")
    if not look.backlog:
        return Pace(min(before * _STEP, most), "nothing waits")
    bearable = bearable_seconds * look.rate
    if look.backlog <= bearable:
        raised = min(before + int(bearable - look.backlog), before * _STEP, most)
        return Pace(raised, "the endpoint keeps up")
    # Of the rows under way those that wait for the endpoint, at most: others are being judged.
    waiting = min(look.under_way, look.backlog)
    if waiting <= bearable:
        return Pace(before, "others fill the endpoint")
    lowered = max(int(before * bearable / waiting), before // _STEP, 1)
    return Pace(lowered, "the endpoint falls behind")
