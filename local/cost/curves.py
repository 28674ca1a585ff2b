"""The lines of the plot: what 1,000 images cost by how many a day, one line a choice."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from local.cost.comparisons import SAME, at, first_load, number
from local.cost.prices import Prices
from local.cost.workload import BATCH_SPEEDUPS, Workload

LEAST, MOST = 10.0, 1_000_000.0
_POINTS_A_DECADE = 16


@dataclass(frozen=True)
class Curve:
    """(images a day, USD per 1,000 images), as far as the axis goes."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Mark:
    """Where a choice begins or ceases to be worth it."""

    load: float
    usd: float
    says: str


@dataclass(frozen=True)
class Plot:
    """Everything to be drawn, whatever draws it."""

    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...]

    @property
    def usd_range(self) -> tuple[float, float]:
        """Whole decades around all the lines."""
        values = [usd for curve in self.curves for _, usd in curve.points]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return 10.0**low, 10.0 ** max(high, low + 1)


def axis(value: float) -> str:
    """A decade of either axis."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def plot(workload: Workload, prices: Prices) -> Plot:
    """The workload, and what one other choice at a time makes of it."""
    size, speedup = list(BATCH_SPEEDUPS.items())[-1]
    others = {
        "always on" if not workload.always_on else "sleeps": replace(
            workload, always_on=not workload.always_on
        ),
        "batches": replace(workload, batch_size=size, batch_speedup=speedup),
        "guardrail": replace(workload, backend="guardrail"),
        "custom classifier": replace(workload, backend="custom"),
    }
    drawn = {"as asked": workload} | {
        name: other for name, other in others.items() if other != workload
    }
    curves = tuple(_curve(name, one, prices) for name, one in drawn.items())
    found = [
        _mark(workload, others, prices, *marked)
        for marked in (
            ("always on", lambda ratio: ratio < 1 + SAME, "sleeping saves less than 1 %"),
            ("batches", lambda ratio: ratio < 1 - SAME, "batches begin to save"),
            ("custom classifier", lambda ratio: ratio < 2, "a custom endpoint doubles the bill"),
        )
        if marked[0] in drawn
    ]
    marks = sorted((mark for mark in found if mark), key=lambda mark: mark.load)
    return Plot(curves, tuple(marks))


def _curve(name: str, workload: Workload, prices: Prices) -> Curve:
    decades = math.log10(MOST / LEAST)
    steps = round(decades * _POINTS_A_DECADE)
    loads = [LEAST * (MOST / LEAST) ** (step / steps) for step in range(steps + 1)]
    return Curve(name, tuple((load, at(workload, load, prices).per_thousand) for load in loads))


def _mark(
    workload: Workload,
    others: dict[str, Workload],
    prices: Prices,
    name: str,
    holds: Callable[[float], bool],
    says: str,
) -> Mark | None:
    def there(load: float) -> bool:
        other, ours = (at(one, load, prices) for one in (others[name], workload))
        return holds(other.per_thousand / ours.per_thousand)

    load = first_load(there)
    if load is None or not LEAST < load < MOST:
        return None
    usd = at(others[name], load, prices).per_thousand
    return Mark(load, usd, f"{number(load)} a day: {says}")
