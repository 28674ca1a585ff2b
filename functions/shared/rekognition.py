"""Amazon Rekognition: one stored picture in, moderation labels or the text in it out."""

from dataclasses import dataclass
from typing import Any

from shared import aws
from shared.errors import UnusableVerdict
from shared.s3 import ObjectVersion

# Confidences are 32-bit numbers on their way here: 100 may arrive as a little more.
_ROUNDING = 1e-4


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
    """DetectModerationLabels and DetectText on exact object versions."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("rekognition")

    def moderate(self, picture: ObjectVersion, min_score: float) -> Moderation:
        """Labels with at least `min_score` (0 to 1).

        Raises UnusableVerdict if the answer is not one: an absent list is not an empty list.
        """
        with aws.translated():
            reply = self._client.detect_moderation_labels(
                Image=_image(picture), MinConfidence=min_score * 100
            )
        rows, version = reply.get("ModerationLabels"), reply.get("ModerationModelVersion")
        if not isinstance(rows, list) or not isinstance(version, str) or not version:
            raise UnusableVerdict("Rekognition answered without labels or without a model version")
        # AWS's prose names the content types animated and illustrated, not their exact spelling.
        drawn = any(
            str(kind.get("Name", "")).lower().startswith(("illustrat", "animat"))
            for kind in reply.get("ContentTypes", ())
        )
        return Moderation([_label(row) for row in rows], version, drawn)

    def read(self, picture: ObjectVersion, min_score: float) -> list[str]:
        """The lines of text in the picture, of words with at least `min_score` (0 to 1).

        Rekognition reads 100 words at most. Raises UnusableVerdict.
        """
        with aws.translated():
            reply = self._client.detect_text(
                Image=_image(picture),
                Filters={"WordFilter": {"MinConfidence": min_score * 100}},
            )
        detections = reply.get("TextDetections")
        if not isinstance(detections, list):
            raise UnusableVerdict("Rekognition answered without a list of text")
        return _lines(detections, min_score)


def _image(picture: ObjectVersion) -> dict[str, Any]:
    place = {"Bucket": picture.bucket, "Name": picture.key, "Version": picture.version_id}
    return {"S3Object": place}


def _lines(detections: list[dict[str, Any]], min_score: float) -> list[str]:
    """Lines in the order of their ids, each of its words that are sure enough.

    A line's own confidence and text are of all its words, so that they are put together again.
    """
    lines: dict[int, list[str]] = {}
    for found in detections:
        text, confidence = found.get("DetectedText"), found.get("Confidence")
        if not isinstance(text, str) or not isinstance(confidence, (int, float)):
            raise UnusableVerdict("Rekognition's answer has text without its confidence")
        if found.get("Type") == "WORD" and confidence >= min_score * 100:
            lines.setdefault(found.get("ParentId", -1), []).append(text)
    return [" ".join(words) for _, words in sorted(lines.items())]


def _label(row: dict[str, Any]) -> Label:
    name, confidence = row.get("Name"), row.get("Confidence")
    if not isinstance(name, str) or not isinstance(confidence, (int, float)):
        raise UnusableVerdict("Rekognition's answer has a label without a name or a confidence")
    if not 0 <= confidence <= 100 + _ROUNDING:
        raise UnusableVerdict("Rekognition's answer has a confidence that is none")
    return Label(name, str(row.get("ParentName", "")), min(confidence / 100, 1.0))
