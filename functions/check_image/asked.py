"""The picture that a caller wants judged, refused where nobody need be paid to see that it is none.

Rekognition takes at most 5 MB of bytes (Developer Guide, Guidelines and quotas), but Lambda's
events end at 6 MB (Developer Guide, Lambda quotas), and base64 takes a third more than the file.
"""

import base64
import struct

from shared.api import Problem
from shared.request import InvalidRequest, check_fields

MOST_BYTES = 4_000_000
# In base64, with the JSON around it.
MOST_BODY_BYTES = 5_400_000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def read_asked(body: dict[str, object]) -> bytes:
    """A file that begins as PNG or JPEG does. Raises InvalidRequest and Problem."""
    check_fields(body, ("image",), "a check")
    if "image" not in body:
        raise InvalidRequest("image", "required", "image is missing")
    image = _from_base64(body["image"])
    if len(image) > MOST_BYTES:
        message = f"image has {len(image)} bytes; at most {MOST_BYTES} are read"
        raise Problem("too_large", message, [_blamed("max_bytes", message)])
    if not image.startswith((_PNG, _JPEG)):
        raise unreadable("image is neither PNG nor JPEG")
    if b"acTL" in _chunks(image):
        # Rekognition sees one picture, which need not even be a frame of the animation.
        raise unreadable("image is animated: each of its frames must be checked alone")
    return image


def is_transparent(image: bytes) -> bool:
    """Whether a file's header lets pixels be transparent; they may all be opaque."""
    return b"tRNS" in _chunks(image) or (image.startswith(_PNG) and image[25:26] in (b"\4", b"\6"))


def _chunks(image: bytes) -> set[bytes]:
    """The types of a PNG's chunks before its pixels (PNG Specification, 5.3); none of a JPEG."""
    found: set[bytes] = set()
    at = len(_PNG) if image.startswith(_PNG) else len(image)
    while at + 8 <= len(image) and b"IDAT" not in found:
        length, kind = struct.unpack_from(">I4s", image, at)
        found.add(kind)
        at += length + 12
    return found


def unreadable(message: str) -> Problem:
    """The picture cannot be judged, whoever tries it how often."""
    return Problem("unreadable_image", message, [_blamed("readable", message)])


def _from_base64(value: object) -> bytes:
    if not isinstance(value, str):
        raise InvalidRequest("image", "type", "image must be of type string")
    if not value:
        raise InvalidRequest("image", "minLength", "image must have at least 1 character(s)")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise InvalidRequest("image", "base64", "image is not base64") from None


def _blamed(rule: str, message: str) -> dict[str, str]:
    return {"field": "image", "rule": rule, "message": message}
