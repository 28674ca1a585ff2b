"""Bytes as coloured blocks in a picture, which survive its being encoded again.

A block is 16 pixels wide and high, in one of eight colours (three bits), and aligned with JPEG's
16-pixel units, so that re-encoding moves no block's mean by more than a few levels.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLOCK = 16
DARK, LIGHT = 40, 215
UNCERTAIN = 60  # a channel's mean closer than this to the middle is no block of ours
CRC_BYTES = 4


@dataclass(frozen=True)
class Grid:
    """Where the blocks are: `left` and `top` in pixels, multiples of 16."""

    left: int
    top: int
    columns: int
    rows: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom edge in pixels."""
        right = self.left + self.columns * BLOCK
        return (self.left, self.top, right, self.top + self.rows * BLOCK)

    @property
    def capacity(self) -> int:
        """How many bytes it holds, beside their CRC-32."""
        return self.columns * self.rows * 3 // 8 - CRC_BYTES

    def fits(self, image: Image.Image) -> bool:
        return image.width >= self.box[2] and image.height >= self.box[3]

    def draw(self, image: Image.Image, data: bytes) -> None:
        """Put at most `capacity` bytes into a picture that they fit in."""
        body = data.ljust(self.capacity, b"\0")
        bits = np.unpackbits(np.frombuffer(body + _crc(body), np.uint8))
        cells = np.zeros(self.rows * self.columns * 3, np.uint8)
        cells[: bits.size] = bits
        colours = np.where(cells.reshape(self.rows, self.columns, 3), LIGHT, DARK)
        blocks = Image.fromarray(colours.astype(np.uint8))
        size = (self.columns * BLOCK, self.rows * BLOCK)
        image.paste(blocks.resize(size, Image.Resampling.NEAREST), (self.left, self.top))

    def read(self, image: Image.Image) -> bytes | None:
        """The bytes, filled up with zeros; None unless every block is sure and the CRC right."""
        if not self.fits(image):
            return None
        means = self._means(image.crop(self.box).convert("RGB"))
        middle = (DARK + LIGHT) / 2
        if np.abs(means - middle).min() < UNCERTAIN:
            return None
        data = np.packbits((means > middle).reshape(-1)).tobytes()
        body = data[: self.capacity]
        return body if data[self.capacity :][:CRC_BYTES] == _crc(body) else None

    def _means(self, patch: Image.Image) -> NDArray[np.float64]:
        """The mean colour of the middle half of each block, 0..255: rows x columns x 3."""
        pixels = np.asarray(patch, np.float64).reshape(self.rows, BLOCK, self.columns, BLOCK, 3)
        quarter = BLOCK // 4
        middle = pixels[:, quarter:-quarter, :, quarter:-quarter]
        return np.asarray(middle.mean(axis=(1, 3)))


def _crc(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(CRC_BYTES, "big")
