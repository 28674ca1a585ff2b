"""The colour-block marker: how a painted "unsafe" picture tells the moderator what it stands for.

A grid of 16-pixel blocks, each in one of eight colours (three bits), starting at (16, 16): aligned
with JPEG's 16-pixel units, so that re-encoding moves no block's mean by more than a few levels.
It holds a magic word, up to four labels with confidences, a flag and a CRC-32; a picture that
does not carry all of it exactly carries nothing.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.ai.taxonomy import NAMES

BLOCK = 16
COLUMNS = 12
ROWS = 5
ORIGIN = (16, 16)
EXTENT = (COLUMNS * BLOCK, ROWS * BLOCK)
DARK, LIGHT = 40, 215
UNCERTAIN = 60  # a channel's mean closer than this to the middle is no block of ours
MAGIC = b"SLM1"
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
    """Put the marker into the picture, which must be at least 224 x 112 pixels; ValueError for
    labels that it cannot hold."""
    bits = np.unpackbits(np.frombuffer(_packed(marker), np.uint8))
    cells = np.zeros(ROWS * COLUMNS * 3, np.uint8)
    cells[: bits.size] = bits
    colours = np.where(cells.reshape(ROWS, COLUMNS, 3), LIGHT, DARK).astype(np.uint8)
    blocks = Image.fromarray(colours).resize(EXTENT, Image.Resampling.NEAREST)
    image.paste(blocks, ORIGIN)


def read_marker(image: Image.Image) -> Marker | None:
    left, top = ORIGIN
    box = (left, top, left + EXTENT[0], top + EXTENT[1])
    if image.width < box[2] or image.height < box[3]:
        return None
    return _unpacked(_means(image.crop(box).convert("RGB")))


def _means(patch: Image.Image) -> NDArray[np.float64]:
    """The mean colour of the middle half of each block, 0..255, shape (ROWS, COLUMNS, 3)."""
    pixels = np.asarray(patch, np.float64).reshape(ROWS, BLOCK, COLUMNS, BLOCK, 3)
    quarter = BLOCK // 4
    middle = pixels[:, quarter:-quarter, :, quarter:-quarter]
    return np.asarray(middle.mean(axis=(1, 3)))


def _packed(marker: Marker) -> bytes:
    if not 1 <= len(marker.labels) <= MOST_LABELS:
        raise ValueError(f"a marker holds 1 to {MOST_LABELS} labels, not {len(marker.labels)}")
    pairs: list[int] = []
    for name, confidence in marker.labels:
        if name not in NAMES or not 0 <= confidence <= 100:
            raise ValueError(f"no label of the taxonomy with 0..100 percent: {name!r}")
        pairs += [NAMES.index(name), round(confidence * 2)]
    pairs += [NO_LABEL, 0] * (MOST_LABELS - len(marker.labels))
    body = BODY.pack(MAGIC, ILLUSTRATED if marker.illustrated else 0, *pairs)
    return body + zlib.crc32(body).to_bytes(4, "big")


def _unpacked(means: NDArray[np.float64]) -> Marker | None:
    if np.abs(means - (DARK + LIGHT) / 2).min() < UNCERTAIN:
        return None
    bits = (means > (DARK + LIGHT) / 2).reshape(-1)
    data = np.packbits(bits)[: BODY.size + 4].tobytes()
    body, crc = data[: BODY.size], data[BODY.size :]
    if not body.startswith(MAGIC) or zlib.crc32(body).to_bytes(4, "big") != crc:
        return None
    _, flags, *pairs = BODY.unpack(body)
    labels = tuple(
        (NAMES[index], half / 2)
        for index, half in zip(pairs[::2], pairs[1::2], strict=True)
        if index != NO_LABEL
    )
    return Marker(labels, bool(flags & ILLUSTRATED))
