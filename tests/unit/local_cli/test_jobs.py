"""Following a job, and how fast it goes."""

from __future__ import annotations

from typing import Any

import pytest
from unit.local_cli.jobs_account import Account, job

from local.executions import StillRunning
from local.job_text import event_text, progress_text, time_text
from local.jobs import NotClaimed, Pace, counts, follow, items_of_map_run

JOB = "batch-1"
ARN = "arn:execution:1"


class Clock:
    """Shows what it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def followed(account: Account, **more: Any) -> tuple[Any, list[Any]]:
    seen: list[Any] = []
    ended = follow(account.stack, JOB, ARN, every=0, progress=seen.append, **more)
    return ended, [look["status"] for look in seen]


def test_a_job_is_followed_from_its_claim_to_its_end() -> None:
    account = Account()
    account.ended = {"status": "RUNNING"}
    account.looks = [None, job(JOB), job(JOB), job(JOB, "COMPLETED")]
    ended, seen = followed(account)
    assert ended["status"] == "COMPLETED"
    assert seen == ["RUNNING", "RUNNING", "COMPLETED"]


def test_an_earlier_run_is_not_taken_for_the_one_that_begins() -> None:
    account = Account()
    account.ended = {"status": "RUNNING"}
    earlier = job(JOB, "FAILED", execution_arn="arn:execution:0")
    account.looks = [earlier, earlier, job(JOB, run=2), job(JOB, "COMPLETED", run=2)]
    ended, seen = followed(account)
    assert (ended["run"], seen) == (2, ["RUNNING", "COMPLETED"])


def test_a_duplicate_follows_the_job_that_was_there_first() -> None:
    account = Account()
    first = {"execution_arn": "arn:execution:0"}
    account.looks = [job(JOB, **first), job(JOB, **first), job(JOB, "COMPLETED", **first)]
    ended, _ = followed(account)
    assert ended["execution_arn"] == "arn:execution:0"


def test_an_execution_that_ended_before_its_claim_says_how() -> None:
    account = Account()
    account.ended = {"status": "FAILED", "error": "Throttled", "cause": "too many"}
    account.looks = [None]
    with pytest.raises(NotClaimed, match="FAILED before it was recorded: Throttled: too many"):
        followed(account)


def test_patience_ends() -> None:
    account = Account()
    account.looks = [job(JOB)]
    with pytest.raises(StillRunning):
        followed(account, seconds=0)


def test_the_pace_is_that_of_the_last_minute() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.per_minute == 0
    assert pace.seconds_for(1) is None
    for second in range(0, 181, 10):
        clock.now = second
        pace.look(second if second < 120 else 120 + 3 * (second - 120))
    assert pace.per_minute == pytest.approx(180)
    assert pace.seconds_for(90) == pytest.approx(30)


def test_the_reports_counts_go_before_the_counters() -> None:
    running = job(JOB, n_COMPLETED=2, n_FAILED=1)
    assert counts(running) == {"COMPLETED": 2, "FAILED": 1}
    assert counts(running | {"report": {"counts": {"COMPLETED": 3}}}) == {"COMPLETED": 3}


def test_progress_says_how_far_how_fast_and_how_long_yet() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.look(0)
    clock.now = 30.0
    pace.look(100)
    running = job(JOB, total=400, n_COMPLETED=90, n_BLOCKED_PROMPT=10, concurrency=7)
    assert progress_text(running, pace, 100) == (
        "100 of 400 rows (25 %), BLOCKED_PROMPT 10, COMPLETED 90, 7 at a time, 200 a minute, "
        "about 1 min 30 s left"
    )
    reading = job(JOB, stage="PrepareBatch", total=0)
    assert (
        progress_text(reading, pace, 0)
        == "PrepareBatch: reading s3://prompts/batches/prompts.jsonl"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.4, "4 s"), (61, "1 min 1 s"), (3 * 3600 + 120, "3 h 2 min"), (200_000, "2 d 7 h")],
)
def test_a_time_has_two_units(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_a_map_run_that_is_no_longer_known_has_no_counts() -> None:
    assert items_of_map_run(Account().stack, ARN) == {}


def test_an_event_says_how_far_or_how_it_ended() -> None:
    assert event_text({"status": "RUNNING", "done": 1200, "total": 4000}) == "1,200 of 4,000"
    report = {"counts": {"clean": 14, "flagged": 3, "not_judged": 0}}
    assert event_text({"status": "COMPLETED", "report": report}) == "clean 14, flagged 3"
    assert event_text({"status": "INVALID", "report": None}) == ""
