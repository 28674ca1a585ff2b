"""What follows from a classifier's scores."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify_prompt.verdict import decide, decide_unread
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
    decision = decide_unread({"category": "unread_language", "action": action}, warn)
    assert decision["verdict"] == verdict
    assert len(decision["reasons"] + decision["warnings"]) == 1
