"""The painter's markers: what a picture stands for, told to the moderator in coloured blocks.

One holds labels, so that a harmless picture can be told apart as an "unsafe" one; the other holds
the text that a picture shows, because our stand-in for DetectText cannot read. A picture that does
not carry all of a marker exactly carries none.
"""

import struct
from dataclasses import dataclass

from PIL import Image

from local.ai.blocks import Grid
from local.ai.taxonomy import NAMES

LABELS = Grid(left=16, top=16, columns=12, rows=5)
TEXT = Grid(left=16, top=112, columns=14, rows=8)
MAGIC, TEXT_MAGIC = b"SLM1", b"SLT1"
MOST_TEXT_BYTES = TEXT.capacity - len(TEXT_MAGIC)
MOST_LABELS = 4
BODY = struct.Struct(">4sB" + "BB" * MOST_LABELS)
NO_LABEL = 255
ILLUSTRATED = 1


@dataclass(frozen=True)
class Marker:
    """Labels of the taxonomy with confidences in percent (kept in steps of one half)."""

    labels: tuple[tuple[str, float], ...]
    illustrated: bool = False


def draw_marker(image: Image.Image, marker: Marker) -> None:
    """Put the labels into the picture, which must be at least 224 x 112 pixels; ValueError for
    labels that it cannot hold."""
    if not 1 <= len(marker.labels) <= MOST_LABELS:
        raise ValueError(f"a marker holds 1 to {MOST_LABELS} labels, not {len(marker.labels)}")
    pairs: list[int] = []
    for name, confidence in marker.labels:
        if name not in NAMES or not 0 <= confidence <= 100:
            raise ValueError(f"no label of the taxonomy with 0..100 percent: {name!r}")
        pairs += [NAMES.index(name), round(confidence * 2)]
    pairs += [NO_LABEL, 0] * (MOST_LABELS - len(marker.labels))
    LABELS.draw(image, BODY.pack(MAGIC, ILLUSTRATED if marker.illustrated else 0, *pairs))


def read_marker(image: Image.Image) -> Marker | None:
    body = LABELS.read(image)
    if body is None or not body.startswith(MAGIC):
        return None
    _, flags, *pairs = BODY.unpack(body[: BODY.size])
    labels = tuple(
        (NAMES[index], half / 2)
        for index, half in zip(pairs[::2], pairs[1::2], strict=True)
        if index != NO_LABEL
    )
    return Marker(labels, bool(flags & ILLUSTRATED))


def draw_text_marker(image: Image.Image, text: str) -> None:
    """Put a text into the picture, which must be at least 240 x 240 pixels; ValueError for one of
    more than 34 bytes of UTF-8."""
    encoded = text.encode()
    if not 1 <= len(encoded) <= MOST_TEXT_BYTES:
        raise ValueError(f"a picture's text has 1 to {MOST_TEXT_BYTES} bytes, not {len(encoded)}")
    TEXT.draw(image, TEXT_MAGIC + encoded)


def read_text_marker(image: Image.Image) -> str:
    """The text that the picture says it shows, or an empty one."""
    body = TEXT.read(image)
    if body is None or not body.startswith(TEXT_MAGIC):
        return ""
    return body.removeprefix(TEXT_MAGIC).rstrip(b"\0").decode("utf-8", "replace")
