"""CheckPrompt's handler: a prompt in by the API; what each text layer says of it out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from compiled import POLICY_HASH
from shared.bundle import SHAPE, digest
from shared.policy import ACTIVE_KEY, policy_part

LABELS = sorted(policy_part("classifier")["toxicity"])
BUCKET = "safelight-policy-example"
Call = Callable[..., Any]
Event = Callable[[str], Any]
Reply = tuple[int, dict[str, Any]]


def toxicity(**scores: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer with the same scores for every segment."""

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        rows = [
            {"Name": label, "Score": score}
            for label, score in (dict.fromkeys(LABELS, 0.01) | scores).items()
        ]
        return {"ResultList": [{"Labels": rows, "Toxicity": 0.1} for _ in request["TextSegments"]]}

    return reply


@pytest.fixture
def check(aws: Any, call: Call, event: Event, answers: Any) -> Callable[..., Reply]:
    """(status, body) for an event; `body` in place of the event's own."""
    english = {"Languages": [{"LanguageCode": "en", "Score": 0.99}]}
    answers.set("DetectDominantLanguage", english)
    answers.set("DetectToxicContent", toxicity())

    def check(scenario: str, body: dict[str, Any] | None = None, **variables: str) -> Reply:
        asked = event(f"check_prompt/{scenario}")
        if body is not None:
            asked["body"] = json.dumps(body)
        reply = call("check_prompt", asked, **variables)
        return reply["statusCode"], json.loads(reply["body"])

    return check


def test_clean(check: Any) -> None:
    assert check("clean") == (
        200,
        {
            "verdict": "clean",
            "prompt": "a lighthouse on a cliff, watercolour",
            "negative_prompt": "fog",
            "reasons": [],
            "warnings": [],
            "layers": {
                "keywords": {"verdict": "clean", "reasons": [], "warnings": []},
                "classifier": {
                    "verdict": "clean",
                    "reasons": [],
                    "warnings": [],
                    "model": "comprehend.us-east-1.amazonaws.com/DetectToxicContent",
                    "classification": {
                        "backend": "toxicity",
                        "language": {"code": "en", "source": "detected"},
                        "scores": dict.fromkeys(LABELS, 0.01),
                    },
                },
            },
            "usage": {"comprehend_units": 6},
            "policy_hash": POLICY_HASH,
        },
    )


def test_each_layer_speaks_whatever_the_other_says(check: Any, answers: Any) -> None:
    answers.set("DetectToxicContent", toxicity(VIOLENCE_OR_THREAT=0.82, INSULT=0.9))

    status, body = check("blocked")

    assert (status, body["verdict"]) == (200, "block")
    assert {name: layer["verdict"] for name, layer in body["layers"].items()} == {
        "keywords": "block",
        "classifier": "block",
    }
    assert [reason["stage"] for reason in body["reasons"]] == ["FilterKeywords", "ClassifyPrompt"]
    assert [warning["label"] for warning in body["warnings"]] == ["INSULT"]


def test_a_span_is_of_the_prompt_in_the_answer(check: Any) -> None:
    _, body = check("blocked")

    (reason,) = body["layers"]["keywords"]["reasons"]
    start, end = reason["span"]
    assert body["prompt"][start:end] == reason["term"] == "nude"


def test_words_alone_cost_and_count_nothing(check: Any, answers: Any) -> None:
    status, body = check("keywords_alone", CHECKS_PER_DAY="1")

    assert (status, body["layers"].keys(), body["usage"]) == (200, {"keywords"}, {})
    (reason,) = body["reasons"]
    start, end = reason["span"]
    assert reason["category"] == "negative_prompt"
    assert body["negative_prompt"][start:end] == "clothes"
    assert answers.calls == []
    assert check("keywords_alone", CHECKS_PER_DAY="1")[0] == 200


