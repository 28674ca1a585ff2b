"""A queue's cursor: a place in it, however it was made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from read_reviews.cursor import read_cursor, written_cursor
from shared.cursors import cursor_of
from shared.dynamodb import Item
from shared.request import InvalidRequest

KEY: Item = {"queue": "open", "opened_at": "2026-11-21T12:00:00.123Z", "review_id": "1f" * 20}


def test_a_place_is_read_as_it_was_written() -> None:
    assert read_cursor(written_cursor(KEY), "open") == KEY
    assert read_cursor(None, "open") is None


def test_a_cursor_is_of_its_own_queue_only() -> None:
    with pytest.raises(InvalidRequest):
        read_cursor(written_cursor(KEY), "decided")


@pytest.mark.parametrize(
    "place",
    [
        ["open", "2026-11-21T12:00:00.123Z", "1F" * 20],
        ["open", "yesterday", "1f" * 20],
        ["open", "2026-11-21T12:00:00.123Z"],
        {"queue": "open"},
        "x" * 600,
    ],
)
def test_what_a_queue_has_not_given_is_no_cursor(place: object) -> None:
    with pytest.raises(InvalidRequest):
        read_cursor(cursor_of(place), "open")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_anything_else_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_cursor(cursor, "open")
    assert refused.value.field == "cursor"
