"""The policy's rules on labels: inheritance, exemption, thresholds, and the unknown."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.policy.images import compile_images
from shared.moderation.rules import judge_labels
from shared.moderation.verdict import lowest_threshold
from shared.rekognition import Label, Moderation

ROOT = Path(__file__).parents[4]
POLICY: dict[str, Any] = json.loads((ROOT / "functions/compiled/images.json").read_text("utf-8"))
TAXONOMY = json.loads((ROOT / "policy/moderation_taxonomy_v7.json").read_text("utf-8"))["labels"]
PARENTS: dict[str, str] = {label["name"]: label["parent"] or "" for label in TAXONOMY}
LEVELS: dict[str, int] = {label["name"]: label["level"] for label in TAXONOMY}
LEVEL_3 = [name for name, level in LEVELS.items() if level == 3]
RULES_ON = [name for name, level in LEVELS.items() if level < 3]
UNKNOWN = {"category": "unknown_label", "threshold": 0.5, "action": "block"}
Found = list[dict[str, Any]]


def above(name: str) -> list[str]:
    """The label and its parents, nearest first."""
    return [name, *above(PARENTS[name])] if name else []


def echoed(*labels: str | tuple[str, float]) -> list[Label]:
    """Labels of the taxonomy, each repeated in its parents, as Rekognition answers."""
    scores: dict[str, float] = {}
    for label in labels:
        leaf, score = label if isinstance(label, tuple) else (label, 0.99)
        for name in above(leaf):
            scores[name] = max(score, scores.get(name, 0.0))
    return [Label(name, PARENTS[name], score) for name, score in scores.items()]


def against(
    labels: list[Label], policy: dict[str, Any] = POLICY, drawn: bool = False, version: str = "7.0"
) -> Found:
    return judge_labels(Moderation(labels, version, drawn), policy, 0)


def blocks(found: Found) -> bool:
    return any(reason["action"] == "block" for reason in found)


def rule(label: str, action: str = "block", threshold: float = 0.6) -> dict[str, Any]:
    thresholds = {} if action == "allow" else {"threshold": threshold, "illustrated_threshold": 0.9}
    return {"label": label, "category": "test", "action": action, **thresholds}


def policy_of(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    written = {
        "rules": list(rules),
        "unknown_label": UNKNOWN,
        "known_model_versions": ["7."],
        "unknown_model_version": "alarm",
    }
    return compile_images(written | more)


def test_the_taxonomy_is_whole() -> None:
    assert POLICY["labels"].keys() == PARENTS.keys()
    assert [list(LEVELS.values()).count(level) for level in (1, 2, 3)] == [10, 20, 22]


@pytest.mark.parametrize("name", PARENTS)
def test_a_reason_says_all_that_led_to_it(name: str) -> None:
    (reason,) = against(echoed((name, 0.72)), policy_of(rule(above(name)[-1])))
    assert reason == {
        "stage": "ModerateImages",
        "category": "test",
        "rule": above(name)[-1],
        "action": "block",
        "image": 0,
        "label": name,
        "parent": PARENTS[name],
        "score": 0.72,
        "threshold": 0.6,
        "illustrated": False,
    }


@pytest.mark.parametrize("name", PARENTS)
def test_a_rule_holds_for_everything_below_it_and_nothing_else(name: str) -> None:
    compiled = policy_of(rule(name), unknown_label=UNKNOWN | {"threshold": 1.0})
    for other in PARENTS:
        assert blocks(against(echoed((other, 0.7)), compiled)) == (name in above(other))


@pytest.mark.parametrize("name", [name for name in PARENTS if PARENTS[name]])
def test_the_nearest_rule_wins(name: str) -> None:
    parent = PARENTS[name]
    lenient = policy_of(rule(parent), rule(name, threshold=0.9))
    assert not blocks(against(echoed((name, 0.7)), lenient))
    assert [reason["rule"] for reason in against(echoed((name, 0.95)), lenient)] == [name]
    strict = policy_of(rule(parent, threshold=0.9), rule(name, threshold=0.5))
    assert [reason["rule"] for reason in against(echoed((name, 0.7)), strict)] == [name]


@pytest.mark.parametrize("name", [name for name in PARENTS if PARENTS[name]])
def test_an_exemption_beats_the_parents_echo_but_not_a_surer_parent(name: str) -> None:
    compiled = policy_of(rule(above(name)[-1]), rule(name, "allow"))
    assert against(echoed((name, 0.9)), compiled) == []
    for parent in above(name)[1:]:
        rows = {label.name: label for label in echoed((name, 0.9))}
        for surer in above(parent):
            rows[surer] = Label(surer, PARENTS[surer], 0.91)
        assert blocks(against(list(rows.values()), compiled)), parent


@pytest.mark.parametrize("name", LEVEL_3)
def test_an_exemption_does_not_reach_the_siblings(name: str) -> None:
    compiled = policy_of(rule(above(name)[-1]), rule(name, "allow"))
    for sibling in LEVEL_3:
        if sibling != name and PARENTS[sibling] == PARENTS[name]:
            assert blocks(against(echoed((name, 0.99), (sibling, 0.7)), compiled))


@pytest.mark.parametrize("name", PARENTS)
def test_drawings_have_their_own_threshold(name: str) -> None:
    compiled = policy_of(rule(above(name)[-1]))
    for score, drawn, expected in (
        (0.59, False, False),
        (0.6, False, True),
        (0.89, True, False),
        (0.9, True, True),
    ):
        found = against(echoed((name, score)), compiled, drawn)
        assert blocks(found) == expected
        assert {reason["illustrated"] for reason in found} <= {drawn}


@pytest.mark.parametrize("name", PARENTS)
def test_a_label_without_any_rule_is_treated_as_unknown(name: str) -> None:
    (reason,) = against(echoed((name, 0.5)), policy_of())
    assert (reason["rule"], reason["category"]) == ("unknown_label", "unknown_label")
    assert against(echoed((name, 0.49)), policy_of()) == []


def test_an_unknown_label_has_its_nearest_known_parents_rule_or_the_default() -> None:
    def rules(*labels: Label) -> list[str]:
        return [reason["rule"] for reason in against(list(labels))]

    assert rules(Label("New In 8.0", "Violence", 0.75)) == ["Violence"]
    assert rules(Label("New", "Newer", 0.75), Label("Newer", "Violence", 0.75)) == ["Violence"]
    assert rules(Label("New In 8.0", "", 0.5)) == ["unknown_label"]
    assert rules(Label("New In 8.0", "Newer", 0.5)) == ["unknown_label"]
    assert rules(Label("New", "Newer", 0.9), Label("Newer", "New", 0.9)) != []
    assert not blocks(against([Label("New In 8.0", "Alcohol", 0.95)]))


def test_a_label_that_is_its_own_parent_still_counts() -> None:
    assert blocks(against([Label("Violence", "Violence", 0.99)]))


@pytest.mark.parametrize(
    ("follows", "action"), [("alarm", "warn"), ("review", "review"), ("block", "block")]
)
def test_an_unknown_model_version(follows: str, action: str) -> None:
    policy = POLICY | {"unknown_model_version": follows}
    for known in ("7.0", "local-marker-1"):
        assert against([], policy, version=known) == []
    (reason,) = against([], policy, version="8.0")
    assert (reason["rule"], reason["action"]) == ("unknown_model_version", action)
    assert "8.0" in reason["message"]
    assert blocks(against(echoed("Weapons"), policy, version="8.0"))


@st.composite
def policies(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, Any]]:
    """(action by label with a rule, the compiled policy); on level 3 only exemptions."""
    names = draw(st.lists(st.sampled_from(list(PARENTS)), unique=True, max_size=12))
    actions = {
        name: draw(st.sampled_from(["block", "warn", "allow"])) if name in RULES_ON else "allow"
        for name in names
    }
    return actions, policy_of(*(rule(name, action) for name, action in actions.items()))


FOUND = st.dictionaries(
    st.sampled_from(list(PARENTS)), st.sampled_from([0.4, 0.59, 0.6, 0.75, 0.9, 0.99]), max_size=6
)


@given(made=policies(), leaves=FOUND, surer=FOUND)
def test_any_policy_on_any_labels(
    made: tuple[dict[str, str], dict[str, Any]], leaves: dict[str, float], surer: dict[str, float]
) -> None:
    actions, compiled = made
    rows = {label.name: label.score for label in echoed(*leaves.items())}
    rows |= {name: max(score, rows[name]) for name, score in surer.items() if name in rows}
    expected = set()
    for name, score in rows.items():
        if any(PARENTS[other] == name and rows[other] >= score for other in rows):
            continue
        ruling = next((one for one in above(name) if one in actions), "unknown_label")
        action = actions.get(ruling, "block")
        if action != "allow" and score >= (0.6 if ruling in actions else 0.5):
            expected.add((name, ruling, action))
    labels = [Label(name, PARENTS[name], score) for name, score in rows.items()]
    told = {(found["label"], found["rule"], found["action"]) for found in against(labels, compiled)}
    assert told == expected


LABELS = st.lists(
    st.builds(
        Label,
        st.sampled_from([*PARENTS, "New In 8.0"]),
        st.sampled_from(["", *PARENTS]),
        st.floats(0, 1),
    ),
    max_size=6,
)


@given(labels=LABELS, drawn=st.booleans())
def test_a_blocking_label_surer_than_all_others_is_never_overlooked(
    labels: list[Label], drawn: bool
) -> None:
    worst = Label("Explicit", "", 1.0)
    others = [label for label in labels if label.score < 1]
    assert blocks(against([*others, worst], drawn=drawn))


BANDED = rule("Violence") | {"uncertain": {"from": 0.4, "action": "review"}}


@pytest.mark.parametrize(
    ("score", "reviews", "expected"),
    [
        (0.39, True, None),
        (0.4, True, ("uncertain", "review", 0.4)),
        (0.59, True, ("uncertain", "review", 0.4)),
        (0.6, True, ("Violence", "block", 0.6)),
        (0.4, False, ("uncertain", "warn", 0.4)),
        (0.6, False, ("Violence", "block", 0.6)),
    ],
)
@pytest.mark.parametrize("label", ["Violence", "Weapon Violence"])
def test_a_rules_uncertain_band_has_an_action_of_its_own(
    label: str, score: float, reviews: bool, expected: Any
) -> None:
    policy = policy_of(BANDED, without_review="warn")
    moderation = Moderation(echoed((label, score)), "7.0", False)
    found = judge_labels(moderation, policy, 0, reviews)
    told = [(one["rule"], one["action"], one["threshold"]) for one in found]
    assert told == ([expected] if expected else [])


def test_a_drawings_band_ends_at_its_own_threshold() -> None:
    (found,) = against(echoed(("Violence", 0.8)), policy_of(BANDED), drawn=True)
    assert (found["rule"], found["illustrated"]) == ("uncertain", True)
    assert found["message"] == "uncertain: below the threshold of 0.9; the policy asks to review"


def test_where_a_policy_does_not_say_what_follows_without_reviews_it_is_withheld() -> None:
    assert blocks(against(echoed(("Violence", 0.5)), policy_of(BANDED)))


@pytest.mark.parametrize("action", ["block", "warn"])
def test_a_band_may_have_an_action_that_needs_nobody(action: str) -> None:
    banded = rule("Violence") | {"uncertain": {"from": 0.4, "action": action}}
    (found,) = against(echoed(("Violence", 0.5)), policy_of(banded))
    assert found["action"] == action


@given(labels=LABELS.filter(lambda labels: len({one.name for one in labels}) == len(labels)))
def test_the_order_of_labels_changes_nothing(labels: list[Label]) -> None:
    def told(rows: list[Label]) -> list[str]:
        return sorted(json.dumps(reason) for reason in against(rows))

    assert told(labels) == told(labels[::-1])


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": {"Violence": {"threshold": 0.2, "illustrated_threshold": 0.9}}},
        {"labels": {"Violence": {"threshold": 0.9, "illustrated_threshold": 0.2}}},
        {"labels": {"Violence": {"threshold": 0.9, "uncertain": {"from": 0.2}}}},
        {"labels": {"Violence": {"action": "allow"}}, "unknown_label": {"threshold": 0.2}},
        {"unknown_label": {"threshold": 0.2}},
        {"unknown_label": {"threshold": 0.9, "illustrated_threshold": 0.2}},
    ],
)
def test_no_rule_looks_below_the_lowest_threshold(changed: dict[str, Any]) -> None:
    assert lowest_threshold(POLICY | changed) == 0.2