def test_a_stack_that_warns_warns_here(check: Any) -> None:
    _, body = check("blocked", ON_FLAGGED_PROMPT="warn")

    assert (body["verdict"], body["reasons"]) == ("clean", [])
    assert [warning["term"] for warning in body["warnings"]] == ["nude"]


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"prompt": " \n"}, "prompt", "minLength"),
        ({"prompt": "a" * 2001}, "prompt", "maxLength"),
        ({"prompt": 7}, "prompt", "type"),
        ({"prompt": "\ud83d"}, "prompt", "unicode"),
        ({"negative_prompt": None}, "negative_prompt", "type"),
        ({"language": "english please"}, "language", "pattern"),
        ({"layers": "keywords"}, "layers", "type"),
        ({"layers": []}, "layers", "minItems"),
        ({"layers": ["images"]}, "layers", "enum"),
        ({"layers": [["keywords"]]}, "layers", "enum"),
        ({"layers": ["keywords", "keywords"]}, "layers", "uniqueItems"),
        ({"request_id": "mine"}, "request_id", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named(
    change: dict[str, Any], field: str, rule: str, check: Any, answers: Any
) -> None:
    status, body = check("clean", {"prompt": "a lighthouse"} | change)

    assert (status, body["code"]) == (400, "invalid_request")
    (error,) = body["errors"]
    assert (error["field"], error["rule"]) == (field, rule)
    assert answers.calls == []


def test_a_field_of_a_request_is_none_of_a_check(check: Any) -> None:
    status, body = check("unknown_field")
    assert (status, body["errors"][0]["field"]) == (400, "width")


def test_a_prompt_is_required(check: Any) -> None:
    status, body = check("clean", {"layers": ["keywords"]})
    assert (status, body["errors"][0]["rule"]) == (400, "required")


def test_checks_are_counted_by_requester_and_day(check: Any, answers: Any) -> None:
    limited = {"API_AUTH": "key", "CHECKS_PER_DAY": "1"}
    assert check("clean", **limited)[0] == 200
    asked = len(answers.calls)

    status, body = check("clean", **limited)

    assert (status, body["code"]) == (429, "quota_exceeded")
    assert len(answers.calls) == asked
    assert check("clean", API_AUTH="iam", CHECKS_PER_DAY="1")[0] == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("InternalServerException", 500),
        ("ResourceUnavailableException", 404),
    ],
)
def test_without_a_classifier_there_is_no_verdict(
    code: str, status: int, check: Any, answers: Any
) -> None:
    answers.refuse("DetectToxicContent", code, status)

    answered, body = check("clean")

    assert (answered, body["code"]) == (503, "unavailable")
    assert "verdict" not in body


def test_an_answer_without_our_labels_is_no_verdict(check: Any, answers: Any) -> None:
    answers.set("DetectToxicContent", {"ResultList": []})
    assert check("clean")[0] == 503


def test_the_caller_is_told_when_to_come_again(call: Call, event: Event, answers: Any) -> None:
    answers.refuse("DetectDominantLanguage", "ThrottlingException")
    reply = call("check_prompt", event("check_prompt/clean"), CHECKS_PER_DAY="0")
    assert (reply["statusCode"], "Retry-After" in reply["headers"]) == (503, True)


def bundle(name: str, **changes: Any) -> bytes:
    """The shipped policy with some of its parts changed."""
    parts = {part: policy_part(part) for part in SHAPE} | changes
    made: dict[str, Any] = {"format": 1, "hash": name, "version": "1", "parts": parts}
    return json.dumps(made | {"digest": digest(made)}).encode()


@pytest.fixture
def published(aws: Any, check: Any) -> Callable[..., Reply]:
    """Checks under what is published in the bucket."""
    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def published(content: bytes) -> Reply:
        s3.put_object(Bucket=BUCKET, Key=ACTIVE_KEY, Body=content)
        answered: Reply = check("blocked", POLICY_SOURCE="bucket", POLICY_BUCKET=BUCKET)
        return answered

    return published


def test_the_published_policy_judges(published: Any) -> None:
    words = policy_part("keywords")
    lax = words | {"actions": words["actions"] | {"nudity": "warn"}}

    status, body = published(bundle("lax", keywords=lax))

    assert (status, body["policy_hash"]) == (200, "lax")
    assert body["layers"]["keywords"]["verdict"] == "clean"


def test_without_a_sound_policy_nothing_is_judged(published: Any) -> None:
    assert published(b"{}")[0] == 503


def test_nothing_of_the_prompt_is_stored_or_told(
    check: Any, answers: Any, logged: Callable[[], str], counted: Any
) -> None:
    answers.set("DetectToxicContent", toxicity(VIOLENCE_OR_THREAT=0.82))
    check("blocked")

    told = logged()
    assert "nude" not in told
    assert "brutal" not in told
    assert counted("Checks", Verdict="block") == [1]
    assert counted("Classifications", Backend="toxicity", Verdict="block") == [1]
    assert counted("Usage", Unit="comprehend_units") == [6]
