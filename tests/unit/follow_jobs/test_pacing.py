"""The pace of a batch: its bounds, and what it does to simulated endpoints."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from follow_jobs.pacing import SHARE_OF_TTL, Look, pace
from follow_jobs.progress import Seen
from shared.records import utc_text

MOST = 1000
BEGIN = "2026-11-21T06:00:00.000Z"
LOOKS = st.builds(
    Look,
    concurrency=st.integers(0, 2 * MOST),
    under_way=st.integers(0, 2 * MOST),
    backlog=st.integers(0, 5000),
    finished=st.integers(0, 5000),
    rate=st.floats(0, 1000),
)
BEARABLE = st.floats(15, 5400)


@given(LOOKS, BEARABLE, st.integers(1, MOST))
def test_the_pace_is_within_its_bounds(look: Look, bearable: float, most: int) -> None:
    # 0 would mean to Step Functions that nothing is bounded.
    assert 1 <= pace(look, bearable, most).concurrency <= most


@given(LOOKS, BEARABLE, st.integers(1, MOST))
def test_it_changes_by_a_factor_of_two_at_most(look: Look, bearable: float, most: int) -> None:
    before = min(max(look.concurrency, 1), most)
    assert before // 2 <= pace(look, bearable, most).concurrency <= before * 2


@given(LOOKS, BEARABLE, st.integers(1, MOST))
def test_it_is_not_raised_when_nothing_finished_and_something_waits(
    look: Look, bearable: float, most: int
) -> None:
    stuck = Look(look.concurrency, look.under_way, look.backlog + 1, 0, look.rate)
    after = pace(stuck, bearable, most)
    assert after.concurrency == min(max(look.concurrency, 1), most)
    assert after.reason == "nothing finished"


@given(LOOKS, BEARABLE, st.integers(1, MOST), st.floats(1, 10))
def test_a_faster_endpoint_never_gets_less(
    look: Look, bearable: float, most: int, times: float
) -> None:
    faster = Look(look.concurrency, look.under_way, look.backlog, look.finished, look.rate * times)
    assert pace(faster, bearable, most).concurrency >= pace(look, bearable, most).concurrency


@pytest.mark.parametrize(
    ("look", "concurrency", "reason"),
    [
        (Look(10, 10, 10, 20, 1.0), 20, "the endpoint keeps up"),
        (Look(10, 10, 10, 20, 13 / 900), 13, "the endpoint keeps up"),
        (Look(10, 10, 10, 20, 8 / 900), 8, "the endpoint falls behind"),
        (Look(10, 10, 10, 20, 1 / 900), 5, "the endpoint falls behind"),
        (Look(10, 10, 50, 20, 13 / 900), 10, "others fill the endpoint"),
        (Look(10, 10, 0, 0, 0.0), 20, "nothing waits"),
        (Look(1, 1, 1, 1, 0.0), 1, "the endpoint falls behind"),
        (Look(10, 10, 10, 0, 1.0), 10, "nothing finished"),
        # Nearly all rows are blocked by their words: the endpoint is idle.
        (Look(10, 10, 1, 1, 2 / 900), 11, "the endpoint keeps up"),
        # A bound that was lowered, and a Map Run without one.
        (Look(500, 500, 500, 9, 9.0), 100, "the endpoint keeps up"),
        (Look(0, 500, 500, 9, 0.2), 1, "the endpoint falls behind"),
    ],
)
def test_the_pace_follows_the_rate(look: Look, concurrency: int, reason: str) -> None:
    after = pace(look, 900, 100)
    assert (after.concurrency, after.reason) == (concurrency, reason)


@dataclass
class Batch:
    """Rows without end, of which the endpoint sees every `asks`th: the others' words are blocked,
    which takes two seconds."""

    asks: int = 1
    concurrency: int = 10
    started: int = 0
    done: int = 0
    pictures: int = 0
    blocked_at: deque[int] = field(default_factory=deque)
    seen: Seen = field(default_factory=lambda: Seen(BEGIN, BEGIN))

    def rows(self, second: int) -> int:
        """Starts what may start; how many of those ask for a picture."""
        while self.blocked_at and self.blocked_at[0] <= second:
            self.blocked_at.popleft()
            self.done += 1
        asking = 0
        while self.started - self.done < self.concurrency:
            self.started += 1
            if self.started % self.asks:
                self.blocked_at.append(second + 2)
            else:
                asking += 1
        return asking

    def look(self, second: int, owed: int, ttl: int, most: int) -> None:
        """What FollowJobs does once a minute."""
        before, at = self.seen, datetime.fromisoformat(BEGIN) + timedelta(seconds=second)
        self.seen = before.then(utc_text(at), self.done, self.pictures)
        finished, rate = self.pictures - before.pictures, self.seen.pictures_per_second
        look = Look(self.concurrency, self.started - self.done, owed, finished, rate)
        self.concurrency = pace(look, ttl / SHARE_OF_TTL, most).concurrency


@dataclass
class Endpoint:
    """One queue; `servers(second)` take `seconds` for a picture each. Time goes by the second."""

    seconds: int
    servers: Callable[[int], int]
    ttl: int = 3600
    others_per_second: float = 0
    most: int = 1000
    batches: list[Batch] = field(default_factory=lambda: [Batch()])
    queue: deque[tuple[int, Batch | None]] = field(default_factory=deque)
    busy: deque[tuple[int, Batch | None]] = field(default_factory=deque)
    expired: int = 0
    longest_wait: int = 0

    def run(self, minutes: int, warm: int) -> float:
        """The share of its servers' time in which they worked, after so many minutes of warming."""
        worked = available = 0
        for second in range(minutes * 60):
            self._arrive(second)
            self._serve(second)
            if second >= warm * 60:
                worked += min(len(self.busy), self.servers(second))
                available += self.servers(second)
            if second % 60 == 59:
                for batch in self.batches:
                    owed = len(self.queue) + len(self.busy)
                    batch.look(second + 1, owed, self.ttl, self.most)
        return worked / available

    def _arrive(self, second: int) -> None:
        for batch in self.batches:
            self.queue.extend([(second, batch)] * batch.rows(second))
        others = int((second + 1) * self.others_per_second) - int(second * self.others_per_second)
        self.queue.extend([(second, None)] * others)

    def _serve(self, second: int) -> None:
        while self.busy and self.busy[0][0] <= second:
            self._give_back(self.busy.popleft()[1], 1)
        while self.queue and len(self.busy) < self.servers(second):
            asked, batch = self.queue.popleft()
            self.longest_wait = max(self.longest_wait, second - asked)
            if second - asked > self.ttl:
                self.expired += 1
                self._give_back(batch, 0)
            else:
                self.busy.append((second + self.seconds, batch))

    @staticmethod
    def _give_back(batch: Batch | None, pictures: int) -> None:
        if batch:
            batch.done += 1
            batch.pictures += pictures


