"""Amazon Rekognition: one picture in, moderation labels or the text in it out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shared import aws
from shared.answers import read_from, rows, score, text
from shared.errors import UnusableVerdict
from shared.s3 import ObjectVersion

# From here on a picture is taken for a drawing, which policies judge less strictly.
_DRAWN = 0.5

# The score that we give is always valid: what violates a constraint is the picture.
_REFUSALS = frozenset(
    {"InvalidImageFormatException", "ImageTooLargeException", "InvalidParameterException"}
)

Picture = ObjectVersion | bytes
"""Stored, or the file itself: PNG or JPEG, at most 15 MB in S3 and 5 MB as bytes, sides of 80 to
10,000 pixels (Rekognition Developer Guide, Guidelines and quotas)."""


class PictureRefused(ClientError):  # type: ignore[misc]
    """Rekognition does not read this file; it may read another that shows the same."""


@dataclass(frozen=True)
class Label:
    """One label of the taxonomy, or one that we do not know. `score` is 0 to 1."""

    name: str
    parent: str
    score: float


@dataclass(frozen=True)
class Moderation:
    """What the moderator found in one picture."""

    labels: list[Label]
    model_version: str
    illustrated: bool


class Moderator:
    """DetectModerationLabels and DetectText on exact object versions, or on bytes."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("rekognition")

    def moderate(self, picture: Picture, min_score: float) -> Moderation:
        """Labels with at least `min_score` (0 to 1).

        Raises UnusableVerdict if the answer is not one: an absent list is not an empty list; and
        PictureRefused.
        """
        with read_from("Rekognition"), _refusals():
            reply = self._client.detect_moderation_labels(
                Image=_image(picture), MinConfidence=min_score * 100
            )
            if "ModerationLabels" not in reply:
                raise UnusableVerdict("Rekognition answered without labels")
            labels = [_label(row) for row in rows(reply, "ModerationLabels")]
            drawn = [_is_drawn(kind) for kind in rows(reply, "ContentTypes")]
            return Moderation(labels, text(reply, "ModerationModelVersion"), any(drawn))

    def read(self, picture: Picture, min_score: float) -> list[str]:
        """The lines of text in the picture, of words with at least `min_score` (0 to 1).

        Rekognition reads 100 words at most. Raises UnusableVerdict and PictureRefused.
        """
        with read_from("Rekognition"), _refusals():
            reply = self._client.detect_text(
                Image=_image(picture),
                Filters={"WordFilter": {"MinConfidence": min_score * 100}},
            )
            if "TextDetections" not in reply:
                raise UnusableVerdict("Rekognition answered without a list of text")
            return _lines(rows(reply, "TextDetections"), min_score)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if aws.error_code(error) in _REFUSALS:
            raise PictureRefused(error.response, error.operation_name) from error
        raise


def _image(picture: Picture) -> dict[str, Any]:
    if isinstance(picture, bytes):
        return {"Bytes": picture}
    place = {"Bucket": picture.bucket, "Name": picture.key, "Version": picture.version_id}
    return {"S3Object": place}


def _lines(detections: list[dict[str, Any]], min_score: float) -> list[str]:
    """Lines in the order of their ids, each of its words that are sure enough.

    A line's own confidence and text are of all its words, so that they are put together again.
    """
    lines: dict[int, list[str]] = {}
    for found in detections:
        kind, sure = text(found, "Type"), score(found, "Confidence", 100) >= min_score
        if kind not in ("LINE", "WORD"):
            raise UnusableVerdict("Rekognition's answer has text that is neither line nor word")
        if kind == "WORD" and sure:
            lines.setdefault(found.get("ParentId", -1), []).append(text(found, "DetectedText"))
    return [" ".join(words) for _, words in sorted(lines.items())]


def _label(row: dict[str, Any]) -> Label:
    parent = str(row.get("ParentName", ""))
    return Label(text(row, "Name"), parent, score(row, "Confidence", 100))


def _is_drawn(kind: dict[str, Any]) -> bool:
    # AWS's prose names the content types animated and illustrated, not their exact spelling.
    drawn = text(kind, "Name").lower().startswith(("illustrat", "animat"))
    return drawn and score(kind, "Confidence", 100) >= _DRAWN
