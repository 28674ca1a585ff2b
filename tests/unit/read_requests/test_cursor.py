"""A cursor: a place in one list, however it was made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from read_requests.cursor import read_cursor, written_cursor
from shared.request import InvalidRequest
from shared.request_ids import request_id_for

AT = "2026-11-21T12:00:00.123Z"


def key(requester: str) -> dict[str, str | int]:
    return {"requester": requester, "created_at": AT, "request_id": request_id_for("local", None)}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_place_is_read_as_it_was_written(requester: str) -> None:
    place = key(requester)
    assert read_cursor(written_cursor(place, requester), requester) == place


def test_no_cursor_is_the_beginning() -> None:
    assert read_cursor(None, "api:local") is None


def test_a_cursor_is_of_its_own_list_only() -> None:
    cursor = written_cursor(key("api:local"), "api:local")
    for other in ("api:local/mona", "api:key:theirs"):
        with pytest.raises(InvalidRequest):
            read_cursor(cursor, other)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_anything_else_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_cursor(cursor, "api:local")
    assert refused.value.field == "cursor"


@given(st.integers(0, 199), st.characters(codec="ascii"))
def test_a_cursor_with_another_character_stays_in_its_list(place: int, other: str) -> None:
    cursor = written_cursor(key("api:local"), "api:local")
    place %= len(cursor)
    changed = cursor[:place] + other + cursor[place + 1 :]
    try:
        found = read_cursor(changed, "api:local")
    except InvalidRequest:
        return
    assert found is not None
    assert found["requester"] == "api:local"
