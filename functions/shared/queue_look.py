"""What WatchEndpoint saw of the endpoint's queue: one item, beside the rows of the inferences.

The item is no inference: it has no status, so that no notice can finish it; no `open_shard`, so
that no index holds it and nothing sweeps it; and no `expires_at`. No inference has an id like its.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from shared.dynamodb import Table
from shared.log import log

IN_SERVICE, ASLEEP, WAKING = "in_service", "asleep", "waking"
FAILED, MISSING = "failed", "missing"
_KEY = {"inference_id": "queue"}
# What is left of an old rate's weight after a minute; what one minute weighs, and what five weigh,
# or a little less: looks are not exactly a minute apart.
_KEPT = 0.75
_SOME, _SURE = 0.2, 0.7


@dataclass(frozen=True)
class Rate:
    """A mean that forgets, of what an instance finishes a second; as good as `weight`, 0 to 1."""

    weight: float = 0
    weighted: float = 0

    def then(self, seconds: float, measured: float | None) -> "Rate":
        """After so many seconds more, which gave this rate, or None: nothing was to be learned."""
        kept = _KEPT ** (seconds / 60)
        news = 0.0 if measured is None else 1 - kept
        return Rate(
            self.weight * kept + news,
            self.weighted * kept + news * (measured or 0),
        )

    def known(self, weight: float) -> float | None:
        """The mean; None where less than this weight was seen lately."""
        return self.weighted / self.weight if self.weight >= weight else None


@dataclass(frozen=True)
class Look:
    """One look at the endpoint.

    `at` and `without_capacity_since` are times as records hold them; the second is since when
    something waits although there is no instance, or empty. `state` is in_service, asleep (no
    instance, and none is wanted), waking (none yet), failed or missing. `most_instances` is what
    auto-scaling may bring it to, `backlog` inferences that it owes to anybody, `finished` how many
    it has finished ever. `busy` is the rate of the times in which something waited, `full` that of
    those in which no instance can have lacked work.
    """

    at: str
    state: str
    instances: int
    most_instances: int
    backlog: int
    finished: int
    busy: Rate = field(default_factory=Rate)
    full: Rate = field(default_factory=Rate)
    without_capacity_since: str = ""

    @property
    def pace(self) -> float | None:
        """What an instance finishes a second as things are; None where nobody knows."""
        return self.busy.known(_SOME)

    @property
    def able(self) -> float | None:
        """What an instance finishes a second at best; None where it was not seen at full work for
        five minutes just now: its first minutes are slow."""
        full = self.full.known(_SURE)
        return None if full is None else max(full, self.pace or 0)


class Queue:
    """The item."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def seen(self) -> tuple[Look | None, int]:
        """The last look, and how many inferences the endpoint has finished ever by now.

        None before the first look, and for one that another version of this code has written.
        """
        item = self._table.get(_KEY) or {}
        finished = int(item.get("finished", 0))
        try:
            return _read(str(item["look"])) if "look" in item else None, finished
        except (ValueError, TypeError, KeyError):
            log.warning("unreadable look")
            return None, finished

    def note(self, look: Look) -> None:
        """Writes down a look; the count stays."""
        self._table.update(
            _KEY, "SET #look = :look", {"look": "look"}, {"look": json.dumps(asdict(look))}
        )

    def count_finished(self) -> None:
        """Notes that the endpoint has finished one more."""
        self._table.update(_KEY, "ADD finished :one", {}, {"one": 1})


def _read(text: str) -> Look:
    found: dict[str, Any] = json.loads(text)
    return Look(**found | {"busy": Rate(**found["busy"]), "full": Rate(**found["full"])})
