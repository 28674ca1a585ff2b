"""Records: claimed by one execution, closed once, never overwritten by another."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from shared.dynamodb import Item, Table
from shared.records import Records

MINE, THEIRS = "arn:mine", "arn:theirs"
CLAIM: Item = {
    "request_id": "direct/fox-1",
    "run": 1,
    "execution_arn": MINE,
    "status": "RUNNING",
    "stage": "AcceptRequest",
    "updated_at": "then",
    "open_shard": "3",
    "requester": "direct",
}
FIRST: Item = {name: v for name, v in CLAIM.items() if name not in {"status", "stage"}}
ENDING: dict[str, Any] = {
    "status": "FAILED",
    "stage": "CloseExecution",
    "updated_at": "now",
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
    expected = {n: v for n, v in CLAIM.items() if n != "open_shard"}
    expected |= ENDING | {"reasons": '[{"rule": "TIMED_OUT"}]'}
    assert record == stored(results) == expected


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
    assert record.keys() == {*FIRST, *ENDING} - {"open_shard"}
    assert record["updated_at"] == "now"


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
