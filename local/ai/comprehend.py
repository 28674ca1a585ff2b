"""Comprehend's DetectToxicContent and ClassifyDocument, answered by a small model of our own.

Limits and errors: Comprehend Developer Guide, "Guidelines and quotas" and "Trust and safety".
The numbers are the model's (classifier/card.md): Comprehend would give others.
"""

import re

from local.ai.classifier.model import LABELS, UNSAFE, shipped
from local.ai.wire import Json, ServiceError

MOST_SEGMENTS = 10
SEGMENT_BYTES = 1024
DOCUMENT_BYTES = 10 * 1024
LANGUAGES = ["en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"]
ARN = re.compile(
    r"arn:aws[a-z-]*:comprehend:[a-zA-Z0-9-]*:(?:\d{12}|aws)"
    r":document-classifier-endpoint/([a-zA-Z0-9](?:-*[a-zA-Z0-9])*)"
)
LOCAL_ENDPOINT = "local-"


class Classifier:
    def __init__(self, classes: tuple[str, str] = ("safe", "unsafe")) -> None:
        self.classes = classes
        self._model = shipped()
        self.name = self._model.name

    def answer(self, operation: str, body: Json) -> Json:
        if operation == "DetectToxicContent":
            return toxic_content([self._model.scores(text) for text in segments_of(body)])
        if operation == "ClassifyDocument":
            return self.document_classes(self._model.scores(document_of(body))[UNSAFE])
        raise ServiceError("UnknownOperationException", f"{operation} is not served here")

    def document_classes(self, unsafe: float) -> Json:
        """The answer of a two-class custom classifier; `unsafe` 0..1."""
        safe_class, unsafe_class = self.classes
        ranked = sorted([(unsafe, unsafe_class), (1 - unsafe, safe_class)], reverse=True)
        return {"Classes": [{"Name": name, "Score": score} for score, name in ranked]}


def toxic_content(results: list[dict[str, float]]) -> Json:
    """The answer of DetectToxicContent for a score 0..1 per label and segment."""
    return {
        "ResultList": [
            {
                "Labels": [{"Name": label, "Score": result[label]} for label in LABELS],
                "Toxicity": max(result[label] for label in LABELS),
            }
            for result in results
        ]
    }


def segments_of(body: Json) -> list[str]:
    """The checked texts of a DetectToxicContent request."""
    segments = body.get("TextSegments")
    if not isinstance(segments, list) or not 1 <= len(segments) <= MOST_SEGMENTS:
        raise ServiceError("InvalidRequestException", "TextSegments takes 1 to 10 segments")
    language = body.get("LanguageCode")
    if language not in LANGUAGES:
        raise ServiceError("InvalidRequestException", "LanguageCode is missing or unknown")
    if language != "en":
        raise ServiceError("UnsupportedLanguageException", "only en is supported")
    texts = [segment.get("Text") for segment in segments if isinstance(segment, dict)]
    if len(texts) < len(segments):
        raise ServiceError("InvalidRequestException", "a segment is an object with Text")
    return [_checked(text, SEGMENT_BYTES) for text in texts]


def document_of(body: Json) -> str:
    """The checked text of a ClassifyDocument request."""
    endpoint = ARN.fullmatch(str(body.get("EndpointArn")))
    if not endpoint:
        raise ServiceError("InvalidRequestException", "EndpointArn is missing or malformed")
    if not endpoint[1].startswith(LOCAL_ENDPOINT):
        raise ServiceError(
            "ResourceUnavailableException",
            f"endpoint {endpoint[1]} is not in service: here names begin with {LOCAL_ENDPOINT}",
        )
    if "Bytes" in body:
        raise ServiceError("InvalidRequestException", "the stand-in reads Text, not Bytes")
    return _checked(body.get("Text"), DOCUMENT_BYTES)


def _checked(text: object, most_bytes: int) -> str:
    if not isinstance(text, str) or not text:
        raise ServiceError("InvalidRequestException", "Text is missing or empty")
    if len(text.encode("utf-8", "replace")) > most_bytes:
        raise ServiceError(
            "TextSizeLimitExceededException", f"Input text size exceeds {most_bytes} bytes"
        )
    return text
