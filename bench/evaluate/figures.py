"""Counting: rates with their intervals, and what a moving threshold gives."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from local.ai.classifier.card import interval

_MOST_POINTS = 120

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    hits: int
    total: int

    @property
    def share(self) -> float:
        """0..1; of none, 0."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval, 0..1: what the rate of all such texts may well be."""
        return interval(self.hits, self.total) if self.total else (0.0, 1.0)

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.hits + other.hits, self.total + other.total)


NONE = Rate(0, 0)


def rates(rows: Iterable[Row], flags: Iterable[bool], key: Callable[[Row], Key]) -> dict[Key, Rate]:
    """How many of each group were flagged, the groups in order of appearance."""
    found: dict[Key, Rate] = {}
    for row, flagged in zip(rows, flags, strict=True):
        found[key(row)] = found.get(key(row), NONE) + Rate(int(flagged), 1)
    return found


@dataclass(frozen=True)
class Point:
    """At one threshold: the shares 0..1 of the safe and of the unsafe texts that are flagged."""

    threshold: float
    safe: float
    unsafe: float


@dataclass(frozen=True)
class Curve:
    """A threshold moved over its whole range, from flagging nothing to flagging everything."""

    points: tuple[Point, ...]
    auc: float
    """The chance that an unsafe text scores above a safe one; ties count half."""


def curve(unsafe: Sequence[float], safe: Sequence[float]) -> Curve:
    """A text is flagged when its score reaches the threshold. Both must hold a score."""
    unsafe, safe = sorted(unsafe), sorted(safe)
    points = [Point(math.inf, 0.0, 0.0)] + [
        Point(threshold, _reaching(safe, threshold), _reaching(unsafe, threshold))
        for threshold in sorted({*unsafe, *safe}, reverse=True)
    ]
    auc = sum(
        (after.safe - before.safe) * (after.unsafe + before.unsafe) / 2
        for before, after in itertools.pairwise(points)
    )
    return Curve(tuple(_thinned(points)), auc)


def _reaching(ordered: Sequence[float], threshold: float) -> float:
    return (len(ordered) - bisect_left(ordered, threshold)) / len(ordered)


def _thinned(points: list[Point]) -> list[Point]:
    """As many as a plot can show: a point only where it has moved far enough."""
    kept = points[:1]
    for point in points[1:-1]:
        moved = abs(point.safe - kept[-1].safe) + abs(point.unsafe - kept[-1].unsafe)
        if moved >= 2 / _MOST_POINTS:
            kept.append(point)
    return [*kept, *points[-1:]]
