"""Filter and classifier alone and together on the same texts, counted by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bench.evaluate.figures import Curve, Rate, curve, rates
from bench.evaluate.judging import (
    Judge,
    Rules,
    Scores,
    classifier_flags,
    either,
    excesses,
)

BACKENDS = ("toxicity", "custom")
FILTER = Judge("filter")
# How far a text stands above every threshold when the filter blocks it already.
ALWAYS = 1e9

Row = TypeVar("Row")
Names = tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """Every judge's flag for every text; what moves with the thresholds has a number as well."""

    flags: dict[Judge, list[bool]]
    moving: dict[Judge, list[float]]


@dataclass(frozen=True)
class Group:
    """Texts counted together, and how many of them each judge flagged."""

    names: Names
    unsafe: bool
    flagged: dict[Judge, Rate]


@dataclass(frozen=True)
class Plot:
    """Unsafe texts against safe ones while all thresholds move together.

    Judges without a threshold are marks: (safe flagged, unsafe flagged). Where the thresholds
    stand in the policy is a mark as well.
    """

    unsafe: Names
    safe: Names
    curves: dict[Judge, Curve]
    marks: dict[Judge, tuple[Rate, Rate]]


def judge_texts(texts: Sequence[str], rules: Rules, scored: dict[str, list[Scores]]) -> Judged:
    """By the policy's lists and thresholds; `scored` has the classifier's scores by regime."""
    judged = Judged({FILTER: rules.filter.flags(texts)}, {})
    for backend in BACKENDS:
        for regime, scores in scored.items():
            _add_classifier(judged, backend, regime, scores, rules.classifier)
    return judged


def _add_classifier(
    judged: Judged, backend: str, regime: str, scores: list[Scores], policy: dict[str, Any]
) -> None:
    """The classifier alone, behind the filter, and with what it would send to a review."""
    labels, filtered = policy[backend], judged.flags[FILTER]
    alone, both, reviewed = (
        Judge(layer, backend, regime) for layer in ("classifier", "both", "reviewed")
    )
    judged.flags[alone] = classifier_flags(scores, labels, policy["without_review"])
    judged.flags[both] = either(filtered, judged.flags[alone])
    judged.flags[reviewed] = either(filtered, classifier_flags(scores, labels, "block"))
    judged.moving[alone] = excesses(scores, labels)
    judged.moving[both] = [
        ALWAYS if stopped else above
        for stopped, above in zip(filtered, judged.moving[alone], strict=True)
    ]


def groups(
    rows: Sequence[Row],
    judged: Judged,
    names: Callable[[Row], Names],
    unsafe: Callable[[Row], bool],
) -> list[Group]:
    """In order of appearance, the safe ones first."""
    counted = {
        judge: rates(rows, flags, lambda row: (unsafe(row), names(row)))
        for judge, flags in judged.flags.items()
    }
    found = [
        Group(key[1], key[0], {judge: of_one[key] for judge, of_one in counted.items()})
        for key in counted[FILTER]
    ]
    return sorted(found, key=lambda group: group.unsafe)


def plot(
    unsafe: tuple[Names, Sequence[int]], safe: tuple[Names, Sequence[int]], judged: Judged
) -> Plot:
    """Of the rows with these numbers."""
    return Plot(
        unsafe[0],
        safe[0],
        {
            judge: curve([moving[i] for i in unsafe[1]], [moving[i] for i in safe[1]])
            for judge, moving in judged.moving.items()
        },
        {
            judge: (_rate(flags, safe[1]), _rate(flags, unsafe[1]))
            for judge, flags in judged.flags.items()
        },
    )


def numbered(rows: Iterable[Row], names: Callable[[Row], Names]) -> dict[Names, list[int]]:
    """The numbers of the rows by group."""
    found: dict[Names, list[int]] = {}
    for number, row in enumerate(rows):
        found.setdefault(names(row), []).append(number)
    return found


def _rate(flags: Sequence[bool], rows: Sequence[int]) -> Rate:
    return Rate(sum(flags[row] for row in rows), len(rows))
