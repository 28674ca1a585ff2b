"""The instances of an asynchronous endpoint: none while nobody asks, some after a while."""

import pytest

from local.ai.fleet import Fleet, Scaling


def looks(fleet: Fleet, *seen: tuple[int, float]) -> list[tuple[int, int]]:
    """[(current, desired)] after looks of (open jobs, time) with two jobs per instance."""
    found = []
    for open_jobs, now in seen:
        fleet.look(open_jobs, 2, now)
        found.append((fleet.current, fleet.desired))
    return found


def test_without_a_scaling_there_is_one_instance() -> None:
    assert looks(Fleet(), (0, 0), (100, 1), (0, 9)) == [(1, 1)] * 3


def test_it_falls_asleep_and_a_backlog_wakes_it() -> None:
    fleet = Fleet()
    fleet.scale(Scaling(0, 1, wake_seconds=10, idle_seconds=5), now=0)
    assert looks(fleet, (0, 4), (0, 5), (0, 100)) == [(1, 1), (0, 0), (0, 0)]
    assert looks(fleet, (3, 101), (3, 110), (3, 111)) == [(0, 1), (0, 1), (1, 1)]


def test_idle_time_begins_with_the_last_job() -> None:
    fleet = Fleet()
    fleet.scale(Scaling(0, 1, idle_seconds=5), now=0)
    assert looks(fleet, (1, 4), (0, 8), (0, 9)) == [(1, 1), (1, 1), (0, 0)]


def test_a_backlog_asks_for_more_within_the_bounds() -> None:
    fleet = Fleet()
    fleet.scale(Scaling(1, 3, wake_seconds=10), now=0)
    assert looks(fleet, (4, 1), (9, 2), (9, 11)) == [(1, 2), (1, 3), (3, 3)]
    assert looks(fleet, (1, 12), (0, 13)) == [(3, 3), (1, 1)]


def test_other_bounds_hold_at_once_downwards() -> None:
    fleet = Fleet()
    fleet.scale(Scaling(2, 2), now=0)
    assert looks(fleet, (0, 0)) == [(2, 2)]
    fleet.scale(Scaling(0, 1, idle_seconds=9), now=1)
    assert (fleet.current, fleet.desired) == (1, 1)


@pytest.mark.parametrize("told", [(2, 1, 0, 0), (-1, 1, 0, 0), (0, 1, -1, 0), (0, 1, 0, -1)])
def test_scalings_that_cannot_be(told: tuple[int, int, float, float]) -> None:
    with pytest.raises(ValueError, match=r"minimum|negative"):
        Scaling(*told)
