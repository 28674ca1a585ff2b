"""Whether a request goes, is told that it waits, or is refused: the bounds of that, and cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generate_images.queueing import FRESH_SECONDS, Decision, decide
from shared.queue_look import Look, Rate
from shared.records import utc_text

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
TTL = 3600
ORDER = {"go": 0, "queued": 1, "refuse": 2}


def ago(seconds: float) -> str:
    return utc_text(NOW - timedelta(seconds=seconds))


RATES = st.builds(Rate, st.floats(0, 1), st.floats(0, 100))
LOOKS = st.builds(
    Look,
    at=st.floats(-60, 2 * FRESH_SECONDS).map(ago),
    state=st.sampled_from(["in_service", "asleep", "waking", "failed", "missing"]),
    instances=st.integers(0, 20),
    most_instances=st.integers(0, 20),
    backlog=st.integers(0, 100_000),
    finished=st.integers(0, 100_000),
    busy=RATES,
    full=RATES,
    without_capacity_since=st.one_of(st.just(""), st.floats(0, 3 * TTL).map(ago)),
)
TTLS = st.integers(60, 21_600)


@given(LOOKS, TTLS)
def test_nothing_is_refused_where_nothing_else_waits(look: Look, ttl: int) -> None:
    assert decide(replace(look, backlog=0), NOW, ttl).verdict != "refuse"


@given(LOOKS, TTLS)
def test_nothing_is_refused_that_may_be_done_in_time(look: Look, ttl: int) -> None:
    hopeful = replace(look, state="in_service", without_capacity_since="")
    able = max(hopeful.pace or 0, hopeful.able or 0)
    most = max(hopeful.instances, hopeful.most_instances)
    if hopeful.backlog <= able * most * ttl:
        assert decide(hopeful, NOW, ttl).verdict != "refuse"


@given(LOOKS, TTLS)
def test_nothing_is_refused_for_a_pace_that_was_not_seen_at_full_work(look: Look, ttl: int) -> None:
    hopeful = replace(look, state="in_service", without_capacity_since="", full=Rate())
    assert decide(hopeful, NOW, ttl).verdict != "refuse"


@given(LOOKS, TTLS, st.integers(0, 100_000))
def test_more_that_waits_is_never_better(look: Look, ttl: int, more: int) -> None:
    longer = replace(look, backlog=look.backlog + more)
    assert ORDER[decide(longer, NOW, ttl).verdict] >= ORDER[decide(look, NOW, ttl).verdict]


@given(LOOKS, TTLS, st.floats(FRESH_SECONDS + 1, 10**7))
def test_an_old_look_always_goes(look: Look, ttl: int, age: float) -> None:
    assert decide(replace(look, at=ago(age)), NOW, ttl).verdict == "go"


def test_no_look_goes() -> None:
    assert decide(None, NOW, TTL).verdict == "go"


IDLE = Look(ago(30), "in_service", 1, 2, 0, 100)
SURE = Rate(1, 1)


@pytest.mark.parametrize(
    ("changes", "verdict", "wait"),
    [
        ({}, "go", None),
        ({"state": "asleep", "instances": 0}, "queued", None),
        ({"state": "waking", "instances": 0, "backlog": 3}, "queued", None),
        # Nothing waits: whoever asks finds out whether it was mended.
        ({"state": "failed", "instances": 0}, "go", None),
        ({"state": "missing", "instances": 0}, "go", None),
        ({"state": "failed", "instances": 0, "backlog": 1}, "refuse", None),
        ({"state": "missing", "instances": 0, "backlog": 1}, "refuse", None),
        ({"backlog": 30, "busy": SURE}, "go", 30),
        ({"backlog": 31, "busy": SURE}, "queued", 31),
        ({"backlog": 60, "busy": SURE, "instances": 2}, "go", 30),
        ({"backlog": 500}, "go", None),
        ({"backlog": 5, "busy": Rate(1, 0)}, "queued", None),
        ({"backlog": 5, "busy": Rate(1, 5e-324)}, "queued", None),
        # Two instances do 7,200 in an hour.
        ({"backlog": 7200, "busy": SURE, "full": SURE}, "queued", 7200),
        ({"backlog": 7201, "busy": SURE, "full": SURE}, "refuse", None),
        # It has done better with less to do.
        ({"backlog": 7201, "busy": Rate(1, 2), "full": SURE}, "queued", 3601),
        # What was seen is too long ago, or too little.
        ({"backlog": 10**6, "busy": SURE, "full": Rate(0.69, 0.69)}, "queued", None),
        # Nothing was finished at full work: it may be at its first.
        ({"backlog": 10**6, "busy": Rate(1, 0), "full": Rate(1, 0)}, "queued", None),
        (
            {"state": "asleep", "instances": 0, "backlog": 1, "without_capacity_since": ago(3599)},
            "queued",
            None,
        ),
        (
            {"state": "asleep", "instances": 0, "backlog": 1, "without_capacity_since": ago(3601)},
            "refuse",
            None,
        ),
        (
            {"state": "waking", "instances": 0, "backlog": 1, "without_capacity_since": ago(3601)},
            "refuse",
            None,
        ),
    ],
)
def test_what_is_decided(changes: dict[str, Any], verdict: str, wait: int | None) -> None:
    found = decide(replace(IDLE, **changes), NOW, TTL)
    assert found == Decision(verdict, found.reason, wait)
    assert found.reason
