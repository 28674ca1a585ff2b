"""Ratios of starts: of the best, the intervals around them, and verdicts."""

from itertools import permutations

import pytest

from bench.cold_start.figures import Ratio, chance, places, ratio_of, verdict


def test_a_ratio_is_of_the_best_times() -> None:
    found = ratio_of([130.0, 125.0, 400.0], [250.0, 100.0, 200.0])
    assert found == Ratio(best=1.25, low=0.5, high=4.0)


def test_of_many_rounds_the_slow_ones_are_left_out_of_the_interval() -> None:
    ours = [float(one) for one in range(11, 22)]
    assert ratio_of(ours, [10.0] * 11) == Ratio(1.1, 1.1, 1.4)


@pytest.mark.parametrize(
    ("rounds", "behind", "outside"),
    [(1, 0, 0.5), (2, 1, 1 / 6), (3, 2, 1 / 20), (7, 3, 0.035), (11, 3, 0.045)],
)
def test_the_interval_is_as_sure_as_so_many_rounds_can_make_it(
    rounds: int, behind: int, outside: float
) -> None:
    assert places(rounds) == behind
    assert chance(rounds, behind) == pytest.approx(outside, abs=0.001)


def test_two_of_one_kind_leave_the_interval_as_often_as_said() -> None:
    values, rounds = [1.0, 1.01, 1.05, 1.2, 1.3, 1.8], 3
    found = [ratio_of(list(order[:rounds]), list(order[rounds:])) for order in permutations(values)]
    below = sum(one.low > 1 for one in found) / len(found)
    assert below == pytest.approx(chance(rounds, places(rounds)))


def test_noise_is_how_far_something_is_from_itself() -> None:
    assert Ratio(0.94, 0.90, 1.03).noise == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (Ratio(1.15, 1.10, 1.40), "kept"),
        (Ratio(1.16, 1.10, 1.40), "unclear"),
        (Ratio(1.22, 1.20, 1.40), "unclear"),
        (Ratio(1.30, 1.22, 1.40), "missed"),
    ],
)
def test_a_limit_is_missed_by_more_than_noise(ratio: Ratio, said: str) -> None:
    assert verdict(ratio, 1.15, 0.05) == said
