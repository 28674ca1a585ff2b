"""Rates, intervals and curves, against numbers worked out elsewhere."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.evaluate.figures import Rate, curve, rates


# Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert Rate(hits, total).interval == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_says_nothing() -> None:
    assert Rate(0, 0).share == 0
    assert Rate(0, 0).interval == (0, 1)


def test_rates_count_by_group() -> None:
    rows, flags = ["a1", "a2", "b1"], [True, False, True]
    assert rates(rows, flags, lambda row: row[0]) == {"a": Rate(1, 2), "b": Rate(1, 1)}


def test_curve_of_apart_scores_is_a_corner() -> None:
    found = curve([0.9, 0.8], [0.2, 0.1])
    assert found.auc == 1
    assert any(point.safe == 0 and point.unsafe == 1 for point in found.points)


def test_curve_begins_at_nothing_and_ends_at_everything() -> None:
    found = curve([0.5, 0.7], [0.5, 0.1])
    first, last = found.points[0], found.points[-1]
    assert (first.threshold, first.safe, first.unsafe) == (math.inf, 0, 0)
    assert (last.safe, last.unsafe) == (1, 1)


scores = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=12)


@given(scores, scores)
def test_area_is_the_chance_to_stand_above(unsafe: list[float], safe: list[float]) -> None:
    above = sum((u > s) + (u == s) / 2 for u in unsafe for s in safe)
    assert curve(unsafe, safe).auc == pytest.approx(above / len(unsafe) / len(safe))


def test_a_long_curve_is_thinned() -> None:
    many = [step / 5000 for step in range(5000)]
    assert len(curve(many, many).points) < 150
