"""Ratios of starts: the median of the rounds' own ratios, how far it can be trusted, the verdict.

Both of a ratio ran in the same round, so that what slows the machine down for longer slows both.
The interval is of order statistics, and assumes nothing of how times are spread: the median lies
between the k-th smallest and the k-th largest of n ratios with a probability that n and k alone
decide.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

# How surely the median must lie in the interval, where there are rounds enough.
_SURE = 0.9


@dataclass(frozen=True)
class Ratio:
    """The median ratio of all rounds, and the interval that the true median is in."""

    middle: float
    low: float
    high: float

    @property
    def noise(self) -> float:
        """Of something against itself: how far from 1 the interval reaches."""
        return max(abs(self.low - 1), abs(self.high - 1))


@dataclass(frozen=True)
class Comparison:
    """Ours beside a bare handler's: median milliseconds and MiB of both, and the ratio of times."""

    ms: float
    bare_ms: float
    ratio: Ratio
    mib: float
    bare_mib: float
    modules: int


def ratio_of(ours: list[float], others: list[float]) -> Ratio:
    """Of values that were measured in the same rounds."""
    ratios = sorted(mine / other for mine, other in zip(ours, others, strict=True))
    cut = trimmed(len(ratios))
    return Ratio(statistics.median(ratios), ratios[cut], ratios[-1 - cut])


def trimmed(count: int) -> int:
    """How many of the smallest and of the largest values may be left out of the interval."""
    cut = 0
    while 2 * (cut + 1) < count and coverage(count, cut + 1) >= _SURE:
        cut += 1
    return cut


def coverage(count: int, cut: int) -> float:
    """How likely the median lies between what is left of so many values, cut on both sides."""
    outside = sum(math.comb(count, below) for below in range(cut + 1))
    return 1.0 - 2 * outside / float(2**count)


def verdict(ratio: Ratio, limit: float, noise: float) -> str:
    """kept; missed, if even the interval's low end is above by more than noise; else unclear."""
    if ratio.middle <= limit:
        return "kept"
    return "missed" if ratio.low > limit * (1 + noise) else "unclear"
