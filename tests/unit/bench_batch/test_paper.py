"""The arithmetic of very large batches, and the document that quotes it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench.batch.paper import (
    DOCUMENT,
    GPU,
    ROWS,
    Row,
    blocked,
    costs,
    limits,
    prepare_events,
    replaced,
    rows_per_second,
    under_way,
)
from local.cost.paths import ACCEPTED, KEYWORD, Path
from local.stack import ROOT

MACHINES = ROOT / "statemachine"


def test_tiers_add_up() -> None:
    spent = costs(Row(), ROWS)
    assert spent["Rekognition"] == pytest.approx(1000 + 4 * 800 + 5 * 600)
    # Three units a row.
    assert spent["Comprehend, language"] == pytest.approx(10 * 100 + 20 * 50)
    assert costs(Row(), 36_000_000)["Rekognition"] == pytest.approx(1000 + 3200 + 18_000 + 250)


def test_a_row_costs_what_its_parts_cost() -> None:
    spent = costs(Row(), 1000)
    assert spent["Step Functions"] == pytest.approx(1000 * Row().transitions * 0.025 / 1000)
    assert spent["SageMaker"] == pytest.approx(1000 * 4 * 1.515 / 3600)
    assert costs(replace(Row(), language_units=0), 1)["Comprehend, language"] == 0


def test_the_tightest_bound_decides() -> None:
    row = Row()
    assert rows_per_second(row, 1) == (0.25, GPU)
    assert rows_per_second(row, 1000) == (25.0, "Comprehend DetectToxicContent")
    raised = ["Comprehend DetectToxicContent"]
    assert rows_per_second(row, 1000, raised)[1].startswith("Rekognition")


def test_the_rows_under_way_keep_every_instance_busy() -> None:
    assert under_way(replace(Row(), seconds=4.0), 100) == 350


def test_the_history_stays_far_below_its_bound() -> None:
    assert prepare_events(ROWS, rows_per_call=100_000) < 25_000 / 5


def test_limits_come_tightest_first() -> None:
    found = [limit.rows for limit in limits(Row())]
    assert found == sorted(found)


def test_a_rows_own_states_are_those_of_the_map() -> None:
    batch = json.loads((MACHINES / "run_batch.asl.json").read_text("utf-8"))
    child = batch["States"]["RunRows"]["ItemProcessor"]
    entered, name = 1, child["StartAt"]
    while name != "RowDone":
        state = child["States"][name]
        name = state.get("Next") or state["Default"]
        entered += 1
    for row, path in ((Row(), Path(ACCEPTED, 1)), (blocked(), Path(KEYWORD))):
        assert row.transitions == 1 + entered + len(path.states)


def test_the_document_quotes_what_is_computed_here() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert replaced(text) == text, "python -m bench.batch.paper --write writes them anew"
    assert replaced(text.replace(f" {Row().transitions} transitions", "")) == text
