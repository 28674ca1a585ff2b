"""How fast a job goes, from one look at it to the next."""

import json
import math
from dataclasses import asdict, dataclass
from datetime import datetime

# What is left of an old rate's weight after a minute: a slow endpoint finishes a picture now and
# then, and is neither stopped in between nor as fast as in the minute in which it does.
_KEPT = 0.75


@dataclass(frozen=True)
class Seen:
    """What the last look saw, as the job keeps it.

    `pictures` are rows that came back with pictures, `moved_at` is when `done` last changed. The
    two weighted rates are a second's, and as good as `weight`: 0 when nothing was seen, 1 after
    long.
    """

    at: str
    moved_at: str
    done: int = 0
    pictures: int = 0
    weight: float = 0
    weighted_done: float = 0
    weighted_pictures: float = 0

    @classmethod
    def read(cls, text: str) -> "Seen":
        """What `text()` wrote."""
        return cls(**json.loads(text))

    def text(self) -> str:
        """As the job keeps it."""
        return json.dumps(asdict(self))

    def then(self, now: str, done: int, pictures: int) -> "Seen":
        """What the next look sees."""
        seconds = _seconds(self.at, now)
        if seconds <= 0:
            return self
        kept = _KEPT ** (seconds / 60)
        news = (1 - kept) / seconds
        return Seen(
            at=now,
            moved_at=now if done != self.done else self.moved_at,
            done=done,
            pictures=pictures,
            weight=self.weight * kept + 1 - kept,
            # Fewer than before is a late answer of an index: nothing was done since.
            weighted_done=self.weighted_done * kept + news * max(done - self.done, 0),
            weighted_pictures=self.weighted_pictures * kept
            + news * max(pictures - self.pictures, 0),
        )

    @property
    def per_second(self) -> float:
        """Items done."""
        return self.weighted_done / self.weight if self.weight else 0.0

    @property
    def pictures_per_second(self) -> float:
        """Rows that came back with pictures."""
        return self.weighted_pictures / self.weight if self.weight else 0.0

    @property
    def idle_seconds(self) -> float:
        """For how long nothing was done."""
        return _seconds(self.moved_at, self.at)

    def eta_seconds(self, total: int) -> int | None:
        """How long the rest takes at this rate; None while nothing says so."""
        rest = max(total - self.done, 0)
        if not total or (rest and not self.per_second):
            return None
        return math.ceil(rest / self.per_second) if rest else 0


def _seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