def test_a_batch_alone_fills_the_endpoint_as_far_as_is_bearable() -> None:
    endpoint = Endpoint(10, lambda _: 4)
    assert endpoint.run(minutes=120, warm=10) > 0.99
    assert endpoint.expired == 0
    assert endpoint.longest_wait <= 900
    # Four pictures every ten seconds, for 900 seconds.
    assert endpoint.batches[0].concurrency == pytest.approx(360, rel=0.05)


STEADY = {
    "one server": Endpoint(10, lambda _: 1),
    "slow": Endpoint(120, lambda _: 2),
    "large": Endpoint(5, lambda _: 100),
    "impatient": Endpoint(2, lambda _: 2, ttl=60),
    "a bound": Endpoint(10, lambda _: 8, most=20),
    "others take half": Endpoint(10, lambda _: 8, others_per_second=0.4),
    "others take nearly all": Endpoint(10, lambda _: 8, others_per_second=0.72),
    "six batches and others": Endpoint(
        10, lambda _: 8, others_per_second=0.2, batches=[Batch() for _ in range(6)]
    ),
    "most rows are blocked": Endpoint(10, lambda _: 2, batches=[Batch(asks=50)]),
}


@pytest.mark.parametrize("name", STEADY)
def test_the_endpoint_is_busy_and_nothing_expires(name: str) -> None:
    endpoint = STEADY[name]
    assert endpoint.run(minutes=90, warm=30) >= 0.9
    assert endpoint.expired == 0
    assert endpoint.longest_wait <= endpoint.ttl / 2


CHANGING: dict[str, Callable[[int], int]] = {
    "loses two thirds": lambda second: 9 if second < 3600 else 3,
    "grows": lambda second: 1 if second < 3600 else 12,
    "wakes late": lambda second: 4 if second > 720 else 0,
    "sleeps for a while": lambda second: 0 if 3600 < second < 4500 else 4,
    "comes and goes": lambda second: 2 + second // 600 % 4,
}


@pytest.mark.parametrize("name", CHANGING)
def test_nothing_expires_when_the_endpoint_changes(name: str) -> None:
    endpoint = Endpoint(10, CHANGING[name], batches=[Batch(), Batch()])
    assert endpoint.run(minutes=150, warm=30) >= 0.9
    assert endpoint.expired == 0


def test_an_endpoint_that_does_not_wake_is_given_no_more() -> None:
    endpoint = Endpoint(10, lambda second: int(second >= 3590))
    endpoint.run(minutes=60, warm=59)
    assert endpoint.batches[0].started == 10


def test_rows_that_need_no_pictures_are_not_held_up() -> None:
    endpoint = Endpoint(10, lambda _: 1, batches=[Batch(asks=10**9)])
    endpoint.run(minutes=10, warm=0)
    assert endpoint.batches[0].concurrency == 1000
