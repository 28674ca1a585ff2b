"""The queue's item: a rate that forgets, and looks that come back as they were written."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dynamodb import Table
from shared.queue_look import Look, Queue, Rate

LOOK = Look("2026-11-21T10:00:00.000Z", "in_service", 2, 4, 30, 700, Rate(0.5, 0.1), Rate(1, 2))


def test_a_rate_is_known_after_some_minutes_and_forgotten_after_some() -> None:
    rate, known = Rate(), []
    for measured in (*[2.0] * 5, *[None] * 3):
        rate = rate.then(60, measured)
        known.append(rate.known(0.7))
    assert known == [None] * 4 + [pytest.approx(2)] + [None] * 3


def test_the_latest_counts_most() -> None:
    rate = Rate()
    for measured in (4.0, 4.0, 4.0, 1.0, 1.0, 1.0):
        rate = rate.then(60, measured)
    assert 1 < (rate.known(0.7) or 0) < 2.5


@given(st.floats(0.1, 600), st.floats(0, 100), st.floats(0, 1), st.floats(0, 1))
def test_two_looks_say_what_one_says(
    seconds: float, measured: float, weight: float, part: float
) -> None:
    start = Rate(weight, weight * 3)
    once = start.then(seconds, measured)
    twice = start.then(seconds * part, measured).then(seconds * (1 - part), measured)
    assert (twice.weight, twice.weighted) == pytest.approx((once.weight, once.weighted))


def test_no_rate_is_best_where_none_is_known() -> None:
    assert (Look("", "asleep", 0, 1, 0, 0).pace, Look("", "asleep", 0, 1, 0, 0).able) == (
        None,
        None,
    )
    assert LOOK.pace == pytest.approx(0.2)
    assert LOOK.able == 2


def test_a_look_comes_back_as_it_was_written(table: Callable[[str], Table]) -> None:
    queue = Queue(table("inference_id"))
    assert queue.seen() == (None, 0)
    queue.count_finished()
    queue.note(LOOK)
    queue.count_finished()
    assert queue.seen() == (LOOK, 2)


def test_a_look_of_another_version_is_none(table: Callable[[str], Table]) -> None:
    found = table("inference_id")
    found.update(
        {"inference_id": "queue"}, "SET #look = :look", {"look": "look"}, {"look": '{"a": 1}'}
    )
    assert Queue(found).seen() == (None, 0)
