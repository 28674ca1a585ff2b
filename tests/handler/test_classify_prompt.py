"""ClassifyPrompt's handler: a prompt in; the policy's verdict on a classifier's scores out."""

from collections.abc import Callable
from typing import Any

import pytest

ENDPOINT = "arn:aws:comprehend:us-east-1:111122223333:document-classifier-endpoint/safelight"
CUSTOM = {"CLASSIFIER_BACKEND": "custom", "CLASSIFIER_ENDPOINT_ARN": ENDPOINT}
GUARDRAIL = {
    "CLASSIFIER_BACKEND": "guardrail",
    "GUARDRAIL_ARN": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123",
    "GUARDRAIL_VERSION": "3",
}
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


def languages(**confidences: float) -> dict[str, Any]:
    return {
        "Languages": [{"LanguageCode": code, "Score": score} for code, score in confidences.items()]
    }


def assessment(action: str = "NONE", **confidences: str) -> dict[str, Any]:
    """A guardrail's full answer: its content filters, and nothing else that is set up."""
    names = ("SEXUAL", "VIOLENCE", "HATE", "INSULTS", "MISCONDUCT", "PROMPT_ATTACK")
    found = dict.fromkeys(names, "NONE") | confidences
    filters = [
        {"type": name, "confidence": degree, "action": "NONE", "detected": degree == "HIGH"}
        for name, degree in found.items()
    ]
    units = ("topicPolicyUnits", "wordPolicyUnits", "sensitiveInformationPolicyUnits")
    more = ("sensitiveInformationPolicyFreeUnits", "contextualGroundingPolicyUnits")
    return {
        "usage": dict.fromkeys((*units, *more), 0) | {"contentPolicyUnits": 1},
        "action": action,
        "outputs": [],
        "assessments": [{"contentPolicy": {"filters": filters}}],
    }


@pytest.fixture
def classify(aws: Any, call: Call, event: Event, answers: Any) -> Callable[..., Any]:
    answers.set("DetectDominantLanguage", languages(en=0.99))
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
        "usage": {"comprehend_units": 6},
        "classification": {
            "backend": "toxicity",
            "language": {"code": "en", "source": "detected"},
            "scores": dict.fromkeys(LABELS, 0.01),
        },
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


@pytest.mark.parametrize(("score", "warned"), [(0.4, ["uncertain"]), (0.39, [])])
def test_a_score_in_the_uncertain_band_goes_by_the_policys_choice(
    score: float, warned: list[str], classify: Any, answers: Any
) -> None:
    answers.set("DetectToxicContent", toxicity(GRAPHIC=score))

    answer = classify("uncertain")

    assert answer["verdict"] == "clean"
    assert [warning["rule"] for warning in answer["warnings"]] == warned


def test_where_there_are_reviews_people_decide_on_what_is_uncertain(
    classify: Any, answers: Any, counted: Any
) -> None:
    answers.set("DetectToxicContent", toxicity(GRAPHIC=0.4))

    answer = classify("uncertain_with_reviews")

    assert (answer["verdict"], answer["warnings"]) == ("review", [])
    (reason,) = answer["reasons"]
    assert (reason["label"], reason["rule"], reason["action"]) == ("GRAPHIC", "uncertain", "review")
    assert counted("Classifications", Backend="toxicity", Verdict="review") == [1]


def test_a_long_prompt_is_judged_by_its_worst_part(
    classify: Any, answers: Any, event: Event
) -> None:
    answers.set("DetectToxicContent", toxicity(SEXUAL=0.7))
    prompt = event("classify_prompt/longer_than_a_segment")["prompt"]

    answer = classify("longer_than_a_segment")

    (request,) = answers.asked("DetectToxicContent")
    segments = [segment["Text"] for segment in request["TextSegments"]]
    assert len(segments) == 3
    assert all(segment in prompt for segment in segments)
    assert sum(map(len, segments)) > len(prompt)
    assert [reason["label"] for reason in answer["reasons"]] == ["SEXUAL"]
    assert answer["usage"] == {"comprehend_units": 20 + 22}


