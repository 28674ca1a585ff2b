"""Comprehend's DetectToxicContent and ClassifyDocument, answered by a small model of our own.

Limits and errors: Comprehend Developer Guide, "Guidelines and quotas" and "Trust and safety".
The numbers are the model's (classifier/card.md): Comprehend would give others.
"""

import re
from collections.abc import Callable

from local.ai.classifier.model import LABELS, UNSAFE, shipped
from local.ai.custom_classification.learning import Learned
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
    """`trained` gives the model of an endpoint's ARN that CreateEndpoint made."""

    def __init__(
        self,
        classes: tuple[str, str] = ("safe", "unsafe"),
        trained: Callable[[str], Learned | None] = lambda _: None,
    ) -> None:
        self.classes = classes
        self._trained = trained
        self._model = shipped()
        self.name = self._model.name

    def answer(self, operation: str, body: Json) -> Json:
        if operation == "DetectToxicContent":
            return toxic_content([self._model.scores(text) for text in segments_of(body)])
        if operation == "ClassifyDocument":
            model = self._trained(str(body.get("EndpointArn")))
            text = document_of(body, model is not None)
            if model:
                return ranked(model.scores(text))
            return self.document_classes(self._model.scores(text)[UNSAFE])
        raise ServiceError("UnknownOperationException", f"{operation} is not served here")

    def document_classes(self, unsafe: float) -> Json:
        """The answer of a two-class custom classifier; `unsafe` 0..1."""
        safe_class, unsafe_class = self.classes
        return ranked({unsafe_class: unsafe, safe_class: 1 - unsafe})


def ranked(scores: dict[str, float]) -> Json:
    """The answer of ClassifyDocument; the best class comes first."""
    by_score = sorted(scores.items(), key=lambda named: (-named[1], named[0]))
    return {"Classes": [{"Name": name, "Score": score} for name, score in by_score]}


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


def document_of(body: Json, in_service: bool) -> str:
    """The checked text of a ClassifyDocument request, to an endpoint that is in service or not."""
    endpoint = ARN.fullmatch(str(body.get("EndpointArn")))
    if not endpoint:
        raise ServiceError("InvalidRequestException", "EndpointArn is missing or malformed")
    if not in_service and not endpoint[1].startswith(LOCAL_ENDPOINT):
        raise ServiceError(
            "ResourceUnavailableException",
            f"endpoint {endpoint[1]} is not in service: CreateEndpoint makes one here, and names "
            f"that begin with {LOCAL_ENDPOINT} are in service by themselves",
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
