"""An id says whose request it is, and nobody else's id can be made by choosing a key."""

from hypothesis import given
from hypothesis import strategies as st

from shared.request_ids import id_of_record, is_of, request_id_for

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(names, names, names)
def test_an_id_is_its_requesters_only(who: str, other: str, key: str) -> None:
    request_id = request_id_for(who, key)
    assert is_of(who, request_id)
    assert is_of(other, request_id) == (other == who)
    assert id_of_record(request_id) == id_of_record(f"execution-{request_id}") == request_id


@given(names, names, names)
def test_a_key_means_one_request_of_one_requester(who: str, key: str, another: str) -> None:
    assert request_id_for(who, key) == request_id_for(who, key)
    assert (request_id_for(who, key) == request_id_for(who, another)) == (key == another)


def test_without_a_key_each_id_is_new() -> None:
    ids = {request_id_for("local", None) for _ in range(100)}
    assert len(ids) == 100
    assert all(is_of("local", request_id) for request_id in ids)


def test_a_name_with_a_line_feed_is_no_other_name_and_key() -> None:
    assert request_id_for("a", "b\nc")[-32:] == request_id_for("a\nb", "c")[-32:]
    assert request_id_for("a", "b\nc") != request_id_for("a\nb", "c")


@given(names)
def test_other_records_are_nobodys(key: str) -> None:
    assert id_of_record(key) == ""
    assert not is_of("local", key)
