"""How fast a job goes: per minute, how long it takes yet, and for how long it has stood still."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from follow_jobs.progress import Seen
from shared.records import utc_text

BEGIN = "2026-11-21T06:00:00.000Z"


def after(minutes: float) -> str:
    return utc_text(datetime.fromisoformat(BEGIN) + timedelta(minutes=minutes))


def steady(per_minute: int, minutes: int) -> Seen:
    seen = Seen(BEGIN, BEGIN)
    for minute in range(1, minutes + 1):
        seen = seen.then(after(minute), minute * per_minute, minute)
    return seen


@given(st.integers(0, 10_000), st.integers(1, 30))
def test_a_steady_rate_is_known_from_the_first_look(per_minute: int, minutes: int) -> None:
    seen = steady(per_minute, minutes)
    assert seen.per_second * 60 == pytest.approx(per_minute)
    assert seen.pictures_per_second * 60 == pytest.approx(1)


def test_nothing_is_known_before_the_first_look() -> None:
    seen = Seen(BEGIN, BEGIN)
    assert seen.per_second == seen.pictures_per_second == 0
    assert seen.eta_seconds(100) is None


@given(st.lists(st.tuples(st.floats(0.1, 5), st.integers(0, 1000)), min_size=1, max_size=30))
def test_a_rate_is_between_the_slowest_and_the_fastest(looks: list[tuple[float, int]]) -> None:
    seen, minutes, done, rates = Seen(BEGIN, BEGIN), 0.0, 0, []
    for span, more in looks:
        before = after(minutes)
        minutes += span
        done += more
        seconds = datetime.fromisoformat(after(minutes)) - datetime.fromisoformat(before)
        rates.append(more / seconds.total_seconds())
        seen = seen.then(after(minutes), done, 0)
    assert min(rates) - 1e-9 <= seen.per_second <= max(rates) + 1e-9


def test_a_slow_endpoint_has_not_stopped_between_two_pictures() -> None:
    seen = Seen(BEGIN, BEGIN)
    for minute in range(1, 31):
        seen = seen.then(after(minute), minute // 5, minute // 5)
        if minute > 10:
            assert 0.05 < seen.pictures_per_second * 60 < 0.4


@pytest.mark.parametrize(("total", "eta"), [(100, 480), (20, 0), (19, 0), (0, None)])
def test_the_rest_takes_as_long_as_the_rate_says(total: int, eta: int | None) -> None:
    assert steady(10, 2).eta_seconds(total) == eta


def test_who_stands_still_is_told_from_who_goes_on() -> None:
    seen = steady(10, 3)
    assert seen.idle_seconds == 0
    for minute in (4, 5, 6):
        seen = seen.then(after(minute), 30, minute)
    assert seen.idle_seconds == 180
    assert seen.then(after(7), 31, 7).idle_seconds == 0


def test_a_look_that_comes_twice_changes_nothing() -> None:
    seen = steady(10, 3)
    assert seen.then(after(3), 35, 9) == seen
    assert seen.then(after(2), 35, 9) == seen


def test_an_index_that_answers_late_takes_nothing_back() -> None:
    assert steady(10, 3).then(after(4), 20, 2).per_second >= 0


def test_it_is_kept_as_text() -> None:
    seen = steady(7, 3)
    assert Seen.read(seen.text()) == seen
