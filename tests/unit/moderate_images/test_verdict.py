"""What follows from labels: inheritance, exemption, the unknown, and the attempt as a whole."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderate_images.verdict import decide, filtered, judge, lowest_threshold
from shared.rekognition import Label, Moderation

ROOT = Path(__file__).parents[3]
POLICY: dict[str, Any] = json.loads((ROOT / "functions/compiled/images.json").read_text("utf-8"))
TAXONOMY = json.loads((ROOT / "policy/moderation_taxonomy_v7.json").read_text("utf-8"))["labels"]
PARENTS = {label["name"]: label["parent"] or "" for label in TAXONOMY}


def found(*labels: str | tuple[str, float], **more: Any) -> dict[str, Any]:
    """The verdict on labels of the taxonomy, each with its parents, as Rekognition answers."""
    scores: dict[str, float] = {}
    for label in labels:
        name, score = label if isinstance(label, tuple) else (label, 0.99)
        while name:
            scores[name] = max(score, scores.get(name, 0.0))
            name = PARENTS[name]
    rows = [Label(name, PARENTS[name], score) for name, score in scores.items()]
    return judge(Moderation(rows, "7.0", more.pop("drawn", False)), POLICY | more, 0)


def test_every_label_of_the_taxonomy_has_a_rule() -> None:
    assert POLICY["labels"].keys() == PARENTS.keys()


@pytest.mark.parametrize("name", PARENTS)
def test_a_label_is_judged_by_its_own_rule_or_its_nearest_parents(name: str) -> None:
    rule = POLICY["labels"][name]
    verdict = found(name)
    assert verdict["verdict"] == ("unsafe" if rule["action"] == "block" else "safe")
    assert {reason["rule"] for reason in verdict["reasons"] + verdict["warnings"]} <= {rule["rule"]}


def test_exemption_reaches_the_parents_but_not_the_siblings() -> None:
    assert found("Kissing on the Lips")["verdict"] == "safe"
    assert found("Kissing on the Lips", ("Implied Nudity", 0.8))["verdict"] == "unsafe"
    assert found("Kissing on the Lips", "Explicit Nudity")["verdict"] == "unsafe"


def test_a_parent_that_is_surer_than_its_children_speaks_for_itself() -> None:
    parent = "Non-Explicit Nudity of Intimate parts and Kissing"
    rows = [Label(parent, "", 0.9), Label("Kissing on the Lips", parent, 0.6)]
    assert judge(Moderation(rows, "7.0", False), POLICY, 0)["verdict"] == "unsafe"


@pytest.mark.parametrize(("score", "verdict"), [(0.69, "safe"), (0.7, "unsafe"), (0.71, "unsafe")])
def test_a_threshold_is_reached_when_it_is_met(score: float, verdict: str) -> None:
    assert found(("Weapons", score))["verdict"] == verdict


@pytest.mark.parametrize(("score", "verdict"), [(0.79, "safe"), (0.8, "unsafe")])
def test_drawings_have_their_own_threshold(score: float, verdict: str) -> None:
    assert found(("Weapons", score), drawn=True)["verdict"] == verdict


def test_an_unknown_label_has_its_parents_rule_or_blocks() -> None:
    def verdict(parent: str, score: float) -> dict[str, Any]:
        row = Label("New In 8.0", parent, score)
        return judge(Moderation([row], "7.0", False), POLICY, 0)

    assert [reason["rule"] for reason in verdict("Violence", 0.75)["reasons"]] == ["Violence"]
    assert [reason["rule"] for reason in verdict("", 0.5)["reasons"]] == ["unknown_label"]
    assert [reason["rule"] for reason in verdict("Newer", 0.5)["reasons"]] == ["unknown_label"]
    assert verdict("Alcohol", 0.95)["verdict"] == "safe"


def test_a_label_that_is_its_own_parent_still_counts() -> None:
    row = Label("Violence", "Violence", 0.99)
    assert judge(Moderation([row], "7.0", False), POLICY, 0)["verdict"] == "unsafe"


def test_unknown_model_versions() -> None:
    def verdict(version: str, follows: str) -> dict[str, Any]:
        policy = POLICY | {"unknown_model_version": follows}
        return judge(Moderation([], version, False), policy, 0)

    assert verdict("7.0", "block")["verdict"] == "safe"
    assert verdict("local-marker-1", "block")["verdict"] == "safe"
    assert verdict("8.0", "block")["verdict"] == "unsafe"
    alarm = verdict("8.0", "alarm")
    assert alarm["verdict"] == "safe"
    assert [(w["rule"], w["action"]) for w in alarm["warnings"]] == [
        ("unknown_model_version", "warn")
    ]


NAMES = st.sampled_from([*PARENTS, "New In 8.0"])
LABELS = st.lists(
    st.builds(Label, NAMES, st.sampled_from(["", *PARENTS]), st.floats(0, 1)), max_size=6
)


@given(labels=LABELS, drawn=st.booleans())
def test_a_blocking_label_surer_than_all_others_is_never_overlooked(
    labels: list[Label], drawn: bool
) -> None:
    worst = Label("Explicit", "", 1.0)
    others = [label for label in labels if label.score < 1]
    assert judge(Moderation([*others, worst], "7.0", drawn), POLICY, 0)["verdict"] == "unsafe"


@given(labels=LABELS)
def test_the_order_of_labels_changes_nothing(labels: list[Label]) -> None:
    def reasons(rows: list[Label]) -> list[str]:
        verdict = judge(Moderation(rows, "7.0", False), POLICY, 0)
        return sorted(json.dumps(reason) for reason in verdict["reasons"])

    assert reasons(labels) == reasons(labels[::-1])


def judged(kind: str, index: int) -> dict[str, Any]:
    if kind == "filtered":
        return filtered({"index": index, "filtered_because": "black"})
    return found("Weapons") if kind == "unsafe" else found()


@pytest.mark.parametrize(
    "kinds", list(itertools.product(["safe", "unsafe", "filtered"], repeat=2)), ids=" ".join
)
def test_the_best_picture_decides_the_attempt(kinds: tuple[str, ...]) -> None:
    images = [{"index": index} for index in range(len(kinds))]
    decision = decide(images, [judged(kind, n) for n, kind in enumerate(kinds)])

    expected = next(kind for kind in ("safe", "unsafe", "filtered") if kind in kinds)
    assert decision["verdict"] == expected
    assert [image["verdict"] for image in decision["images"]] == list(kinds)
    against = sum(kind != "safe" for kind in kinds)
    told = decision["warnings" if expected == "safe" else "reasons"]
    assert len(told) == against
    assert (decision["labels"] == ["Weapons"]) == ("unsafe" in kinds)


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": {"Violence": {"threshold": 0.2, "illustrated_threshold": 0.9}}},
        {"labels": {"Violence": {"threshold": 0.9, "illustrated_threshold": 0.2}}},
        {"unknown_label": {"threshold": 0.2}},
    ],
)
def test_no_rule_looks_below_the_lowest_threshold(changed: dict[str, Any]) -> None:
    assert lowest_threshold(POLICY | changed) == 0.2
