"""What looks say together: the state, since when there is no capacity, and the endpoint's pace."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generate_images.queueing import decide
from shared.queue_look import Look
from shared.records import utc_text
from shared.sagemaker import Standing
from watch_endpoint.watching import Seen, look_again, state_of

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def standing(instances: int, wanted: int | None = None, status: str = "InService") -> Standing:
    return Standing(status, instances, instances if wanted is None else wanted, ("AllTraffic",))


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (None, "missing"),
        (standing(1, status="Deleting"), "missing"),
        (standing(0, status="Failed"), "failed"),
        (standing(1, status="OutOfService"), "failed"),
        (standing(0, status="Creating"), "waking"),
        (standing(0, 0), "asleep"),
        (standing(0, 1), "waking"),
        (standing(0, 1, "Updating"), "waking"),
        (standing(1, 2, "Updating"), "in_service"),
        (standing(2, status="SystemUpdating"), "in_service"),
        (standing(2, status="UpdateRollbackFailed"), "in_service"),
    ],
)
def test_the_state(found: Standing | None, state: str) -> None:
    assert state_of(found) == state


def test_the_first_look_knows_no_pace() -> None:
    look = look_again(None, Seen(standing(2), 5, 7, 100), NOW)
    assert look == Look(utc_text(NOW), "in_service", 2, 5, 7, 100)


@pytest.mark.parametrize(("scalable", "most"), [(0, 3), (2, 3), (8, 8)])
def test_it_may_have_what_it_has_at_least(scalable: int, most: int) -> None:
    assert look_again(None, Seen(standing(1, 3), scalable, 0, 0), NOW).most_instances == most


def test_an_endpoint_that_is_made_again_has_all_the_time_to_come() -> None:
    failed = look_again(None, Seen(standing(0, status="Failed"), 2, 1, 0), NOW)
    gone = look_again(failed, Seen(None, 0, 1, 0), NOW + MINUTE)
    assert gone.without_capacity_since == utc_text(NOW)
    creating = Seen(standing(0, status="Creating"), 2, 1, 0)
    again = look_again(gone, creating, NOW + 2 * MINUTE)
    assert again.without_capacity_since == utc_text(NOW + 2 * MINUTE)
    assert look_again(again, creating, NOW + 3 * MINUTE).without_capacity_since == utc_text(
        NOW + 2 * MINUTE
    )


def test_since_when_something_waits_in_vain() -> None:
    asleep = Seen(standing(0), 2, 1, 0)
    first = look_again(None, asleep, NOW)
    assert first.without_capacity_since == utc_text(NOW)
    second = look_again(first, asleep, NOW + MINUTE)
    waking = look_again(second, Seen(standing(0, 1), 2, 4, 0), NOW + 2 * MINUTE)
    assert waking.without_capacity_since == utc_text(NOW)
    for over in (Seen(standing(1), 2, 4, 0), Seen(standing(0), 2, 0, 0)):
        assert look_again(waking, over, NOW + 3 * MINUTE).without_capacity_since == ""


def test_a_broken_endpoint_has_no_instances() -> None:
    look = look_again(None, Seen(standing(2, status="Failed"), 2, 1, 0), NOW)
    assert (look.instances, look.without_capacity_since) == (0, utc_text(NOW))


def test_a_second_look_at_the_same_time_changes_nothing() -> None:
    first = look_again(None, Seen(standing(1), 1, 200, 0), NOW)
    assert look_again(first, Seen(standing(1), 1, 9, 50), NOW) == first


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 500), st.integers(0, 500)), max_size=9))
def test_rates_are_never_below_nothing(seen: list[tuple[int, int, int]]) -> None:
    look, now = None, NOW
    for instances, backlog, finished in seen:
        look = look_again(look, Seen(standing(instances), 4, backlog, finished), now)
        now += MINUTE
        for rate in (look.busy, look.full):
            assert 0 <= rate.weight <= 1
            assert (rate.known(0.1) or 0) >= 0


@dataclass
class Simulated:
    """An endpoint of instances that finish so many a minute each, and the looks at it."""

    per_minute: int
    instances: int = 1
    most: int = 4
    backlog: int = 0
    finished: int = 0
    now: datetime = NOW
    look: Look | None = None
    verdicts: list[str] = field(default_factory=list)

    def minute(self, arrivals: int) -> str:
        """A minute with arrivals; what is said to one more request at its end."""
        done = min(self.backlog + arrivals, self.per_minute * self.instances)
        self.backlog += arrivals - done
        self.finished += done
        self.now += MINUTE
        found = Seen(standing(self.instances), self.most, self.backlog, self.finished)
        self.look = look_again(self.look, found, self.now)
        self.verdicts.append(decide(self.look, self.now, 3600).verdict)
        return self.verdicts[-1]


def test_an_endpoint_with_little_to_do_is_not_taken_for_a_slow_one() -> None:
    endpoint = Simulated(per_minute=60, backlog=1)
    for _ in range(60):
        # One waits at each look, and one is finished a minute.
        endpoint.backlog = max(endpoint.backlog, 1)
        endpoint.minute(1)
    assert endpoint.minute(10_000) != "refuse"
    # Four instances do 14,400 in an hour.
    assert {endpoint.minute(60) for _ in range(10)} == {"queued"}
    assert endpoint.look
    assert endpoint.look.able == pytest.approx(1)


def test_one_that_cannot_come_to_it_even_with_all_instances_refuses() -> None:
    endpoint = Simulated(per_minute=60)
    said = [endpoint.minute(0), *(endpoint.minute(2000) for _ in range(20))]
    # 14,400 wait after eight minutes.
    assert said[:8] == ["go", "go", *["queued"] * 6]
    assert said[8:] == ["refuse"] * 13


def test_one_that_was_relieved_takes_requests_again() -> None:
    endpoint = Simulated(per_minute=60, backlog=20_000)
    for _ in range(7):
        endpoint.minute(60)
    assert endpoint.verdicts[-1] == "refuse"
    endpoint.backlog = 10_000
    assert endpoint.minute(60) == "queued"


def test_one_that_finishes_nothing_is_behind_and_then_hopeless() -> None:
    endpoint = Simulated(per_minute=60, most=1, backlog=200)
    for _ in range(7):
        endpoint.minute(60)
    endpoint.per_minute = 0
    assert endpoint.minute(0) == "queued"
    for _ in range(20):
        endpoint.minute(0)
    assert endpoint.verdicts[-1] == "refuse"
