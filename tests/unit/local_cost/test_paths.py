"""Paths through the real state machine, and how likely each is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from local.cost.paths import (
    ACCEPTED,
    CLASSIFIER,
    IMAGE,
    INVALID,
    KEYWORD,
    Path,
    delivered,
    most_attempts,
    shares,
)
from local.cost.workflow import NoSuchPath, facts, walk
from local.cost.workload import Workload

ROUND = {"PlanNextAttempt", "GenerateImages", "StoreImages", "ModerateImages", "AreImagesSafe"}


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (Path(ACCEPTED, 1), "Completed"),
        (Path(ACCEPTED, 2), "Completed"),
        (Path(ACCEPTED, 1, True), "Completed"),
        (Path(KEYWORD), "BlockedPrompt"),
        (Path(CLASSIFIER), "BlockedPrompt"),
        (Path(INVALID), "Invalid"),
        (Path(IMAGE, 3), "BlockedImage"),
    ],
)
def test_a_path_enters_the_states_up_to_its_end(path: Path, end: str) -> None:
    assert (path.states[0], path.states[-1]) == ("AcceptRequest", end)
    assert path.states.count("GenerateImages") == path.attempts


@pytest.mark.parametrize(
    ("longer", "shorter", "more"),
    [
        (Path(ACCEPTED, 2), Path(ACCEPTED, 1), ROUND),
        (Path(IMAGE, 3), Path(IMAGE, 2), ROUND),
        (Path(ACCEPTED, 1, True), Path(ACCEPTED, 1), {"ReviewRequest", "EndReview", "IsApproved"}),
        (Path(CLASSIFIER), Path(KEYWORD), {"ClassifyPrompt", "IsPromptSafe"}),
    ],
)
def test_what_a_longer_path_enters_more(longer: Path, shorter: Path, more: set[str]) -> None:
    assert Counter(longer.states) - Counter(shorter.states) == Counter(more)


def test_only_ways_that_there_are() -> None:
    with pytest.raises(NoSuchPath, match="IsNew does not lead to PublishImages"):
        walk({"IsNew": ["PublishImages"]})
    with pytest.raises(NoSuchPath, match="IsNew is entered, and nothing says where it leads"):
        walk({})
    with pytest.raises(NoSuchPath, match="never decided: IsPromptSafe"):
        walk(
            {"IsNew": ["Ignored"], "IsPromptSafe": ["GenerateImages"]},
        )


@pytest.mark.parametrize(
    "workload",
    [
        Workload(),
        Workload(unsafe=1.0),
        Workload(unsafe=0.5, images_per_request=4, reviewed=0.3, max_attempts=5),
        Workload(keyword=0.5, classifier=0.3, invalid=0.2),
        Workload(unsafe=0, keyword=0, classifier=0, invalid=0),
    ],
)
def test_shares_are_all_requests(workload: Workload) -> None:
    assert sum(share for _, share in shares(workload)) == pytest.approx(1)
    assert all(share > 0 for _, share in shares(workload))


def test_attempts_are_bounded_twice() -> None:
    assert most_attempts(Workload()) == facts().max_attempts == 3
    many = Workload(images_per_request=4, max_attempts=5)
    assert most_attempts(many) == facts().max_generated_images // 4 == 3
    assert most_attempts(replace(many, max_attempts=1)) == 1


def test_what_is_delivered() -> None:
    plain = Workload(keyword=0.2, classifier=0.1, invalid=0, unsafe=0)
    assert delivered(plain) == pytest.approx(0.7)
    assert delivered(replace(plain, unsafe=1.0)) == 0
    # Half are safe at each of three attempts.
    assert delivered(replace(plain, unsafe=0.5)) == pytest.approx(0.7 * (1 - 0.5**3))
    # Of two, one is enough, and is half of what was asked for.
    pair = Workload(
        images_per_request=2, max_attempts=1, unsafe=0.5, keyword=0, classifier=0, invalid=0
    )
    assert delivered(pair) == pytest.approx(0.5)
