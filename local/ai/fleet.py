"""How many instances an asynchronous endpoint has: none while nobody asks, some after a while."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scaling:
    """What scaling by backlog does in AWS. Seconds; `wake_seconds` is how long an instance takes
    to come, `idle_seconds` how long nothing must be open before the endpoint has its minimum."""

    minimum: int
    maximum: int
    wake_seconds: float = 0.0
    idle_seconds: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            raise ValueError("minimum is 0 to maximum")
        if min(self.wake_seconds, self.idle_seconds) < 0:
            raise ValueError("wake_seconds and idle_seconds are not negative")


class Fleet:
    """The instances of one endpoint; without a Scaling there is one, always."""

    def __init__(self) -> None:
        self.scaling: Scaling | None = None
        self.current = self.desired = 1
        self._due = self._busy_at = 0.0

    def scale(self, scaling: Scaling, now: float) -> None:
        """Keep within other bounds from now on."""
        self.scaling = scaling
        self.desired = min(max(self.desired, scaling.minimum), scaling.maximum)
        self.current = min(self.current, self.desired)
        self._due, self._busy_at = now + scaling.wake_seconds, now

    def look(self, open_jobs: int, workers: int, now: float) -> int:
        """The instances there are at this time, with so many jobs waiting or in work."""
        scaling = self.scaling
        if scaling is None:
            return self.current
        if open_jobs:
            self._busy_at = now
        wanted = min(max(-(-open_jobs // workers), scaling.minimum), scaling.maximum)
        if wanted > self.desired:
            if self.desired == self.current:
                self._due = now + scaling.wake_seconds
            self.desired = wanted
        elif now - self._busy_at >= scaling.idle_seconds and not open_jobs:
            self.desired = scaling.minimum
            self.current = min(self.current, self.desired)
        if self.desired > self.current and now >= self._due:
            self.current = self.desired
        return self.current
