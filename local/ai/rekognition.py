"""DetectModerationLabels, answered from a marker in the pixels.

It cannot see what a picture shows: a real photograph of anything has no labels here. What it
recognises is the marker (marker.py) that our painter puts into a picture when it was told to
paint an "unsafe" one, so that the whole path, from generation over storage and re-encoding to the
verdict, is driven by the picture itself.

Limits and error names: Rekognition Developer Guide, "Guidelines and quotas" and the API reference.
Ours, not AWS's: pictures above 25 megapixels are refused, to keep this process small.
"""

import base64
import binascii
import io
import struct

from PIL import Image

from local.ai.engine_client import EngineClient, EngineError, ObjectTooLarge
from local.ai.marker import Marker, read_marker
from local.ai.taxonomy import Row, rows
from local.ai.wire import Json, ServiceError

NAME = "local-marker-moderator-1"
MOST_BYTES = 5 * 1024 * 1024
MOST_S3_BYTES = 15 * 1024 * 1024
LEAST_SIDE, MOST_SIDE = 80, 10_000
MOST_PIXELS = 25_000_000
DEFAULT_MIN_CONFIDENCE = 50.0
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)


class Moderator:
    name = NAME

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine

    def answer(self, operation: str, body: Json) -> Json:
        if operation != "DetectModerationLabels":
            raise ServiceError("UnknownOperationException", f"{operation} is not served here")
        min_confidence = _min_confidence(body)
        _refuse_what_is_not_here(body)
        return verdict(read_marker(_decoded(self._bytes(body.get("Image")))), min_confidence)

    def _bytes(self, image: object) -> bytes:
        if not isinstance(image, dict) or ("Bytes" in image) == ("S3Object" in image):
            raise ServiceError("InvalidParameterException", "Image takes Bytes or S3Object")
        if "Bytes" in image:
            return _from_base64(image["Bytes"])
        return self._from_s3(image["S3Object"])

    def _from_s3(self, place: object) -> bytes:
        if not isinstance(place, dict) or not place.get("Bucket") or not place.get("Name"):
            raise ServiceError("InvalidParameterException", "S3Object takes Bucket and Name")
        try:
            return self._engine.get_object(
                place["Bucket"], place["Name"], place.get("Version"), limit=MOST_S3_BYTES
            )
        except ObjectTooLarge as large:
            raise ServiceError("ImageTooLargeException", "more than 15 MB in S3") from large
        except EngineError as missing:
            raise ServiceError(
                "InvalidS3ObjectException", "Unable to get object metadata from S3."
            ) from missing


def verdict(marker: Marker | None, min_confidence: float = DEFAULT_MIN_CONFIDENCE) -> Json:
    """The response body; rows below `min_confidence` percent are left out."""
    found: dict[str, Row] = {}
    for label, confidence in marker.labels if marker else ():
        for row in rows(label, confidence):
            known = found.setdefault(row["Name"], row)
            known["Confidence"] = max(known["Confidence"], confidence)
    kept = [row for row in found.values() if row["Confidence"] >= min_confidence]
    illustrated = [{"Name": "Illustrated", "Confidence": 99.0}]
    return {
        "ModerationLabels": kept,
        "ModerationModelVersion": NAME,
        "ContentTypes": illustrated if marker and marker.illustrated else [],
    }


def _min_confidence(body: Json) -> float:
    value = body.get("MinConfidence", DEFAULT_MIN_CONFIDENCE)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise ServiceError("InvalidParameterException", "MinConfidence is 0 to 100")
    return float(value)


def _refuse_what_is_not_here(body: Json) -> None:
    if body.get("ProjectVersion"):
        raise ServiceError("ResourceNotFoundException", "there are no adapters here")
    if body.get("HumanLoopConfig"):
        raise ServiceError("InvalidParameterException", "there are no human loops here")


def _from_base64(value: object) -> bytes:
    if not isinstance(value, str) or not value:
        raise ServiceError("InvalidParameterException", "Image.Bytes is base64")
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error as broken:
        raise ServiceError("InvalidParameterException", "Image.Bytes is not base64") from broken
    if len(data) > MOST_BYTES:
        raise ServiceError("ImageTooLargeException", "more than 5 MB in Image.Bytes")
    return data


def _decoded(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
        _check_size(image.width, image.height)
        image.load()
    except Image.DecompressionBombError as bomb:
        raise ServiceError("ImageTooLargeException", "far too many pixels") from bomb
    except BROKEN as broken:
        raise ServiceError(
            "InvalidImageFormatException", "Request has invalid image format"
        ) from broken
    return image


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise ServiceError("ImageTooLargeException", f"{width} x {height} pixels")
    if min(width, height) < LEAST_SIDE:
        raise ServiceError("InvalidParameterException", "sides must be at least 80 pixels")
