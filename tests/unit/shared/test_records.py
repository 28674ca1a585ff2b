"""Records: claimed by one execution, closed once, never overwritten by another."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from shared.dynamodb import Item, Table
from shared.records import Records, open_shard

NOW, SOON = "2026-11-20T11:00:00.000Z", "2026-11-20T11:05:00.000Z"
MINE, THEIRS = "arn:mine", "arn:theirs"
CLAIM: Item = {
    "request_id": "direct/fox-1",
    "run": 1,
    "execution_arn": MINE,
    "status": "RUNNING",
    "stage": "AcceptRequest",
    "updated_at": "2026-11-20T10:00:00.000Z",
    "open_shard": "3",
    "requester": "direct",
}
FIRST: Item = {name: v for name, v in CLAIM.items() if name not in {"status", "stage"}}
ENDING: dict[str, Any] = {
    "status": "FAILED",
    "stage": "CloseExecution",
    "updated_at": NOW,
    "reasons": [{"rule": "TIMED_OUT"}],
}


@pytest.fixture
def results(table: Callable[[str], Table]) -> Table:
    return table("request_id")


@pytest.fixture
def records(results: Table) -> Records:
    return Records(results)


def stored(results: Table) -> Item | None:
    """A write that nothing may come of tells what is there."""
    none = {"request_id": "direct/fox-1"}
    _, item = results.update(none, "SET nothing = :n", {}, {"n": 0}, "attribute_exists(nothing)")
    return item or None


def test_a_claim_is_written_once(records: Records, results: Table) -> None:
    assert records.claim(CLAIM) is None
    assert stored(results) == CLAIM


def test_a_retry_enters_its_own_claim_again(records: Records) -> None:
    records.claim(CLAIM)
    assert records.claim(CLAIM) is None


def test_another_execution_is_shown_whose_it_is(records: Records, results: Table) -> None:
    records.claim(CLAIM)
    assert records.claim(CLAIM | {"execution_arn": THEIRS}) == CLAIM
    assert stored(results) == CLAIM


def test_a_closed_record_cannot_be_claimed_again_even_by_its_own(records: Records) -> None:
    records.claim(CLAIM)
    records.close("direct/fox-1", MINE, ENDING, FIRST)
    other = records.claim(CLAIM)
    assert other
    assert other["status"] == "FAILED"


@pytest.mark.parametrize("status", ["RUNNING", "IN_REVIEW"])
def test_an_open_record_is_closed(status: str, records: Records, results: Table) -> None:
    records.claim(CLAIM | {"status": status})

    closed, record = records.close("direct/fox-1", MINE, ENDING, FIRST)

    assert closed
    told = {"reasons": '[{"rule": "TIMED_OUT"}]', "deadline": SOON}
    assert record == stored(results) == CLAIM | ENDING | told


@pytest.mark.parametrize("status", ["FAILED", "COMPLETED"])
def test_a_closed_record_stays_as_it_was_closed(
    status: str, records: Records, results: Table
) -> None:
    records.claim(CLAIM)
    _, before = records.close("direct/fox-1", MINE, ENDING | {"reasons": []}, FIRST)

    closed, record = records.close("direct/fox-1", MINE, ENDING | {"status": status}, FIRST)

    assert not closed
    assert record == before == stored(results)


def test_another_executions_record_is_never_closed(records: Records, results: Table) -> None:
    records.claim(CLAIM | {"execution_arn": THEIRS})

    closed, record = records.close("direct/fox-1", MINE, ENDING, FIRST)

    assert not closed
    assert record["execution_arn"] == THEIRS
    assert stored(results) == CLAIM | {"execution_arn": THEIRS}


def test_a_record_that_was_never_claimed_is_made_whole(records: Records, results: Table) -> None:
    closed, record = records.close("direct/fox-1", MINE, ENDING, FIRST)

    assert closed
    assert record == stored(results)
    assert record.keys() == {*FIRST, *ENDING, "deadline"}
    assert record["updated_at"] == NOW
    assert record["open_shard"] == open_shard("direct/fox-1")


def test_nothing_is_made_of_an_ending_alone(records: Records, results: Table) -> None:
    closed, record = records.close("direct/fox-1", MINE, ENDING, {})

    assert not closed
    assert record == {}
    assert stored(results) is None


def test_a_record_is_unfinished_until_it_is_announced(records: Records, results: Table) -> None:
    records.claim(CLAIM)
    _, record = records.close("direct/fox-1", MINE, ENDING, FIRST)

    records.mark_announced(record, NOW)

    told = stored(results)
    assert told
    assert "open_shard" not in told
    assert told["announced_at"] == NOW


@pytest.mark.parametrize("other", [{"run": 2}, {"status": "COMPLETED"}])
def test_only_the_outcome_that_was_told_is_marked(
    other: Item, records: Records, results: Table
) -> None:
    records.claim(CLAIM)
    _, record = records.close("direct/fox-1", MINE, ENDING, FIRST)

    records.mark_announced(record | other, NOW)

    assert stored(results) == record


NEXT = CLAIM | {"execution_arn": THEIRS, "run": 2}


def test_an_ended_and_announced_run_is_followed_once(records: Records, results: Table) -> None:
    records.claim(CLAIM)
    _, ended = records.close("direct/fox-1", MINE, ENDING, FIRST)
    assert not records.claim_again(NEXT, ended), "not announced yet"
    records.mark_announced(ended, NOW)

    assert records.claim_again(NEXT, ended)
    assert stored(results) == NEXT
    assert records.claim_again(NEXT, NEXT), "a retry of the same execution"
    assert not records.claim_again(NEXT | {"execution_arn": "arn:third"}, ended)
    assert stored(results) == NEXT


def enter_review(records: Records, execution_arn: str = MINE) -> bool:
    return records.enter_review("direct/fox-1", execution_arn, "ReviewRequest", NOW, SOON)


def test_a_request_waits_for_a_person_as_often_as_its_execution_says(
    records: Records, results: Table
) -> None:
    records.claim(CLAIM)
    waiting = {"status": "IN_REVIEW", "stage": "ReviewRequest", "updated_at": NOW, "deadline": SOON}
    for _ in range(2):
        assert enter_review(records)
        assert stored(results) == CLAIM | waiting
    assert records.close("direct/fox-1", MINE, ENDING, {})[0]


def test_nothing_that_is_closed_or_anothers_waits_for_a_person(
    records: Records, results: Table
) -> None:
    assert not enter_review(records)
    records.claim(CLAIM)
    assert not enter_review(records, THEIRS)
    _, closed = records.close("direct/fox-1", MINE, ENDING, {})

    assert not enter_review(records)

    assert stored(results) == closed


CLOSERS = {
    "mine": (MINE, ENDING),
    "mine again": (MINE, ENDING | {"status": "COMPLETED"}),
    "theirs": (THEIRS, ENDING | {"status": "EXPIRED"}),
}


@pytest.mark.parametrize("order", list(itertools.permutations(CLOSERS)), ids=", ".join)
def test_whatever_the_order_exactly_one_closes(order: tuple[str, ...], records: Records) -> None:
    records.claim(CLAIM)
    answers = {name: records.close("direct/fox-1", *CLOSERS[name], FIRST)[0] for name in order}
    assert sum(answers.values()) == 1
    assert not answers["theirs"]
