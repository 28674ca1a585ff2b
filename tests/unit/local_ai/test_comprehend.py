"""Comprehend over the wire: shapes, limits, error names."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.classifier.model import LABELS
from local.ai.comprehend import Classifier

pytestmark = pytest.mark.usefixtures("stand_ins")
Client = Callable[[str], Any]
ARN = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/"


def code(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_toxicity_in_the_order_of_the_segments(client: Client) -> None:
    segments = [
        {"Text": "a quiet lake"},
        {"Text": "two men torturing a prisoner"},
        {"Text": "naked people"},
    ]
    answer = client("comprehend").detect_toxic_content(TextSegments=segments, LanguageCode="en")

    quiet, violent, sexual = (
        {row["Name"]: row["Score"] for row in result["Labels"]} for result in answer["ResultList"]
    )
    assert tuple(quiet) == LABELS
    assert max(quiet.values()) < 0.3
    assert violent["VIOLENCE_OR_THREAT"] > 0.8
    assert sexual["SEXUAL"] > 0.8
    assert [result["Toxicity"] > 0.5 for result in answer["ResultList"]] == [False, True, True]
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-safelight-stand-in"] == "local-hashed-linear-classifier-1"


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
