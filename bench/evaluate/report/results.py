"""The figures for other programs, and the numbers of the rows that were judged wrongly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from bench.evaluate.evaluation import Evaluation
from bench.evaluate.figures import Point, Rate
from bench.evaluate.judging import Judge
from bench.evaluate.layers import Judged
from bench.evaluate.report.conditions import Conditions
from bench.evaluate.sets import Sets


def results(evaluation: Evaluation, made_with: Conditions) -> dict[str, Any]:
    """Plain JSON. Shares are 0..1; thresholds of curves are log-odds above the policy's."""
    return {"made_with": _plain(made_with), **_plain(evaluation)}


def misses(sets: Sets, evaluation: Evaluation, most: int) -> dict[str, Any]:
    """Set, judge and group to line numbers, counted from 1, of at most so many misses each."""
    found: dict[str, Any] = {}
    if evaluation.keywords:
        found["keyword_cases"] = {
            name: rows[:most] for name, rows in evaluation.keywords.misses.items()
        }
    if evaluation.prompts:
        keys = [(f"{one.source} {one.subset}", one.unsafe) for one in sets.prompts]
        found["prompts"] = dict(_misjudged(evaluation.prompts.judged, keys, most))
    if evaluation.posts:
        keys = [(one.source, one.toxic) for one in sets.posts]
        found["toxicity"] = dict(_misjudged(evaluation.posts.judged, keys, most))
    return found


def _misjudged(
    judged: Judged, keys: list[tuple[str, bool]], most: int
) -> Iterator[tuple[str, dict[str, list[int]]]]:
    for judge, flags in judged.flags.items():
        rows: dict[str, list[int]] = {}
        for number, ((name, unsafe), flagged) in enumerate(zip(keys, flags, strict=True), 1):
            if flagged != unsafe:
                of_group = rows.setdefault(f"{name} {'missed' if unsafe else 'flagged'}", [])
                if len(of_group) < most:
                    of_group.append(number)
        yield judge.title, rows


def _plain(value: Any) -> Any:
    if isinstance(value, Rate):
        low, high = value.interval
        return {"hits": value.hits, "total": value.total, "share": value.share, "95%": [low, high]}
    if isinstance(value, Point):
        at = None if math.isinf(value.threshold) else round(value.threshold, 4)
        return [at, round(value.safe, 5), round(value.unsafe, 5)]
    if isinstance(value, Judge):
        return value.title
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: _plain(getattr(value, one.name))
            for one in fields(value)
            if one.type != "Judged" and one.name != "misses"
        }
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
