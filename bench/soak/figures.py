"""Percentiles, and how a figure grows with the number of requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PERCENTS = (50, 95, 99)


def percentiles(values: Sequence[float]) -> tuple[float, ...]:
    """Nearest rank, for each of PERCENTS."""
    ranked = sorted(values)
    return tuple(ranked[math.ceil(len(ranked) * percent / 100) - 1] for percent in PERCENTS)


@dataclass(frozen=True)
class Line:
    """y = start + slope * n by least squares, and what it misses each measured point by."""

    start: float
    slope: float
    residuals: tuple[float, ...]

    def at(self, count: float) -> float:
        """What the line says there."""
        return self.start + self.slope * count


def line(counts: Sequence[float], values: Sequence[float]) -> Line:
    """Through two points or more."""
    middle, level = sum(counts) / len(counts), sum(values) / len(values)
    spread = sum((count - middle) ** 2 for count in counts)
    slope = (
        sum((c - middle) * (v - level) for c, v in zip(counts, values, strict=True)) / spread
        if spread
        else 0.0
    )
    start = level - slope * middle
    return Line(
        start,
        slope,
        tuple(v - start - slope * c for c, v in zip(counts, values, strict=True)),
    )
