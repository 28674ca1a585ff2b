"""A guardrail's answers, complete, partial and odd, as scores by label."""

from typing import Any

import pytest

from shared.bedrock_runtime import Guardrail
from shared.errors import UnusableVerdict

ARN = "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123"
USAGE = {"contentPolicyUnits": 2, "topicPolicyUnits": 1, "wordPolicyUnits": 2}


class Client:
    """Answers with what it was told."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self._reply = reply
        self.asked: dict[str, Any] = {}

    def apply_guardrail(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        return self._reply


def scores(*assessments: Any, action: str = "NONE", **more: Any) -> dict[str, float]:
    reply = {"action": action, "assessments": list(assessments), "outputs": [], **more}
    return Guardrail(ARN, "1", Client(reply)).scores("a lighthouse")[0]


def content(**confidences: str) -> dict[str, Any]:
    filters = [
        {"type": name, "confidence": confidence, "action": "NONE", "detected": False}
        for name, confidence in confidences.items()
    ]
    return {"contentPolicy": {"filters": filters}}


def test_every_filter_is_asked_to_answer() -> None:
    client = Client({"action": "NONE", "assessments": [{}], "usage": USAGE})
    _, usage = Guardrail(ARN, "1", client).scores("a lighthouse")
    assert client.asked == {
        "guardrailIdentifier": ARN,
        "guardrailVersion": "1",
        "source": "INPUT",
        "outputScope": "FULL",
        "content": [{"text": {"text": "a lighthouse"}}],
    }
    assert usage == {
        "guardrail_content_units": 2,
        "guardrail_topic_units": 1,
        "guardrail_sensitive_information_units": 0,
    }


def test_degrees_of_confidence_have_their_places() -> None:
    found = scores(content(SEXUAL="NONE", VIOLENCE="LOW", HATE="MEDIUM", INSULTS="HIGH"))
    assert [found[name] for name in ("SEXUAL", "VIOLENCE", "HATE", "INSULTS")] == [0, 0.3, 0.6, 0.9]


def test_the_worst_of_several_assessments_counts() -> None:
    assert scores(content(HATE="HIGH"), content(HATE="LOW"), {})["HATE"] == 0.9


@pytest.mark.parametrize(("action", "score"), [("NONE", 0), ("GUARDRAIL_INTERVENED", 1)])
def test_its_own_decision_is_a_label(action: str, score: int) -> None:
    assert scores(content(HATE="NONE"), action=action)["GUARDRAIL_INTERVENED"] == score


@pytest.mark.parametrize(
    ("assessment", "label"),
    [
        ({"topicPolicy": {"topics": [{"name": "x", "action": "BLOCKED"}]}}, "TOPIC"),
        ({"wordPolicy": {"customWords": [{"match": "x", "action": "BLOCKED"}]}}, "WORD"),
        (
            {"wordPolicy": {"managedWordLists": [{"action": "NONE", "detected": True}]}},
            "WORD",
        ),
        (
            {"sensitiveInformationPolicy": {"piiEntities": [{"action": "ANONYMIZED"}]}},
            "SENSITIVE_INFORMATION",
        ),
        (
            {"sensitiveInformationPolicy": {"regexes": [{"action": "NONE", "detected": True}]}},
            "SENSITIVE_INFORMATION",
        ),
    ],
)
def test_what_is_found_or_not_counts_one_or_nothing(assessment: dict[str, Any], label: str) -> None:
    found = scores(assessment)
    others = {"TOPIC", "WORD", "SENSITIVE_INFORMATION"} - {label}
    assert found[label] == 1
    assert [found[other] for other in others] == [0, 0]


def test_a_topic_that_was_looked_for_and_not_found_counts_nothing() -> None:
    topic = {"name": "x", "type": "DENY", "action": "NONE", "detected": False}
    assert scores({"topicPolicy": {"topics": [topic]}})["TOPIC"] == 0


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"action": "NONE"},
        {"assessments": []},
        {"action": "NONE", "assessments": []},
        {"action": "NONE", "assessments": "none"},
        {"action": "NONE", "assessments": [{"topicPolicy": {"topics": {}}}]},
        {"action": "NONE", "assessments": [{}], "usage": {"topicPolicyUnits": "1"}},
        {"action": "ALLOWED", "assessments": []},
        {"action": "NONE", "assessments": [content(HATE="SOME")]},
        {"action": "NONE", "assessments": [{"contentPolicy": {"filters": [{"type": "HATE"}]}}]},
        {"action": "NONE", "assessments": [{"contentPolicy": {"filters": [{}]}}]},
        {
            "action": "NONE",
            "assessments": [content(HATE="NONE")],
            "guardrailCoverage": {"textCharacters": {"guarded": 5, "total": 12}},
        },
    ],
)
def test_half_an_answer_is_no_verdict(reply: dict[str, Any]) -> None:
    with pytest.raises(UnusableVerdict):
        Guardrail(ARN, "1", Client(reply)).scores("a lighthouse")
