"""ClassifyPrompt's handler: a prompt in; the policy's verdict on Comprehend's scores out."""

from collections.abc import Callable
from typing import Any

import pytest

ENDPOINT = "arn:aws:comprehend:us-east-1:111122223333:document-classifier-endpoint/safelight"
TOXIC = "comprehend.us-east-1.amazonaws.com/DetectToxicContent"
LABELS = (
    "GRAPHIC",
    "HARASSMENT_OR_ABUSE",
    "HATE_SPEECH",
    "INSULT",
    "PROFANITY",
    "SEXUAL",
    "VIOLENCE_OR_THREAT",
)
Call = Callable[..., Any]
Event = Callable[[str], Any]


def toxicity(**scores: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer for every segment; only the last one has the scores given, the others none."""

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        calm = dict.fromkeys(LABELS, 0.01)
        rows = [calm for _ in request["TextSegments"][:-1]] + [calm | scores]
        return {
            "ResultList": [
                {"Labels": [{"Name": n, "Score": s} for n, s in row.items()], "Toxicity": 0.1}
                for row in rows
            ]
        }

    return reply


@pytest.fixture
def classify(aws: Any, call: Call, event: Event) -> Callable[..., Any]:
    return lambda scenario, **variables: call(
        "classify_prompt", event(f"classify_prompt/{scenario}"), **variables
    )


def test_safe(classify: Any, answers: Any) -> None:
    answers.set("DetectToxicContent", toxicity())

    assert classify("safe") == {
        "verdict": "clean",
        "reasons": [],
        "warnings": [],
        "model": TOXIC,
        "usage": {"comprehend_units": 3},
    }


def violence(action: str = "block") -> dict[str, Any]:
    return {
        "stage": "ClassifyPrompt",
        "category": "violence",
        "rule": "classifier",
        "label": "VIOLENCE_OR_THREAT",
        "score": 0.82,
        "threshold": 0.6,
        "action": action,
    }


@pytest.mark.parametrize(
    ("on_flagged_prompt", "verdict", "reasons", "warnings"),
    [("reject", "block", [violence()], []), ("warn", "clean", [], [violence("warn")])],
)
def test_unsafe(
    on_flagged_prompt: str,
    verdict: str,
    reasons: list[Any],
    warnings: list[Any],
    classify: Any,
    answers: Any,
) -> None:
    answers.set("DetectToxicContent", toxicity(VIOLENCE_OR_THREAT=0.82))

    answer = classify("unsafe", ON_FLAGGED_PROMPT=on_flagged_prompt)

    assert (answer["verdict"], answer["reasons"], answer["warnings"]) == (
        verdict,
        reasons,
        warnings,
    )


def test_what_the_policy_only_warns_of_passes(classify: Any, answers: Any) -> None:
    answers.set("DetectToxicContent", toxicity(INSULT=0.9))

    answer = classify("insult")

    assert answer["verdict"] == "clean"
    assert [warning["label"] for warning in answer["warnings"]] == ["INSULT"]


def test_a_long_prompt_is_judged_by_its_worst_part(
    classify: Any, answers: Any, event: Event
) -> None:
    answers.set("DetectToxicContent", toxicity(SEXUAL=0.7))
    prompt = event("classify_prompt/longer_than_a_segment")["prompt"]

    answer = classify("longer_than_a_segment")

    (request,) = answers.asked("DetectToxicContent")
    segments = [segment["Text"] for segment in request["TextSegments"]]
    assert len(segments) > 1
    assert " ".join(segments) == prompt
    assert [reason["label"] for reason in answer["reasons"]] == ["SEXUAL"]
    assert answer["usage"] == {"comprehend_units": 20}


def test_a_language_that_cannot_be_read_is_no_ones_to_judge(classify: Any, answers: Any) -> None:
    answers.set("DetectToxicContent", AssertionError("asked"))

    answer = classify("unread_language")

    assert (answer["verdict"], answer["usage"]) == ("block", {"comprehend_units": 0})
    assert [reason["rule"] for reason in answer["reasons"]] == ["unread_language"]


@pytest.mark.parametrize("key", ["Classes", "Labels"])
def test_a_custom_classifier_answers_in_either_shape(
    key: str, classify: Any, answers: Any, event: Event
) -> None:
    rows = [{"Name": "safe", "Score": 0.09}, {"Name": "unsafe", "Score": 0.91}]
    answers.set("ClassifyDocument", {key: rows})

    answer = classify("unsafe", CLASSIFIER_ENDPOINT_ARN=ENDPOINT)

    assert [reason["score"] for reason in answer["reasons"]] == [0.91]
    assert answer["model"] == "comprehend.us-east-1.amazonaws.com/safelight"
    assert answer["usage"] == {"comprehend_units": 0}
    assert answers.asked("ClassifyDocument") == [
        {"Text": event("classify_prompt/unsafe")["prompt"], "EndpointArn": ENDPOINT}
    ]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"Classes": []},
        {"Classes": [{"Name": "UNSAFE", "Score": 0.99}]},
        {"Classes": [{"Name": "unsafe", "Score": 91.0}]},
        {"Classes": [{"Name": "unsafe", "Score": float("nan")}]},
        {"Classes": [{"Name": "unsafe"}]},
    ],
)
def test_an_answer_without_our_label_is_no_verdict(
    reply: dict[str, Any], classify: Any, answers: Any
) -> None:
    answers.set("ClassifyDocument", reply)
    with pytest.raises(Exception, match="score") as raised:
        classify("safe", CLASSIFIER_ENDPOINT_ARN=ENDPOINT)
    assert type(raised.value).__name__ == "UnusableVerdict"


@pytest.mark.parametrize("reply", [{}, {"ResultList": []}, {"ResultList": [{"Toxicity": 0.0}]}])
def test_toxicity_without_scores_is_no_verdict(
    reply: dict[str, Any], classify: Any, answers: Any
) -> None:
    answers.set("DetectToxicContent", reply)
    with pytest.raises(Exception, match=r"score|segment") as raised:
        classify("safe")
    assert type(raised.value).__name__ == "UnusableVerdict"


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 400, "Throttled"),
        ("TooManyRequestsException", 400, "Throttled"),
        ("InternalServerException", 500, "ServiceUnavailable"),
        ("ResourceUnavailableException", 404, "UnusableVerdict"),
        ("AccessDeniedException", 400, "ClientError"),
    ],
)
def test_comprehends_errors_have_names_that_the_machine_knows(
    code: str, status: int, error: str, classify: Any, answers: Any
) -> None:
    answers.refuse("DetectToxicContent", code, status)
    with pytest.raises(Exception, match=r"\w") as raised:
        classify("safe")
    assert type(raised.value).__name__ == error


def test_the_log_holds_no_prompt(classify: Any, answers: Any, logged: Callable[[], str]) -> None:
    answers.set("DetectToxicContent", toxicity(VIOLENCE_OR_THREAT=0.82))
    classify("unsafe")

    assert "VIOLENCE_OR_THREAT" in logged()
    assert "brutal" not in logged()
