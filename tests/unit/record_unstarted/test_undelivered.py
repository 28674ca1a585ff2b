"""What EventBridge leaves in a dead-letter queue, and what else may lie there."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from record_unstarted.undelivered import UnreadableEvent, read_undelivered
from shared.arrival import read_arrival

REQUESTED: dict[str, Any] = {
    "id": "e1",
    "detail-type": "ImageRequested",
    "source": "my.shop",
    "time": "2026-11-20T10:00:00Z",
    "detail": {"prompt": "a fox", "request_id": "fox"},
}
DROPPED: dict[str, Any] = {
    "id": "e2",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "time": "2026-11-20T10:00:00Z",
    "detail": {"bucket": {"name": "b"}, "object": {"key": "prompts/a.txt", "version-id": "v"}},
}


@pytest.mark.parametrize("event", [REQUESTED, DROPPED])
def test_the_id_is_the_one_that_accept_request_derives(event: dict[str, Any]) -> None:
    undelivered = read_undelivered(json.dumps(event), {})
    assert undelivered.arrival == read_arrival(event, "name of an execution")
    assert json.loads(undelivered.body) == event


def test_the_error_is_told_by_an_attribute() -> None:
    attributes = {"ERROR_CODE": {"stringValue": "NO_PERMISSIONS", "dataType": "String"}}
    assert read_undelivered(json.dumps(REQUESTED), attributes).error_code == "NO_PERMISSIONS"
    assert read_undelivered(json.dumps(REQUESTED), {}).error_code == "UNKNOWN"


@pytest.mark.parametrize(("beyond", "too_large"), [(0, False), (1, True)])
def test_an_input_may_have_256_kib(beyond: int, too_large: bool) -> None:
    # In bytes: a letter outside ASCII has more than one.
    empty = json.dumps(REQUESTED | {"detail": {"prompt": ""}}, ensure_ascii=False)
    letters, odd = divmod(262_144 + beyond - len(empty), 2)
    event = REQUESTED | {"detail": {"prompt": "é" * letters + "e" * odd}}
    body = json.dumps(event, ensure_ascii=False)
    assert read_undelivered(body, {}).too_large == too_large


@pytest.mark.parametrize(
    "event",
    [
        None,
        [REQUESTED],
        {"prompt": "a fox"},
        {"id": "e", "time": "2026-11-20T10:00:00Z", "prompt": "a fox"},
        REQUESTED | {"id": ""},
        REQUESTED | {"time": "yesterday"},
        {name: REQUESTED[name] for name in REQUESTED.keys() - {"time"}},
    ],
)
def test_anything_else_is_unreadable(event: object) -> None:
    with pytest.raises(UnreadableEvent):
        read_undelivered(json.dumps(event), {})


@given(st.text())
def test_no_text_is_an_event(body: str) -> None:
    with pytest.raises(UnreadableEvent):
        read_undelivered(body, {})


def test_a_body_without_an_end_is_unreadable() -> None:
    with pytest.raises(UnreadableEvent):
        read_undelivered("[" * 100_000, {})
