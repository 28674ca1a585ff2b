"""Decisions on prompts as a training file."""

from __future__ import annotations

import io

import pytest
from unit.local_reviews.rows import images_row, prompt_row

from local.reviews.prompts import CONTRADICTORY, NO_LABEL, NOT_KEPT, labelled
from prepare_training.check import LEAST_TEXTS, check_training

UNSAFE = ("unsafe",)


def test_what_is_exported_is_what_a_training_takes() -> None:
    rows = [
        prompt_row(decision, prompt=f'{decision} number {number}, "quoted", and a comma')
        for decision in ("approve", "reject")
        for number in range(LEAST_TEXTS)
    ]
    checked = check_training([labelled(rows, UNSAFE).csv().encode()], UNSAFE, io.BytesIO())
    assert checked.problems == []
    assert checked.texts == {"safe": LEAST_TEXTS, "unsafe": LEAST_TEXTS}


def test_what_is_no_judgement_of_a_prompt_is_left_out() -> None:
    rows = [
        images_row("reject", prompt="of the pictures"),
        prompt_row("regenerate", prompt="neither"),
        prompt_row("reject"),
    ]
    found = labelled(rows, UNSAFE)
    assert (found.labels, found.left_out) == ({}, {NOT_KEPT: 1})


def test_who_contradicts_each_other_teaches_nothing() -> None:
    rows = [
        prompt_row("reject", prompt="a  duel"),
        prompt_row("approve", prompt="a duel"),
        prompt_row("approve", prompt="a fox"),
        prompt_row("approve", prompt="a fox"),
    ]
    found = labelled(rows, UNSAFE)
    assert (found.labels, found.left_out) == ({"a fox": "safe"}, {CONTRADICTORY: 2})


def test_an_appeal_stands_above_what_was_decided_before() -> None:
    appeal = {"message": "it is a painting"}
    rows = [
        prompt_row("reject", prompt="a duel"),
        prompt_row("approve", prompt="a duel", appeal=appeal),
    ]
    assert labelled(rows, UNSAFE).labels == {"a duel": "safe"}


@pytest.mark.parametrize(("labels", "label"), [(("unsafe", "war"), "unsafe"), (("war",), "war")])
def test_a_rejection_is_of_the_label_that_scored(labels: tuple[str, ...], label: str) -> None:
    rows = [prompt_row("reject", prompt="a duel")]
    assert labelled(rows, labels).labels == {"a duel": label}


def test_a_rejection_for_none_of_several_labels_is_left_out() -> None:
    found = labelled([prompt_row("reject", prompt="a duel")], ("war", "nudity"))
    assert (found.labels, found.left_out) == ({}, {NO_LABEL: 1})
