"""Ratios of starts: of the best times, how far they can be trusted, and the verdict.

What else a machine does makes a start slower, never faster: the best of some starts comes nearest
to what it costs, and of two starts' bests the ratio varies half as much as a median of ratios.
The interval goes from one's best to a few places behind the other's. That both cost the same and 1
lies outside all the same is as likely as that the few best starts of all are one side's: places
alone decide, however times are spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# How likely that may be, on each side, where there are rounds enough.
_UNLIKELY = 0.05


@dataclass(frozen=True)
class Ratio:
    """Of the best times of both, and the interval around it."""

    best: float
    low: float
    high: float

    @property
    def noise(self) -> float:
        """Of something to itself: how far from 1 it is."""
        return abs(self.best - 1)


@dataclass(frozen=True)
class Comparison:
    """Ours beside a bare handler's: best milliseconds, median MiB, and the ratio of times."""

    ms: float
    bare_ms: float
    ratio: Ratio
    mib: float
    bare_mib: float
    modules: int


def ratio_of(ours: list[float], others: list[float]) -> Ratio:
    """Of equally many values of both."""
    mine, theirs = sorted(ours), sorted(others)
    behind = places(len(mine))
    return Ratio(mine[0] / theirs[0], mine[0] / theirs[behind], mine[behind] / theirs[0])


def places(rounds: int) -> int:
    """How many places behind the best the interval goes."""
    enough = (at for at in range(rounds) if chance(rounds, at) <= _UNLIKELY)
    return next(enough, rounds - 1)


def chance(rounds: int, behind: int) -> float:
    """How likely 1 is below the interval of two that cost the same; so likely it is above."""
    return math.comb(rounds, behind + 1) / math.comb(2 * rounds, behind + 1)


def verdict(ratio: Ratio, limit: float, noise: float) -> str:
    """kept; missed, if even the interval's low end is above by more than noise; else unclear."""
    if ratio.best <= limit:
        return "kept"
    return "missed" if ratio.low > limit * (1 + noise) else "unclear"
