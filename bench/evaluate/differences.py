"""What another policy would change: of the same texts, per group, who is judged otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.evaluate.figures import Rate, rates
from bench.evaluate.judging import Judge
from bench.evaluate.layers import Judged, Names

Row = TypeVar("Row")


@dataclass(frozen=True)
class Difference:
    """One group under one judge; only groups where a text changed sides are listed."""

    names: Names
    unsafe: bool
    judge: Judge
    before: Rate
    after: Rate
    newly_flagged: int
    no_longer: int


def differences(
    rows: Sequence[Row],
    before: Judged,
    after: Judged,
    names: Callable[[Row], Names],
    unsafe: Callable[[Row], bool],
) -> list[Difference]:
    """Of the judges that both know."""

    def group(row: Row) -> tuple[Names, bool]:
        return names(row), unsafe(row)

    found = []
    for judge in before.flags.keys() & after.flags.keys():
        was, now = before.flags[judge], after.flags[judge]
        newly = rates(rows, [b and not a for a, b in zip(was, now, strict=True)], group)
        lost = rates(rows, [a and not b for a, b in zip(was, now, strict=True)], group)
        rates_before, rates_after = rates(rows, was, group), rates(rows, now, group)
        found += [
            Difference(
                *key, judge, rates_before[key], rates_after[key], newly[key].hits, lost[key].hits
            )
            for key in newly
            if newly[key].hits or lost[key].hits
        ]
    return sorted(found, key=lambda one: (one.judge.title, one.unsafe, one.names))
