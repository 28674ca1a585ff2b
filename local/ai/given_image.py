"""The picture of a Rekognition request: where it comes from, how large it may be, what it is.

Limits and error names: Rekognition Developer Guide, "Guidelines and quotas" and the API reference.
Ours, not AWS's: pictures above 25 megapixels are refused, to keep this process small.
"""

import base64
import binascii
import io
import struct

from PIL import Image

from local.ai.engine_client import EngineClient, EngineError, ObjectTooLarge
from local.ai.wire import ServiceError

MOST_BYTES = 5 * 1024 * 1024
MOST_S3_BYTES = 15 * 1024 * 1024
LEAST_SIDE, MOST_SIDE = 80, 10_000
MOST_PIXELS = 25_000_000
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)


def given_image(image: object, engine: EngineClient) -> Image.Image:
    """The RGB picture that the member Image names; ServiceError as Rekognition would answer."""
    if not isinstance(image, dict) or ("Bytes" in image) == ("S3Object" in image):
        raise ServiceError("InvalidParameterException", "Image takes Bytes or S3Object")
    if "Bytes" in image:
        return _decoded(_from_base64(image["Bytes"]))
    return _decoded(_from_s3(image["S3Object"], engine))


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


def _from_s3(place: object, engine: EngineClient) -> bytes:
    if not isinstance(place, dict) or not place.get("Bucket") or not place.get("Name"):
        raise ServiceError("InvalidParameterException", "S3Object takes Bucket and Name")
    try:
        return engine.get_object(
            place["Bucket"], place["Name"], place.get("Version"), limit=MOST_S3_BYTES
        )
    except ObjectTooLarge as large:
        raise ServiceError("ImageTooLargeException", "more than 15 MB in S3") from large
    except EngineError as missing:
        raise ServiceError(
            "InvalidS3ObjectException", "Unable to get object metadata from S3."
        ) from missing


def _decoded(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
        _check_size(image.width, image.height)
        image.load()
        # convert() copies a picture that is RGB already.
        return image if image.mode == "RGB" else image.convert("RGB")
    except Image.DecompressionBombError as bomb:
        raise ServiceError("ImageTooLargeException", "far too many pixels") from bomb
    except BROKEN as broken:
        raise ServiceError(
            "InvalidImageFormatException", "Request has invalid image format"
        ) from broken


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise ServiceError("ImageTooLargeException", f"{width} x {height} pixels")
    if min(width, height) < LEAST_SIDE:
        raise ServiceError("InvalidParameterException", "sides must be at least 80 pixels")