@pytest.mark.parametrize(
    ("scenario", "detected", "source"),
    [
        ("unread_language", {"de": 0.99}, "de (detected)"),
        ("unread_language", {"de": 0.6}, "de (declared)"),
        ("german_undeclared", {"de": 0.71}, "de (detected)"),
        ("german_declared_english", {"en": 0.1, "de": 0.97}, "de (detected)"),
    ],
)
def test_a_language_that_cannot_be_read_is_no_ones_to_judge(
    scenario: str, detected: dict[str, float], source: str, classify: Any, answers: Any
) -> None:
    answers.set("DetectDominantLanguage", languages(**detected))
    answers.set("DetectToxicContent", AssertionError("asked"))

    answer = classify(scenario)

    assert (answer["verdict"], answer["usage"]) == ("block", {"comprehend_units": 3})
    (reason,) = answer["reasons"]
    assert reason["rule"] == "unread_language"
    assert reason["message"].endswith(source)
    assert answer["classification"]["scores"] is None


def test_letters_that_cannot_be_english_cost_nothing(classify: Any, answers: Any) -> None:
    answers.set("DetectDominantLanguage", AssertionError("asked"))

    answer = classify("russian_undeclared")

    assert (answer["verdict"], answer["usage"]) == ("block", {"comprehend_units": 0})
    assert answer["classification"]["language"] == {"code": "und", "source": "script"}


@pytest.mark.parametrize(
    ("scenario", "source"),
    [("english_undeclared", "detected"), ("too_short_to_detect", "assumed")],
)
def test_an_undeclared_language_is_detected_or_assumed(
    scenario: str, source: str, classify: Any, answers: Any
) -> None:
    answers.set("DetectToxicContent", toxicity())

    answer = classify(scenario)

    assert answer["verdict"] == "clean"
    assert answer["classification"]["language"] == {"code": "en", "source": source}
    assert len(answers.asked("DetectDominantLanguage")) == (source == "detected")


def test_a_detection_without_an_answer_is_no_verdict(classify: Any, answers: Any) -> None:
    answers.refuse("DetectDominantLanguage", "ThrottlingException", 400)
    with pytest.raises(Exception, match="DetectDominantLanguage") as raised:
        classify("english_undeclared")
    assert type(raised.value).__name__ == "Throttled"


def test_a_guardrail_that_finds_nothing(classify: Any, answers: Any, event: Event) -> None:
    answers.set("ApplyGuardrail", assessment())

    answer = classify("safe", **GUARDRAIL)

    assert answer["verdict"] == "clean"
    assert answer["warnings"] == []
    assert answer["model"] == "bedrock-runtime.us-east-1.amazonaws.com/guardrail/abc123:3"
    assert answer["usage"] == {
        "comprehend_units": 3,
        "guardrail_content_units": 1,
        "guardrail_topic_units": 0,
        "guardrail_sensitive_information_units": 0,
    }
    (request,) = answers.asked("ApplyGuardrail")
    assert request["source"] == "INPUT"
    assert request["content"] == [{"text": {"text": event("classify_prompt/safe")["prompt"]}}]


@pytest.mark.parametrize(
    ("confidence", "action", "verdict", "rules"),
    [
        ("LOW", "NONE", "clean", ["uncertain"]),
        ("MEDIUM", "NONE", "block", ["classifier"]),
        ("HIGH", "GUARDRAIL_INTERVENED", "block", ["classifier", "classifier"]),
        ("NONE", "GUARDRAIL_INTERVENED", "block", ["classifier"]),
    ],
)
def test_a_guardrails_degrees_are_judged_by_the_policy(
    confidence: str, action: str, verdict: str, rules: list[str], classify: Any, answers: Any
) -> None:
    answers.set("ApplyGuardrail", assessment(action, VIOLENCE=confidence))

    answer = classify("unsafe", **GUARDRAIL)

    assert answer["verdict"] == verdict
    assert [reason["rule"] for reason in answer["reasons"] + answer["warnings"]] == rules


