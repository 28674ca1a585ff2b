"""The demo's training files: what each is to show is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.classifier.checking import check_files
from local.demo.train import _PROMPTS
from local.demo.train_texts import (
    GOOD_TEXTS,
    MORE_TEXTS,
    UNSAFE,
    Pair,
    broken,
    mislabelled,
    texts,
    write,
)
from local.policy.source import read_policy
from local.policy.trial import Trial


def test_the_broken_file_is_broken_in_three_ways(tmp_path: Path) -> None:
    checked = check_files(write(tmp_path / "broken.csv", broken()), None, [UNSAFE])
    assert {one.rule for one in checked.problems} == {"header", "least_texts", "two_labels"}


@pytest.mark.parametrize("pairs", [texts(GOOD_TEXTS), mislabelled()], ids=["good", "mislabelled"])
def test_the_others_are_sound(pairs: list[Pair], tmp_path: Path) -> None:
    checked = check_files(write(tmp_path / "texts.csv", pairs), None, [UNSAFE])
    assert checked.problems == []
    assert sum(checked.training.texts.values()) == len(pairs)


def test_labels_drawn_by_lot_are_on_the_same_texts() -> None:
    good, drawn = texts(GOOD_TEXTS), mislabelled()
    assert [text for _, text in good] == [text for _, text in drawn]
    right = sum(one == other for one, other in zip(good, drawn, strict=True))
    assert 0.45 < right / len(good) < 0.55


def test_no_prompt_was_learned_or_is_stopped_by_words() -> None:
    trial, learned = Trial(read_policy()), {text for _, text in texts(MORE_TEXTS)}
    for prompt, _ in _PROMPTS:
        assert prompt not in learned
        assert trial.words(prompt)["verdict"] != "block"
