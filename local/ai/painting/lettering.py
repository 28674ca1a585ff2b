"""The font of everything that is written on a picture, as large as there is room for."""

import functools

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_that_fits(text: str, width: float, most: int = 200) -> Font:
    """For the longest line to be at most `width` pixels wide, and `most` points high."""
    longest = max(text.split("\n"), key=len)
    at_100 = ImageDraw.Draw(Image.new("L", (1, 1))).textlength(longest, _font(100))
    # Some characters take no room.
    return _font(max(8, min(most, int(100 * width / max(at_100, 1)))))


@functools.lru_cache(maxsize=64)
def _font(points: int) -> Font:
    return ImageFont.load_default(points)
