"""Inference rows: one writer's news is never lost on the other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dynamodb import Item, Table
from shared.inferences import Inferences, inference_id, result_of

FIRST: Item = {"request_id": "r", "n": 1, "plan": '{"seed": 7}', "created_at": "then"}
OUTPUT = {"bucket": "work", "key": "out/i.out"}


@pytest.fixture
def inferences(table: Callable[[str], Table]) -> Inferences:
    return Inferences(table("inference_id"))


def test_a_row_is_made_when_it_is_bound(inferences: Inferences) -> None:
    expected = FIRST | {"inference_id": "i", "status": "PENDING", "task_token": "A"}
    assert inferences.bind("i", "A", FIRST) == expected


def test_a_retry_replaces_the_token_and_nothing_else(inferences: Inferences) -> None:
    before = inferences.bind("i", "A", FIRST)
    inferences.mark_invoked("i", "s3://out", "s3://failure")

    after = inferences.bind("i", "B", FIRST | {"plan": '{"seed": 8}', "created_at": "now"})

    assert after == before | {
        "status": "INVOKED",
        "task_token": "B",
        "output_location": "s3://out",
        "failure_location": "s3://failure",
    }


def test_bind_then_complete(inferences: Inferences) -> None:
    inferences.bind("i", "A", FIRST)

    stored, row = inferences.complete("i", OUTPUT)

    assert stored
    assert (row["status"], row["task_token"]) == ("COMPLETED", "A")
    assert result_of(row) == {"inference_id": "i", "seed": 7, "output": OUTPUT}


def test_complete_then_bind(inferences: Inferences) -> None:
    inferences.bind("i", "A", FIRST)
    inferences.complete("i", OUTPUT)

    row = inferences.bind("i", "B", FIRST)

    assert (row["status"], row["task_token"]) == ("COMPLETED", "B")
    assert result_of(row)["output"] == OUTPUT


def test_a_result_quicker_than_our_own_note_stays(inferences: Inferences) -> None:
    inferences.bind("i", "A", FIRST)
    inferences.complete("i", OUTPUT)
    inferences.mark_invoked("i", "s3://out", "s3://failure")
    assert inferences.bind("i", "A", FIRST)["status"] == "COMPLETED"


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED"])
def test_a_failed_row_keeps_the_token_that_was_told(status: str, inferences: Inferences) -> None:
    inferences.bind("i", "A", FIRST)
    inferences.fail("i", status, "out of memory")

    row = inferences.bind("i", "B", FIRST)

    assert (row["status"], row["task_token"]) == (status, "A")
    assert row["failure_reason"] == "out of memory"


def finish(inferences: Inferences, how: str) -> tuple[bool, Item]:
    if how == "COMPLETED":
        return inferences.complete("i", OUTPUT)
    return inferences.fail("i", how, "so")


@pytest.mark.parametrize("first", ["COMPLETED", "FAILED", "EXPIRED"])
@pytest.mark.parametrize("second", ["COMPLETED", "FAILED", "EXPIRED"])
def test_the_first_end_stays(first: str, second: str, inferences: Inferences) -> None:
    inferences.bind("i", "A", FIRST)
    _, before = finish(inferences, first)

    stored, row = finish(inferences, second)

    assert not stored
    assert row == before


@pytest.mark.parametrize("how", ["COMPLETED", "FAILED"])
def test_an_inference_of_nobody_makes_no_row(how: str, inferences: Inferences) -> None:
    assert finish(inferences, how) == (False, {})
    assert inferences.complete("i", OUTPUT) == (False, {})


def test_ids_are_stable_and_fit_sagemaker() -> None:
    assert inference_id("r", 1, 1, 1) == inference_id("r", 1, 1, 1)
    ids = {
        inference_id(name, run, attempt, n)
        for name in ("r", "r\n1")
        for run in (1, 11)
        for attempt in (1, 11)
        for n in (1, 2, 3)
    }
    assert len(ids) == 24
    assert {len(one) for one in ids} == {40}


@given(plan=st.dictionaries(st.sampled_from(["seed", "warnings"]), st.integers()))
def test_a_result_tells_the_plan_and_the_place(plan: dict[str, Any]) -> None:
    row: Item = {
        "inference_id": "i",
        "plan": json.dumps(plan),
        "output": json.dumps(OUTPUT),
        "task_token": "A",
    }
    assert result_of(row) == {"inference_id": "i", **plan, "output": OUTPUT}
