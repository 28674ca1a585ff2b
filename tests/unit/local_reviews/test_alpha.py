"""Agreement, on the worked examples of Krippendorff's own paper and on its edges."""

from __future__ import annotations

import pytest

from local.reviews.alpha import agreed_pairs, alpha

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): A, two observers and two
# categories; C, four observers, five categories, and not everybody looked at everything.
EXAMPLE_A = ("0100000010", "1110010000")
EXAMPLE_C = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def units(observers: tuple[str, ...]) -> list[list[str]]:
    return [[value for value in unit if value != "."] for unit in zip(*observers, strict=True)]


def test_two_observers_and_two_categories() -> None:
    # By hand: 8 ordered pairs differ (4 units), 20 values are 14 times 0 and 6 times 1, so that
    # alpha = 1 - 19 * 8 / (2 * 14 * 6).
    assert alpha(units(EXAMPLE_A)) == pytest.approx(1 - 19 * 8 / 168)
    assert alpha(units(EXAMPLE_A)) == pytest.approx(0.095, abs=0.0005)


def test_four_observers_with_gaps() -> None:
    # By hand: the ordered pairs that differ, each over one less than its unit's values, are 6 / 3,
    # 12 / 3 and 6 / 3 in units 2, 6 and 8. The 40 values that can be paired are 9 times 1, 13 times
    # 2, 10 times 3, 5 times 4 and 3 times 5: 9 * 31 + 13 * 27 + 10 * 30 + 5 * 35 + 3 * 37 = 1216.
    assert alpha(units(EXAMPLE_C)) == pytest.approx(1 - 39 * 8 / 1216)
    assert alpha(units(EXAMPLE_C)) == pytest.approx(0.743, abs=0.0005)


def test_who_always_contradicts_is_below_chance() -> None:
    assert alpha([["a", "b"], ["b", "a"]]) == pytest.approx(-0.5)


@pytest.mark.parametrize("judged", [[], [["a"]], [["a", "a"], ["a", "a", "a"]]])
def test_where_nobody_varies_it_is_not_defined(judged: list[list[str]]) -> None:
    assert alpha(judged) is None


def test_complete_agreement_is_one() -> None:
    assert alpha([["a", "a"], ["b", "b"], ["c"]]) == 1


def test_pairs_are_counted_within_a_unit() -> None:
    assert agreed_pairs([["a", "a", "b"], ["b"], ["b", "b"]]) == (2, 4)
