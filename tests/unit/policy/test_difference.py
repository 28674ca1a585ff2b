"""What differs between two policies, whatever part of them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from local.policy.difference import Difference, differences
from local.policy.source import read_policy

POLICY = read_policy()
NUDITY = POLICY["keywords"]["categories"]["nudity"]
Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> list[Difference]:
    policy = copy.deepcopy(POLICY)
    change(policy)
    return list(differences(POLICY, policy))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: None, []),
        (lambda p: p.update(version="next"), [("version", [POLICY["version"]], ["next"])]),
        (
            lambda p: p["keywords"]["categories"]["nudity"]["terms"].append("grimble"),
            [("keywords.categories.nudity.terms", [], ["grimble"])],
        ),
        (
            lambda p: p["keywords"]["categories"]["nudity"]["terms"].reverse(),
            [],
        ),
        (
            lambda p: p["keywords"]["categories"]["nudity"].update(action="warn"),
            [("keywords.categories.nudity.action", ["block"], ["warn"])],
        ),
        (
            lambda p: p["classifier"]["toxicity"]["SEXUAL"].update(threshold=0.125),
            [
                (
                    "classifier.toxicity.SEXUAL.threshold",
                    [str(POLICY["classifier"]["toxicity"]["SEXUAL"]["threshold"])],
                    ["0.125"],
                )
            ],
        ),
        (
            lambda p: next(r for r in p["images"]["rules"] if r["label"] == "Explicit").update(
                threshold=0.125
            ),
            [("images.rules.Explicit.threshold", ["0.5"], ["0.125"])],
        ),
        (
            lambda p: p["generation"]["negative_prompt"].remove("gore"),
            [("generation.negative_prompt", ["gore"], [])],
        ),
        (
            lambda p: p["generation"]["negative_prompt_by_label"].update(Gambling=["dice"]),
            [("generation.negative_prompt_by_label.Gambling", [], ["dice"])],
        ),
    ],
)
def test_every_change_is_told_with_its_place(
    change: Change, expected: list[tuple[str, list[str], list[str]]]
) -> None:
    assert changed(change) == [Difference(*one) for one in expected]


def test_a_rule_that_goes_is_told_whole() -> None:
    def without_explicit(policy: dict[str, Any]) -> None:
        rules = policy["images"]["rules"]
        policy["images"]["rules"] = [rule for rule in rules if rule["label"] != "Explicit"]

    (difference,) = changed(without_explicit)
    assert difference.place == "images.rules.Explicit"
    assert "threshold 0.5" in difference.removed[0]
    assert difference.added == []
