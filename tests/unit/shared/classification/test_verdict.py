"""What follows from a classifier's scores."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.classification.verdict import decide, decide_unread
from shared.errors import UnusableVerdict

LABELS: dict[str, Any] = {
    "SEXUAL": {"category": "sexual", "threshold": 0.5, "action": "block"},
    "INSULT": {"category": "harassment", "threshold": 0.8, "action": "warn"},
    "GRAPHIC": {"category": "violence", "threshold": 0.6, "action": "always"},
}
CALM = dict.fromkeys(LABELS, 0.1)


def told(decision: dict[str, Any]) -> tuple[Any, ...]:
    labels = ([one["label"] for one in decision[part]] for part in ("reasons", "warnings"))
    return (decision["verdict"], *labels)


@pytest.mark.parametrize(
    ("scores", "warn", "expected"),
    [
        ({}, False, ("clean", [], [])),
        ({"SEXUAL": 0.5}, False, ("block", ["SEXUAL"], [])),
        ({"SEXUAL": 0.4999}, False, ("clean", [], [])),
        ({"SEXUAL": 0.9}, True, ("clean", [], ["SEXUAL"])),
        ({"INSULT": 0.9}, False, ("clean", [], ["INSULT"])),
        ({"GRAPHIC": 0.9}, False, ("block", ["GRAPHIC"], [])),
        ({"GRAPHIC": 0.9}, True, ("block", ["GRAPHIC"], [])),
        ({"SEXUAL": 0.9, "INSULT": 0.9}, False, ("block", ["SEXUAL"], ["INSULT"])),
    ],
)
def test_thresholds_and_actions(scores: Any, warn: bool, expected: Any) -> None:
    assert told(decide(CALM | scores, LABELS, warn)) == expected


@pytest.mark.parametrize("warn", [False, True])
def test_an_action_that_nobody_knows_does_not_let_a_prompt_pass(warn: bool) -> None:
    labels = {**LABELS, "SEXUAL": LABELS["SEXUAL"] | {"action": "blok"}}
    assert told(decide(CALM | {"SEXUAL": 0.9}, labels, warn)) == ("block", ["SEXUAL"], [])


def banded(action: str) -> dict[str, Any]:
    rule = {**LABELS["SEXUAL"], "uncertain": {"from": 0.3, "action": action}}
    return {**LABELS, "SEXUAL": rule}


@pytest.mark.parametrize(
    ("score", "action", "without_review", "warn", "verdict"),
    [
        (0.3, "block", "warn", False, "block"),
        (0.2999, "block", "block", False, "clean"),
        (0.3, "block", "block", True, "clean"),
        (0.3, "warn", "block", False, "clean"),
        (0.3, "review", "block", False, "block"),
        (0.3, "review", "warn", False, "clean"),
        (0.3, "review", "block", True, "clean"),
    ],
)
def test_the_uncertain_band_has_an_action_of_its_own(
    score: float, action: str, without_review: str, warn: bool, verdict: str
) -> None:
    decision = decide(CALM | {"SEXUAL": score}, banded(action), warn, without_review)
    assert decision["verdict"] == verdict
    reasons = decision["reasons"] + decision["warnings"]
    assert [reason["rule"] for reason in reasons] == ["uncertain"] * (score >= 0.3)


def test_a_reason_tells_that_it_was_the_band() -> None:
    decision = decide(CALM | {"SEXUAL": 0.42}, banded("review"), False, "block")
    assert decision["reasons"] == [
        {
            "stage": "ClassifyPrompt",
            "category": "sexual",
            "rule": "uncertain",
            "label": "SEXUAL",
            "score": 0.42,
            "threshold": 0.3,
            "action": "block",
            "message": "uncertain: below the threshold of 0.5; the policy asks to review",
        }
    ]


@pytest.mark.parametrize(
    ("scores", "without_review", "expected"),
    [
        ({"SEXUAL": 0.3}, "block", ("review", ["SEXUAL"], [])),
        ({"SEXUAL": 0.3}, "warn", ("review", ["SEXUAL"], [])),
        ({"SEXUAL": 0.3, "INSULT": 0.9}, "block", ("review", ["SEXUAL"], ["INSULT"])),
        ({"SEXUAL": 0.3, "GRAPHIC": 0.9}, "block", ("block", ["SEXUAL", "GRAPHIC"], [])),
        ({"SEXUAL": 0.3, "GRAPHIC": 0.9}, "warn", ("block", ["GRAPHIC"], ["SEXUAL"])),
        ({"SEXUAL": 0.5}, "warn", ("block", ["SEXUAL"], [])),
        ({"SEXUAL": 0.2}, "block", ("clean", [], [])),
    ],
)
def test_where_there_are_reviews_people_decide_what_nothing_else_does(
    scores: dict[str, float], without_review: str, expected: Any
) -> None:
    labels = dict(sorted(banded("review").items(), reverse=True))
    decision = decide(CALM | scores, labels, False, without_review, reviews=True)
    assert told(decision) == expected
    actions = {reason["action"] for reason in decision["reasons"]}
    assert (decision["verdict"] == "review") == (actions == {"review"})


@pytest.mark.parametrize("action", ["block", "warn"])
def test_a_band_that_asks_for_no_review_gets_none(action: str) -> None:
    scores = CALM | {"SEXUAL": 0.3}
    asked = decide(scores, banded(action), False, "block", reviews=True)
    assert asked == decide(scores, banded(action), False, "block")


def test_nobody_is_asked_where_surer_prompts_pass_with_a_warning() -> None:
    scores = CALM | {"SEXUAL": 0.3}
    asked = decide(scores, banded("review"), True, "block", reviews=True)
    assert told(asked) == ("clean", [], ["SEXUAL"])


def test_at_its_threshold_a_label_is_no_longer_uncertain() -> None:
    decision = decide(CALM | {"SEXUAL": 0.5}, banded("warn"), False)
    assert [reason["rule"] for reason in decision["reasons"]] == ["classifier"]


@given(scores=st.dictionaries(st.sampled_from([*LABELS, "sexual", "OTHER"]), st.floats(0, 1)))
def test_a_missing_score_is_no_verdict(scores: dict[str, float]) -> None:
    if LABELS.keys() <= scores.keys():
        assert decide(scores, LABELS, warn=False)["verdict"] in {"clean", "block"}
    else:
        with pytest.raises(UnusableVerdict, match="no score for"):
            decide(scores, LABELS, warn=False)


@pytest.mark.parametrize(
    ("action", "warn", "verdict"),
    [
        ("block", False, "block"),
        ("block", True, "clean"),
        ("warn", False, "clean"),
        ("always", True, "block"),
    ],
)
def test_an_unread_language_follows_the_policy(action: str, warn: bool, verdict: str) -> None:
    rule = {"category": "unread_language", "action": action}
    decision = decide_unread("de", "detected", rule, warn)
    assert decision["verdict"] == verdict
    (reason,) = decision["reasons"] + decision["warnings"]
    assert reason["message"].endswith("de (detected)")
