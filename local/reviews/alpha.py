"""How far people who judge the same thing agree: percent, and Krippendorff's alpha."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations


def agreed_pairs(units: Iterable[Sequence[Hashable]]) -> tuple[int, int]:
    """(pairs of values within a unit that are equal, all such pairs)."""
    pairs = [one == other for unit in units for one, other in combinations(unit, 2)]
    return sum(pairs), len(pairs)


def alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data: 1 is agreement, 0 is chance, less is contradiction.

    A unit is what was judged, and holds a value of each who judged it; units of fewer than two
    say nothing. None where all values are the same, or there are none: then it is not defined
    (K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011).
    """
    judged = [unit for unit in units if len(unit) > 1]
    totals = Counter(value for unit in judged for value in unit)
    all_values = totals.total()
    # Each unit's ordered pairs count together as much as it has values.
    observed = sum(
        2 * sum(one != other for one, other in combinations(unit, 2)) / (len(unit) - 1)
        for unit in judged
    )
    expected = sum(count * (all_values - count) for count in totals.values())
    return 1 - observed * (all_values - 1) / expected if expected else None
