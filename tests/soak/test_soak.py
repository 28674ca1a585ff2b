"""A small load with chaos: whatever breaks, the account of it is clean."""

import pytest

from bench.soak.ring import Settings, Tell, run

pytestmark = pytest.mark.engine


def test_nothing_is_lost_doubled_unmoderated_or_stuck() -> None:
    small = Settings(
        requests=20, concurrency=10, faults=0.05, seed=7, time_scale=45.0, processes=18
    )

    ring = run(small, Tell())

    assert ring.account.clean, ring.account.found
    assert ring.refused == {}
    assert sum(ring.injected.values()) > 20
    assert sum(ring.account.outcomes.values()) >= 18
