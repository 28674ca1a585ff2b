"""Jobs: claimed by one execution, closed once, run again only by who was shown what ended."""

from collections.abc import Callable

import pytest

from shared.dynamodb import Item, Table
from shared.jobs import Jobs

NOW = "2026-11-20T11:00:00.000Z"
JOB: Item = {
    "job_id": "batch-1",
    "kind": "batch",
    "run": 1,
    "stage": "PrepareBatch",
    "execution_arn": "arn:mine",
    "created_at": "2026-11-20T10:00:00.000Z",
    "updated_at": "2026-11-20T10:00:00.000Z",
}
RUNNING: Item = {**JOB, "status": "RUNNING", "open_jobs": "1"}
FAILED = {"status": "FAILED", "stage": "RunRows", "updated_at": NOW, "reasons": [{"rule": "x"}]}


@pytest.fixture
def jobs(table: Callable[[str], Table]) -> Jobs:
    return Jobs(table("job_id"))


def test_a_claim_is_written_once_and_entered_again(jobs: Jobs) -> None:
    assert jobs.claim(JOB) == (True, RUNNING)
    jobs.note("batch-1", "arn:mine", {"total": 7})
    assert jobs.claim(JOB) == (True, {**RUNNING, "total": 7})
    assert jobs.get("batch-1") == {**RUNNING, "total": 7}


def test_another_execution_is_shown_whose_it_is(jobs: Jobs) -> None:
    jobs.claim(JOB)
    assert jobs.claim({**JOB, "execution_arn": "arn:other"}) == (False, RUNNING)
    assert jobs.get("batch-1") == RUNNING


def test_only_who_claimed_it_notes_and_closes(jobs: Jobs) -> None:
    jobs.claim(JOB)
    assert not jobs.note("batch-1", "arn:other", {"total": 7})
    assert jobs.close("batch-1", "arn:other", FAILED) == (False, RUNNING)
    assert jobs.note("batch-1", "arn:mine", {"total": 7})
    ours, closed = jobs.close("batch-1", "arn:mine", FAILED)
    assert ours
    assert closed == {**RUNNING, **FAILED, "total": 7, "reasons": '[{"rule": "x"}]'}
    assert jobs.close("batch-1", "arn:mine", FAILED) == (False, closed)
    assert jobs.claim(JOB) == (False, closed)
    assert not jobs.note("batch-1", "arn:mine", {"total": 8})


def test_nobody_notes_what_is_not_there(jobs: Jobs) -> None:
    assert not jobs.note("batch-1", "arn:mine", {"total": 7})
    assert jobs.close("batch-1", "arn:mine", FAILED) == (False, {})
    assert jobs.get("batch-1") is None


def test_the_next_run_replaces_the_one_that_ended_only_once(jobs: Jobs) -> None:
    jobs.claim(JOB)
    _, ended = jobs.close("batch-1", "arn:mine", FAILED)
    second = {**JOB, "execution_arn": "arn:second"}
    running = {**RUNNING, "run": 2, "execution_arn": "arn:second"}
    assert jobs.claim_again(second, ended) == (True, running)
    assert jobs.get("batch-1") == running
    assert jobs.claim_again(second, ended) == (True, running)
    assert jobs.claim_again({**JOB, "execution_arn": "arn:third"}, ended) == (False, running)


def test_a_job_is_open_until_its_end_is_announced(jobs: Jobs) -> None:
    jobs.claim(JOB)
    _, closed = jobs.close("batch-1", "arn:mine", FAILED)
    assert closed["open_jobs"] == "1"
    jobs.mark_announced(closed, NOW)
    announced = jobs.get("batch-1")
    assert announced is not None
    assert announced["announced_at"] == NOW
    assert "open_jobs" not in announced


def test_a_later_run_is_not_marked_by_an_earlier(jobs: Jobs) -> None:
    jobs.claim(JOB)
    _, closed = jobs.close("batch-1", "arn:mine", FAILED)
    jobs.claim_again({**JOB, "execution_arn": "arn:second"}, closed)
    jobs.mark_announced(closed, NOW)
    assert (jobs.get("batch-1") or {})["open_jobs"] == "1"
