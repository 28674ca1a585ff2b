"""Which scores count as results: never those of a model that had seen the text."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.evaluate import classifier
from bench.evaluate.classifier import StandIn
from bench.evaluate.judging import TRAINED
from bench.evaluate.sets import Sets
from local.ai.classifier.features import SIZE
from local.ai.classifier.model import HEADS, Head, Model


def stand_in(kept: Path, trained_on: dict[str, Any]) -> StandIn:
    """SEXUAL is the likeliest label of every text, and half as likely the others."""
    weights = memoryview(bytes(SIZE)).cast("b")
    heads = {name: Head(weights, 1.0, 9.0 if name == "SEXUAL" else 0.0) for name in HEADS}
    return StandIn(Model(heads, {"name": "flat-1", "trained_on": trained_on}), kept)


@pytest.fixture
def trained_on(sets: Sets) -> dict[str, Any]:
    return {
        "csv": {"sha256": sets.files["toxicity"].sha256},
        "prompts": {"sha256": sets.files["prompts"].sha256},
    }


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each training was asked to judge."""
    asked: list[int] = []

    def scores(judged: list[Any], others: list[Any], model: Model) -> SimpleNamespace:
        asked.append(len(judged))
        return SimpleNamespace(known=np.full(len(judged), 0.8), unseen=np.full(len(judged), 0.4))

    monkeypatch.setattr(classifier, "held_out_scores", scores)
    return asked


def test_of_its_own_texts_models_trained_anew_are_asked(
    sets: Sets, tmp_path: Path, trained_on: dict[str, Any], trainings: list[int]
) -> None:
    found = stand_in(tmp_path, trained_on).of_prompts(sets)
    assert list(found) == ["rows", "sources", TRAINED]
    first = found["sources"][0]
    assert first["unsafe"] == first["SEXUAL"] == 0.4
    assert first["INSULT"] == pytest.approx(0.2, abs=1e-3)
    assert trainings == [len(sets.prompts)]


def test_what_was_trained_anew_is_kept(
    sets: Sets, tmp_path: Path, trained_on: dict[str, Any], trainings: list[int]
) -> None:
    first = stand_in(tmp_path, trained_on).of_posts(sets)
    again = stand_in(tmp_path, trained_on).of_posts(sets)
    assert first == again
    assert len(trainings) == 1


def test_texts_that_were_not_trained_on_are_scored_as_they_are(
    sets: Sets, tmp_path: Path, trained_on: dict[str, Any], trainings: list[int]
) -> None:
    other = {**trained_on, "prompts": None}
    assert list(stand_in(tmp_path, other).of_prompts(sets)) == ["shipped"]
    assert trainings == []


def test_a_part_of_its_training_gives_no_result(
    sets: Sets, tmp_path: Path, trained_on: dict[str, Any], trainings: list[int]
) -> None:
    other = {**trained_on, "csv": {"sha256": "another"}}
    assert list(stand_in(tmp_path, other).of_prompts(sets)) == [TRAINED]
    assert trainings == []
