"""Amazon Comprehend: one prompt in; scores by label, or by language, out."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from shared import aws
from shared.answers import read_from, rows, score, text
from shared.errors import UnusableVerdict

Scores = dict[str, float]
Usage = dict[str, int]


class CustomClassifier:
    """ClassifyDocument with a custom classifier's endpoint: at most 10 KB of UTF-8 a call."""

    name = "custom"

    def __init__(self, endpoint_arn: str, client: Any = None) -> None:
        self._arn = endpoint_arn
        self._client = client or _client()

    def model(self) -> str:
        return f"{aws.host(self._client)}/{self._arn.rpartition('/')[2]}"

    def scores(self, prompt: str) -> tuple[Scores, Usage]:
        with _answering():
            reply = self._client.classify_document(Text=prompt, EndpointArn=self._arn)
            # Classes for a multi-class model, Labels for a multi-label one; in no promised order.
            found = rows(reply, "Classes") + rows(reply, "Labels")
            # An endpoint is paid by the hour, not by the text.
            return _named_scores(found), {}


class ToxicityDetection:
    """DetectToxicContent: English only, at most 10 segments of 1 KB of UTF-8 a call."""

    name = "toxicity"
    segment_bytes = 1000
    overlap_bytes = 100
    segments = 10

    def __init__(self, client: Any = None) -> None:
        self._client = client or _client()

    def model(self) -> str:
        return f"{aws.host(self._client)}/DetectToxicContent"

    def scores(self, prompt: str) -> tuple[Scores, Usage]:
        """Of each label, its worst score in any part of the prompt."""
        segments = list(overlapping(prompt, self.segment_bytes, self.overlap_bytes))
        worst: Scores = {}
        units = 0
        for start in range(0, len(segments), self.segments):
            batch = segments[start : start + self.segments]
            for label, found in self._batch(batch):
                worst[label] = max(found, worst.get(label, 0.0))
            units += _units(batch)
        return worst, {"comprehend_units": units}

    def _batch(self, segments: list[str]) -> Iterator[tuple[str, float]]:
        with _answering():
            reply = self._client.detect_toxic_content(
                TextSegments=[{"Text": segment} for segment in segments], LanguageCode="en"
            )
            results = rows(reply, "ResultList")
            scores = [_named_scores(rows(result, "Labels")) for result in results]
        if len(scores) != len(segments):
            raise UnusableVerdict("DetectToxicContent did not answer for every segment")
        if any(one.keys() != scores[0].keys() for one in scores):
            raise UnusableVerdict("DetectToxicContent did not answer with every label")
        for one in scores:
            yield from one.items()


class LanguageDetection:
    """DetectDominantLanguage: about a hundred languages, from 20 characters on.

    Its client is made at the first call: not every policy has languages detected.
    """

    def __init__(self, client: Any = None) -> None:
        self._client = client

    def languages(self, prompt: str) -> tuple[Scores, Usage]:
        """How sure Comprehend is of each language (BCP 47) that it sees, and what that cost."""
        client = self._client or _client()
        with _answering():
            reply = client.detect_dominant_language(Text=prompt)
            if "Languages" not in reply:
                raise UnusableVerdict("DetectDominantLanguage answered without languages")
            found = _named_scores(rows(reply, "Languages"), "LanguageCode")
        return found, {"comprehend_units": _units([prompt])}


def overlapping(text: str, limit: int, overlap: int) -> Iterator[str]:
    """The text in parts of at most `limit` bytes of UTF-8.

    `limit` is at least 16, `overlap` at most a quarter of it. Cut at spaces; in the middle of a
    word only where it is longer than half a part, never in the middle of a character. Each part
    begins with the last words of the one before, about `overlap` bytes of them: what is said across
    a cut is still read in one piece.
    """
    encoded = text.encode()
    start = 0
    while len(encoded) - start > limit:
        end = encoded.rfind(b" ", start + limit // 2, start + limit + 1)
        if end < 0:
            end = _character(encoded, start + limit)
        yield encoded[start:end].decode()
        word = encoded.find(b" ", end - overlap, end)
        start = word + 1 if word >= 0 else _character(encoded, end - overlap)
    if start < len(encoded):
        yield encoded[start:].decode()


def _character(encoded: bytes, at: int) -> int:
    """Where the character begins that the byte at `at` belongs to."""
    while encoded[at] & 0b1100_0000 == 0b1000_0000:
        at -= 1
    return at


def _units(texts: list[str]) -> int:
    """What a request is billed: per started 100 characters, at least 3."""
    return max(3, -(-sum(map(len, texts)) // 100))


@functools.cache
def _client() -> Any:
    """One for all classes here: making one takes most of a cold start."""
    return aws.client("comprehend")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        with read_from("Comprehend"):
            yield
    except ClientError as error:
        # An endpoint that is being updated answers so; the state machine tries again.
        if aws.error_code(error) == "ResourceUnavailableException":
            raise UnusableVerdict("the classifier's endpoint is not in service") from error
        raise


def _named_scores(labels: list[dict[str, Any]], key: str = "Name") -> Scores:
    """The higher one of a label that comes twice."""
    scores: Scores = {}
    for label in labels:
        name = text(label, key)
        scores[name] = max(score(label, "Score"), scores.get(name, 0.0))
    return scores
