"""Who may train on a set, and why others may not."""

from typing import Any

import pytest

from report_dataset.decision import flagged_prompts, refusal_of

ALL = {"clean": 5, "flagged": 2, "unusable": 1, "not_judged": 0}


@pytest.mark.parametrize(
    ("judged", "flagged"),
    [
        ([("instance_prompt", "clean"), ("class_prompt", "clean")], []),
        ([("instance_prompt", "clean"), ("class_prompt", "flagged")], ["class_prompt"]),
        ([("instance_prompt", "clean")], ["class_prompt"]),
        ([("class_prompt", "maybe")], ["instance_prompt", "class_prompt"]),
        ([], ["instance_prompt", "class_prompt"]),
    ],
)
def test_a_prompt_is_clean_if_it_was_judged_so(judged: Any, flagged: list[str]) -> None:
    told = [{"field": field, "verdict": verdict} for field, verdict in judged]
    assert flagged_prompts(["instance_prompt", "class_prompt"], told) == flagged


@pytest.mark.parametrize(
    ("status", "counts", "flagged", "instances", "says"),
    [
        ("COMPLETED", {}, [], 1, ""),
        ("FAILED", {}, [], 1, "not every image"),
        ("COMPLETED", {"not_judged": 1}, [], 1, "not every image"),
        ("COMPLETED", {}, ["class_prompt"], 1, "class_prompt must be clean"),
        ("COMPLETED", {}, [], 0, "no instance image is clean"),
    ],
)
def test_the_clean_part_of_a_set_may_be_trained_on(
    status: str, counts: dict[str, int], flagged: list[str], instances: int, says: str
) -> None:
    refusal = refusal_of(status, ALL | counts, flagged, instances)
    assert (says in refusal, bool(refusal)) == (True, bool(says))
