"""Quotas: counted by one conditional write each, so that none is given twice."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.api import Problem
from shared.dynamodb import Table
from shared.quotas import Quotas

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def counters(table: Callable[[str], Table]) -> Table:
    return table("counter")


@pytest.fixture
def quotas(counters: Table) -> Quotas:
    return Quotas(counters)


def test_no_more_are_taken_than_there_are(quotas: Quotas, counters: Table) -> None:
    assert [quotas.take("c", 2, 1795400000) for _ in range(4)] == [True, True, False, False]
    assert counters.get({"counter": "c"}) == {"counter": "c", "used": 2, "expires_at": 1795400000}


def test_none_are_none(quotas: Quotas) -> None:
    assert not quotas.take("c", 0, 1795400000)


def test_what_is_given_back_can_be_taken_again(quotas: Quotas, counters: Table) -> None:
    quotas.take("c", 1, 1795400000)
    quotas.give_back("c")
    quotas.give_back("c")
    assert (counters.get({"counter": "c"}) or {})["used"] == 0
    assert quotas.take("c", 1, 1795400000)
    assert not quotas.take("c", 1, 1795400000)


def test_what_was_never_taken_is_not_given_back(quotas: Quotas, counters: Table) -> None:
    quotas.give_back("c")
    quotas.give_back("")
    assert counters.get({"counter": "c"}) is None


def test_a_day_has_its_own_counter_until_midnight_utc(quotas: Quotas) -> None:
    late = datetime(2026, 11, 21, 23, 59, 59, 500_000, tzinfo=UTC)
    quotas.spend("checks", "key:a", 1, NOON)
    with pytest.raises(Problem) as refused:
        quotas.spend("checks", "key:a", 1, late)
    quotas.spend("checks", "key:a", 1, datetime(2026, 11, 22, tzinfo=UTC))

    assert (refused.value.status, refused.value.code) == (429, "quota_exceeded")
    assert refused.value.headers == {"Retry-After": "1"}


def test_each_kind_and_requester_has_its_own(quotas: Quotas, counters: Table) -> None:
    spent = {
        quotas.spend(kind, who, 1, NOON) for kind in ("checks", "requests") for who in ("a", "b")
    }
    assert len(spent) == 4
    # A day after the day is over.
    kept = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())
    assert {(counters.get({"counter": one}) or {})["expires_at"] for one in spent} == {kept}


def test_no_quota_is_no_counter(quotas: Quotas) -> None:
    assert quotas.spend("checks", "key:a", 0, NOON) == ""
