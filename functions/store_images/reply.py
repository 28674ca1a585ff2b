"""JumpStart's text-to-image reply: the bytes of its pictures, whichever shape it has."""

import base64
import json
from dataclasses import dataclass
from itertools import chain
from typing import Any

from shared.errors import MalformedReply

# As a request may ask for; how many this one asked for is checked when they are stored.
_MOST_PICTURES = 4


@dataclass(frozen=True)
class RawPicture:
    """Encoded bytes (JPEG or PNG) as they came, or RGB rows with their size."""

    data: bytes
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Reply:
    """The pictures, and who painted them if the reply says so."""

    pictures: list[RawPicture]
    model_version: str = ""


def read_reply(body: bytes) -> Reply:
    """Raises MalformedReply: not JSON, no pictures, or something in a picture's place."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedReply("the generator's reply is not JSON") from None
    if not isinstance(reply, dict):
        raise MalformedReply("the generator's reply is not an object")
    # A JSON request is answered with a list, a text request with one picture.
    found = reply.get("generated_images")
    if found is None and "generated_image" in reply:
        found = [reply["generated_image"]]
    if not isinstance(found, list) or not found:
        raise MalformedReply("the generator's reply holds no pictures")
    # Each of millions of empty ones would be read before anybody counts them.
    if len(found) > _MOST_PICTURES:
        raise MalformedReply(f"the generator's reply holds {len(found)} pictures")
    version = reply.get("model_version", "")
    return Reply([_picture(one) for one in found], _name(version))


def _name(version: Any) -> str:
    """Goes into records and pictures, whatever it is."""
    text = version if isinstance(version, str) else ""
    return "".join(c for c in text if c.isprintable())[:128]


def _picture(found: Any) -> RawPicture:
    if isinstance(found, str):
        try:
            return RawPicture(base64.b64decode(found, validate=True))
        except ValueError:
            raise MalformedReply("a picture in the reply is not base64") from None
    if isinstance(found, list):
        return _rows(found)
    raise MalformedReply("a picture in the reply is neither text nor rows of pixels")


def _rows(rows: list[Any]) -> RawPicture:
    try:
        height, width = len(rows), len(rows[0])
        if any(len(row) != width for row in rows):
            raise MalformedReply("a picture's rows differ in length")
        data = bytes(chain.from_iterable(chain.from_iterable(rows)))
    except (TypeError, ValueError, IndexError):
        raise MalformedReply("a picture's rows are not RGB values from 0 to 255") from None
    if len(data) != width * height * 3:
        raise MalformedReply("a picture's rows are not RGB values from 0 to 255")
    return RawPicture(data, (width, height))
