"""Inference rows: one writer's news is never lost on the other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dynamodb import Item, Table
from shared.inferences import OUTPUTS, Inferences, inference_id, location, result_of

FIRST: Item = {"request_id": "r", "n": 1, "plan": '{"seed": 7}', "created_at": "then"}
OUTPUT = {"bucket": "work", "key": "inference/output/i.out"}
PLACES = ("s3://work/inference/output/i.out", "s3://work/inference/failure/i.out")
DEADLINE = "2026-11-20T11:00:00.000Z"


@pytest.fixture
def inferences(table: Callable[[str], Table]) -> Inferences:
    return Inferences(table("inference_id"))


def test_a_row_is_made_when_it_is_bound(inferences: Inferences) -> None:
    made = {"inference_id": "1f", "status": "PENDING", "task_token": "A", "task_tried_at": 0}
    assert inferences.bind("1f", "A", 0, FIRST) == FIRST | made


def test_a_retry_replaces_the_token_and_nothing_else(inferences: Inferences) -> None:
    before = inferences.bind("1f", "A", 0, FIRST)
    inferences.mark_invoked("1f", *PLACES, DEADLINE)

    after = inferences.bind("1f", "B", 1, FIRST | {"plan": '{"seed": 8}', "created_at": "now"})

    assert after == before | {
        "status": "INVOKED",
        "task_token": "B",
        "task_tried_at": 1,
        "output_location": PLACES[0],
        "failure_location": PLACES[1],
        "deadline": DEADLINE,
        "open_shard": "7",
    }


def test_a_try_that_was_given_up_does_not_take_the_token_back(inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    newest = inferences.bind("1f", "B", 1, FIRST)

    assert inferences.bind("1f", "A", 0, FIRST) == newest


def test_a_row_of_an_earlier_version_is_bound_again(table: Callable[[str], Table]) -> None:
    rows = table("inference_id")
    earlier = FIRST | {"inference_id": "1f", "status": "INVOKED", "task_token": "A"}
    rows.put_if(earlier, "attribute_not_exists(inference_id)", {}, {})

    assert Inferences(rows).bind("1f", "B", 1, FIRST)["task_token"] == "B"


def test_bind_then_complete(inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)

    stored, row = inferences.complete("1f", OUTPUT)

    assert stored
    assert (row["status"], row["task_token"]) == ("COMPLETED", "A")
    assert result_of(row) == {"inference_id": "1f", "seed": 7, "output": OUTPUT}


def test_complete_then_bind(inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    inferences.complete("1f", OUTPUT)

    row = inferences.bind("1f", "B", 1, FIRST)

    assert (row["status"], row["task_token"]) == ("COMPLETED", "B")
    assert result_of(row)["output"] == OUTPUT


def test_a_result_quicker_than_our_own_note_stays(inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    inferences.complete("1f", OUTPUT)
    inferences.mark_invoked("1f", *PLACES, DEADLINE)
    assert inferences.bind("1f", "A", 0, FIRST)["status"] == "COMPLETED"


def test_an_output_elsewhere_than_the_endpoint_said_is_nobodys(inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    inferences.mark_invoked("1f", *PLACES, DEADLINE)

    stored, row = inferences.complete("1f", OUTPUT | {"key": "inference/output/another.out"})

    assert not stored
    assert row["status"] == "INVOKED"
    assert inferences.complete("1f", OUTPUT)[0]


def test_where_the_endpoint_did_not_say_any_output_of_its_own_will_do(
    inferences: Inferences,
) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    inferences.mark_invoked("1f", "", "", DEADLINE)
    assert inferences.complete("1f", OUTPUT)[0]


def test_a_finished_inference_is_owed_no_more(inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    inferences.mark_invoked("1f", *PLACES, DEADLINE)
    _, row = inferences.complete("1f", OUTPUT)
    assert "open_shard" not in row


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("s3://work/inference/output/a?b#c.out", "inference/output/a?b#c.out"),
        ("s3://work/inference/input/i.json", None),
        ("s3:///inference/output/i.out", None),
        ("https://work/inference/output/i.out", None),
        ("s3://[/x", None),
        ("", None),
    ],
)
def test_only_the_endpoints_own_folder_is_a_place(uri: str, place: str | None) -> None:
    assert location(uri, OUTPUTS) == ({"bucket": "work", "key": place} if place else None)


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED"])
def test_a_failed_row_keeps_the_token_that_was_told(status: str, inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    inferences.fail("1f", status, "out of memory")

    row = inferences.bind("1f", "B", 1, FIRST)

    assert (row["status"], row["task_token"]) == (status, "A")
    assert row["failure_reason"] == "out of memory"


def finish(inferences: Inferences, how: str) -> tuple[bool, Item]:
    if how == "COMPLETED":
        return inferences.complete("1f", OUTPUT)
    return inferences.fail("1f", how, "so")


@pytest.mark.parametrize("first", ["COMPLETED", "FAILED", "EXPIRED"])
@pytest.mark.parametrize("second", ["COMPLETED", "FAILED", "EXPIRED"])
def test_the_first_end_stays(first: str, second: str, inferences: Inferences) -> None:
    inferences.bind("1f", "A", 0, FIRST)
    _, before = finish(inferences, first)

    stored, row = finish(inferences, second)

    assert not stored
    assert row == before


@pytest.mark.parametrize("how", ["COMPLETED", "FAILED"])
def test_an_inference_of_nobody_makes_no_row(how: str, inferences: Inferences) -> None:
    assert finish(inferences, how) == (False, {})
    assert inferences.complete("1f", OUTPUT) == (False, {})


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
        "inference_id": "1f",
        "plan": json.dumps(plan),
        "output": json.dumps(OUTPUT),
        "task_token": "A",
    }
    assert result_of(row) == {"inference_id": "1f", **plan, "output": OUTPUT}
