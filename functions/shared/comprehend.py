"""Amazon Comprehend: one prompt in, scores by label out."""

from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from shared import aws
from shared.errors import UnusableVerdict

Scores = dict[str, float]
# Scores are 32-bit numbers on their way here: 1 may arrive as a little more.
_ROUNDING = 1e-6


class Backend(Protocol):
    """One way to have a prompt classified."""

    name: str
    """Of the policy's part that knows this backend's labels."""

    def model(self) -> str:
        """Who answers, with the address that does: a stand-in cannot pass for AWS."""

    def reads(self, language: str) -> bool:
        """Whether a text in this language (BCP 47) gets a meaningful answer."""

    def scores(self, text: str) -> tuple[Scores, int]:
        """The score of each label, 0 to 1, and how many units of 100 characters were paid."""


class CustomClassifier:
    """ClassifyDocument with a custom classifier's endpoint: at most 10 KB of UTF-8 a call."""

    name = "custom"

    def __init__(self, endpoint_arn: str, client: Any = None) -> None:
        self._arn = endpoint_arn
        self._client = client or aws.client("comprehend")

    def model(self) -> str:
        return f"{_host(self._client)}/{self._arn.rpartition('/')[2]}"

    def reads(self, language: str) -> bool:
        # A custom classifier reads what it was trained on; the request does not say what that was.
        return True

    def scores(self, text: str) -> tuple[Scores, int]:
        reply = _answer(lambda: self._client.classify_document(Text=text, EndpointArn=self._arn))
        # Classes for a multi-class model, Labels for a multi-label one; in no promised order.
        found = [*reply.get("Classes", ()), *reply.get("Labels", ())]
        # An endpoint is paid by the hour, not by the text.
        return _named_scores(found), 0


class ToxicityDetection:
    """DetectToxicContent: English only, at most 10 segments of 1 KB of UTF-8 a call."""

    name = "toxicity"
    segment_bytes = 1000
    segments = 10

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("comprehend")

    def model(self) -> str:
        return f"{_host(self._client)}/DetectToxicContent"

    def reads(self, language: str) -> bool:
        return language.partition("-")[0].lower() == "en"

    def scores(self, text: str) -> tuple[Scores, int]:
        segments = split_bytes(text, self.segment_bytes)
        worst: Scores = {}
        for start in range(0, len(segments), self.segments):
            batch = segments[start : start + self.segments]
            reply = _answer(
                lambda batch=batch: self._client.detect_toxic_content(
                    TextSegments=[{"Text": segment} for segment in batch], LanguageCode="en"
                )
            )
            results = reply.get("ResultList", [])
            if len(results) != len(batch):
                raise UnusableVerdict("DetectToxicContent did not answer for every segment")
            for result in results:
                for label, score in _named_scores(result.get("Labels", ())).items():
                    worst[label] = max(score, worst.get(label, 0.0))
        # Billed per started 100 characters, at least 3 a request.
        return worst, max(3, -(-len(text) // 100))


def split_bytes(text: str, limit: int) -> list[str]:
    """The text in parts of at most `limit` bytes of UTF-8, cut at spaces where there are any."""
    parts = []
    while text:
        encoded = text.encode()
        if len(encoded) <= limit:
            parts.append(text)
            break
        head = encoded[:limit].decode(errors="ignore")
        border = head.rfind(" ")
        head = head[:border] if border > 0 else head
        parts.append(head)
        text = text[len(head) :].lstrip(" ")
    return parts


def _answer(call: Any) -> dict[str, Any]:
    try:
        with aws.translated():
            reply: dict[str, Any] = call()
            return reply
    except ClientError as error:
        # An endpoint that is being updated answers so; the state machine tries again.
        if aws.error_code(error) == "ResourceUnavailableException":
            raise UnusableVerdict("the classifier's endpoint is not in service") from error
        raise


def _named_scores(rows: Any) -> Scores:
    scores: Scores = {}
    for row in rows:
        name, score = row.get("Name"), row.get("Score")
        if (
            not isinstance(name, str)
            or not isinstance(score, (int, float))
            or not 0 <= score <= 1 + _ROUNDING
        ):
            raise UnusableVerdict("Comprehend's answer has a label without a score from 0 to 1")
        scores[name] = min(float(score), 1.0)
    return scores


def _host(client: Any) -> str:
    return str(urlsplit(client.meta.endpoint_url).netloc)
