"""What decisions say, and what too few of them do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.local_reviews.rows import NOW, POLICY, Row, images_row, prompt_row

from local.reviews.decided import sort_out
from local.reviews.export import AGREEMENT, DECISIONS, PROMPTS, write_export
from local.reviews.figures import LEAST_DECISIONS, LEAST_OF_EACH, Share, figures


def label_of(rows: list[Row]) -> dict[str, Any]:
    [only] = figures(rows, {}, POLICY)["labels"]
    return dict(only)


def separated(approved: int, rejected: int) -> list[Row]:
    """People who approve below 0.62 and reject from there on."""
    return [prompt_row("approve", 0.55)] * approved + [prompt_row("reject", 0.62)] * rejected


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Computed apart, from the formula in E. B. Wilson (1927).
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (50, 100, 0.4038, 0.5962), (0, 0, 0.0, 1.0)],
)
def test_an_interval_says_how_little_is_known(
    part: int, whole: int, low: float, high: float
) -> None:
    assert Share(part, whole).interval == pytest.approx((low, high), abs=0.0001)


def test_a_label_is_counted_with_its_pictures() -> None:
    found = label_of([images_row("approve", (0,)), images_row("regenerate")])
    assert (found["about"], found["label"], found["decided"]) == ("images", "Alcohol", 4)
    assert (found["approved"]["part"], found["approved"]["whole"]) == (1, 2)
    assert found["regenerated"] == 2
    assert found["scores"] == [
        {"from": 0.65, "approved": 1, "rejected": 0},
        {"from": 0.95, "approved": 0, "rejected": 1},
    ]


def test_people_may_decide_against_the_scores_lean() -> None:
    rows = [prompt_row("approve", 0.51), prompt_row("approve", 0.69), prompt_row("reject", 0.65)]
    lean = label_of(rows)["lean"]
    assert (lean["approve_approved"], lean["reject_approved"], lean["reject_rejected"]) == (1, 1, 1)
    assert (lean["agreed"]["part"], lean["agreed"]["whole"]) == (2, 3)


def test_a_threshold_is_told_with_what_contradicts_it() -> None:
    rows = [*separated(60, 60), prompt_row("approve", 0.66)]
    found = label_of(rows)["threshold"]
    assert (found["from"], found["contradicted"], found["decisions"]) == (0.62, 1, 121)


@pytest.mark.parametrize(
    "counts", [(LEAST_DECISIONS - 50, 49), (LEAST_DECISIONS, LEAST_OF_EACH - 1)]
)
def test_on_too_few_no_threshold_is_told(counts: tuple[int, int]) -> None:
    found = label_of(separated(*counts))["threshold"]
    assert found == {
        "decisions": sum(counts),
        "approved": counts[0],
        "rejected": counts[1],
        "untold": "too few decisions",
    }


def test_where_scores_do_not_separate_no_threshold_is_told() -> None:
    rows = [prompt_row("reject", 0.55)] * 60 + [prompt_row("approve", 0.62)] * 60
    assert "separates" in label_of(rows)["threshold"]["untold"]


def test_appeals_are_counted_for_themselves() -> None:
    asked = {"message": "look again"}
    rows = [prompt_row(how, appeal=asked) for how in ("approve", "reject")]
    rows.append(prompt_row("reject"))
    found = figures(rows, {}, POLICY)
    assert (found["appeals"]["granted"]["part"], found["appeals"]["granted"]["whole"]) == (1, 2)
    assert found["labels"][0]["decided"] == 1


def test_reviewers_are_compared_on_the_same_request_and_the_same_picture() -> None:
    rows = [
        prompt_row("approve", request_id="one"),
        prompt_row("reject", request_id="two", decided_by="local:ben"),
        prompt_row("reject", request_id="three", decided_by="local:ben"),
        prompt_row("approve", request_id="four", decided_by="local:ben"),
        images_row("approve", (0, 2)),
        images_row("approve", (0,), decided_by="local:ben"),
    ]
    hashes = {"one": "same", "two": "same", "three": "another"}
    between = figures(rows, hashes, POLICY)["reviewers"]
    assert (between["prompts"]["judged_by_several"], between["prompts"]["pairs"]) == (1, 1)
    assert between["prompts"]["agreed"]["part"] == 0
    assert (between["pictures"]["pairs"], between["pictures"]["agreed"]["part"]) == (2, 1)
    assert between["pictures"]["alpha_nominal"] == 0


def test_nobody_agrees_with_themselves() -> None:
    rows = [prompt_row("approve"), prompt_row("reject")]
    between = figures(rows, {"s3:prompts/one": "same"}, POLICY)["reviewers"]["prompts"]
    assert between["pairs"] == 0
    assert between["alpha_nominal"] is None


def test_the_folder_has_prompts_in_one_file_alone(tmp_path: Path) -> None:
    rows = [
        prompt_row("approve", prompt="a duel"),
        prompt_row("expire", status="EXPIRED", prompt="nobody looked"),
    ]
    for _ in "again":
        done = write_export(tmp_path / "out", sort_out(rows, NOW), {}, POLICY, None)
    written = {path.name: path.read_text("utf-8") for path in (tmp_path / "out").iterdir()}
    assert written[PROMPTS] == 'safe,"a duel"\n'
    assert json.loads(written[AGREEMENT]) == done.agreement
    assert done.agreement["not_decided"] == {"EXPIRED": 1}
    assert len(written[DECISIONS].splitlines()) == 1
    for name in (DECISIONS, AGREEMENT):
        assert "a duel" not in written[name]
