"""What is asked about a prompt, and how two policies share the answers."""

from typing import Any

import pytest

from shared.classification.classify import Answers, judge

GERMAN = {"prompt": "ein Leuchtturm auf einer Klippe", "language": "und"}


class Backend:
    name = "custom"
    asked = 0

    def model(self) -> str:
        return "local/custom"

    def scores(self, text: str) -> tuple[dict[str, float], dict[str, int]]:
        self.asked += 1
        return {"unsafe": 0.9}, {"comprehend_units": 3, "guardrail_content_units": 1}


class Detector:
    asked = 0

    def languages(self, text: str) -> tuple[dict[str, float], dict[str, int]]:
        self.asked += 1
        return {"de": 0.99}, {"comprehend_units": 3}


def policy(*read: str, detect: str = "always") -> dict[str, Any]:
    rules = {"detect": detect, "letters": 20, "confidence": 0.8, "assume": "en"}
    return {
        "custom": {"unsafe": {"category": "unsafe", "threshold": 0.5, "action": "block"}},
        "without_review": "block",
        "languages": {"read": {"custom": list(read)}, **rules},
        "unread_language": {"category": "unread_language", "action": "warn"},
    }


@pytest.mark.parametrize(
    ("policies", "detections", "classifications"),
    [
        ([policy("en")], 1, 0),
        ([policy("de")], 1, 1),
        ([policy("en", detect="never")], 0, 1),
        ([policy("en"), policy("de")], 1, 1),
        ([policy("en", detect="never"), policy("en")], 1, 1),
    ],
)
def test_each_service_is_asked_once_if_any_policy_needs_it(
    policies: list[Any], detections: int, classifications: int
) -> None:
    backend, detector = Backend(), Detector()
    answers = Answers(GERMAN, backend, detector)
    for one in policies:
        judge(answers, "custom", one, warn=False)
    assert (detector.asked, backend.asked) == (detections, classifications)
    assert answers.usage["comprehend_units"] == 3 * (detections + classifications)


def test_each_policy_judges_by_its_own_languages() -> None:
    answers = Answers(GERMAN, Backend(), Detector())
    reading, other = (
        judge(answers, "custom", one, warn=False) for one in (policy("de"), policy("en"))
    )
    assert [reason["rule"] for reason in reading["reasons"]] == ["classifier"]
    assert [warning["rule"] for warning in other["warnings"]] == ["unread_language"]


def test_what_one_policy_has_detected_is_nothing_to_one_that_does_not_ask() -> None:
    answers = Answers(GERMAN, Backend(), Detector())
    assert answers.language(policy("en")).code == "de"
    unasked = policy("en", detect="never")
    assert answers.language(unasked).source == "assumed"
    assert judge(answers, "custom", unasked, warn=False)["verdict"] == "block"
