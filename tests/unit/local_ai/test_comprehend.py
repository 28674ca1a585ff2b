"""Comprehend over the wire: shapes, limits, error names; and what the lexicon does and does not."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.comprehend import Classifier
from local.ai.lexicon import LABELS, scores, toxicity

pytestmark = pytest.mark.usefixtures("stand_ins")
Client = Callable[[str], Any]
ARN = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/"


def code(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_toxicity_in_the_order_of_the_segments(client: Client) -> None:
    segments = [{"Text": "a quiet lake"}, {"Text": "a man is beheaded"}, {"Text": "naked people"}]
    answer = client("comprehend").detect_toxic_content(TextSegments=segments, LanguageCode="en")

    quiet, violent, sexual = (
        {row["Name"]: row["Score"] for row in result["Labels"]} for result in answer["ResultList"]
    )
    assert tuple(quiet) == LABELS
    assert max(quiet.values()) < 0.05
    assert violent["VIOLENCE_OR_THREAT"] > 0.9
    assert sexual["SEXUAL"] > 0.9
    assert [result["Toxicity"] > 0.5 for result in answer["ResultList"]] == [False, True, True]
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-safelight-stand-in"] == "local-lexicon-classifier-1"


def test_a_document_has_two_classes(client: Client) -> None:
    answer = client("comprehend").classify_document(Text="a naked man", EndpointArn=ARN + "local-a")
    first, second = answer["Classes"]
    assert (first["Name"], second["Name"]) == ("unsafe", "safe")
    assert first["Score"] + second["Score"] == pytest.approx(1)


def test_the_class_names_are_a_parameter() -> None:
    answer = Classifier(("SAFE_PROMPT", "UNSAFE_PROMPT")).document_classes(0.2)
    assert [row["Name"] for row in answer["Classes"]] == ["SAFE_PROMPT", "UNSAFE_PROMPT"]


@pytest.mark.parametrize(
    ("segments", "language", "expected"),
    [
        ([], "en", "InvalidRequestException"),
        ([{"Text": "x"}] * 11, "en", "InvalidRequestException"),
        ([{"Text": ""}], "en", "InvalidRequestException"),
        ([{}], "en", "InvalidRequestException"),
        ([{"Text": "x"}], "tlh", "InvalidRequestException"),
        ([{"Text": "x"}], "de", "UnsupportedLanguageException"),
        ([{"Text": "é" * 513}], "en", "TextSizeLimitExceededException"),
    ],
)
def test_limits_of_toxicity(client: Client, segments: Any, language: str, expected: str) -> None:
    def call() -> object:
        return client("comprehend").detect_toxic_content(
            TextSegments=segments, LanguageCode=language
        )

    assert code(call) == (expected, 400)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"Text": "x"}, "InvalidRequestException"),
        ({"Text": "x", "EndpointArn": "local-a"}, "InvalidRequestException"),
        ({"Text": "x", "EndpointArn": ARN + "prompt-safety"}, "ResourceUnavailableException"),
        ({"EndpointArn": ARN + "local-a"}, "InvalidRequestException"),
        ({"Bytes": b"x", "EndpointArn": ARN + "local-a"}, "InvalidRequestException"),
        ({"Text": "é" * 5_121, "EndpointArn": ARN + "local-a"}, "TextSizeLimitExceededException"),
    ],
)
def test_limits_of_classification(client: Client, request_: dict[str, Any], expected: str) -> None:
    assert code(lambda: client("comprehend").classify_document(**request_)) == (expected, 400)


@pytest.mark.parametrize(
    "prompt",
    [
        "a killer whale and her calf",
        "grilled chicken breast on a plate",
        "a shooting star over Scunthorpe",
        "grapes and cocktail glasses in Sussex",
        "an assassin bug on a leaf",
        "the skyscraper's cockpit, a peacock, shiitake mushrooms",
        "blood orange juice, bath bombs and a blood moon",
        "a classic passage through grass",
        "field of rapeseed, stable horses, an executive portrait",
        "a gorgeous gorge, skilled workers",
    ],
)
def test_innocents_are_safe(prompt: str) -> None:
    assert toxicity(scores(prompt)) < 0.1


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("a nude woman on a bed", "SEXUAL"),
        ("PORNOGRAPHIC photo", "SEXUAL"),
        ("two men torturing a prisoner", "VIOLENCE_OR_THREAT"),
        ("severed heads in a pool of blood", "GRAPHIC"),
        ("a crowd waving a swastika flag", "HATE_SPEECH"),
        ("go and kill yourself", "HARASSMENT_OR_ABUSE"),
        ("you idiot", "INSULT"),
        ("this is fucking bad", "PROFANITY"),
        ("a ｎｕｄｅ statue", "SEXUAL"),
    ],
)
def test_plain_words_are_found(text: str, label: str) -> None:
    assert scores(text)[label] > 0.9