def test_a_guardrail_without_one_of_our_filters_is_no_verdict(classify: Any, answers: Any) -> None:
    reply = assessment()
    reply["assessments"][0]["contentPolicy"]["filters"].pop(0)
    answers.set("ApplyGuardrail", reply)
    with pytest.raises(Exception, match="no score for SEXUAL") as raised:
        classify("safe", **GUARDRAIL)
    assert type(raised.value).__name__ == "UnusableVerdict"


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 429, "Throttled"),
        ("ServiceQuotaExceededException", 400, "Throttled"),
        ("ServiceUnavailableException", 503, "ServiceUnavailable"),
        ("ResourceNotFoundException", 404, "ClientError"),
    ],
)
def test_bedrocks_errors_have_names_that_the_machine_knows(
    code: str, status: int, error: str, classify: Any, answers: Any
) -> None:
    answers.refuse("ApplyGuardrail", code, status)
    with pytest.raises(Exception, match=r"\w") as raised:
        classify("safe", **GUARDRAIL)
    assert type(raised.value).__name__ == error


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"CLASSIFIER_BACKEND": "custom"}, "custom, and CLASSIFIER_ENDPOINT_ARN is missing"),
        ({"CLASSIFIER_ENDPOINT_ARN": ENDPOINT}, "toxicity, and CLASSIFIER_ENDPOINT_ARN is given"),
        ({**CUSTOM, "GUARDRAIL_VERSION": "3"}, "custom, and GUARDRAIL_VERSION is given"),
        ({**GUARDRAIL, "GUARDRAIL_ARN": ""}, "guardrail, and GUARDRAIL_ARN is missing"),
        ({**GUARDRAIL, "GUARDRAIL_VERSION": ""}, "guardrail, and GUARDRAIL_VERSION is missing"),
        ({"CLASSIFIER_BACKEND": "prompt-safety"}, "CLASSIFIER_BACKEND must be one of"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    variables: dict[str, str], says: str, classify: Any
) -> None:
    with pytest.raises(Exception, match=says) as raised:
        classify("safe", **variables)
    assert type(raised.value).__name__ == "SettingsError"


@pytest.mark.parametrize("key", ["Classes", "Labels"])
def test_a_custom_classifier_answers_in_either_shape(
    key: str, classify: Any, answers: Any, event: Event
) -> None:
    rows = [{"Name": "safe", "Score": 0.09}, {"Name": "unsafe", "Score": 0.91}]
    answers.set("ClassifyDocument", {key: rows})

    answer = classify("unsafe", **CUSTOM)

    assert [reason["score"] for reason in answer["reasons"]] == [0.91]
    assert answer["model"] == "comprehend.us-east-1.amazonaws.com/safelight"
    assert answer["usage"] == {"comprehend_units": 3}
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
    with pytest.raises(Exception, match=r"[Ss]core") as raised:
        classify("safe", **CUSTOM)
    assert type(raised.value).__name__ == "UnusableVerdict"


def test_every_segment_needs_its_scores(classify: Any, answers: Any) -> None:
    def reply(request: dict[str, Any]) -> dict[str, Any]:
        whole = toxicity()(request)
        whole["ResultList"][-1]["Labels"].pop()
        return whole

    answers.set("DetectToxicContent", reply)
    with pytest.raises(Exception, match="every label") as raised:
        classify("longer_than_a_segment")
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


def test_the_log_holds_no_prompt(
    classify: Any, answers: Any, logged: Callable[[], str], counted: Any
) -> None:
    answers.set("DetectToxicContent", toxicity(VIOLENCE_OR_THREAT=0.82))
    classify("unsafe")

    assert "VIOLENCE_OR_THREAT" in logged()
    assert "brutal" not in logged()
    assert counted("Classifications", Backend="toxicity", Verdict="block") == [1]
