"""Tells what a model's own filter puts in a picture's place from a picture.

A picture taken for a placeholder is generated again and at last refused, a placeholder taken for a
picture is judged and delivered: in doubt it is a picture.
"""

import math

from PIL import Image, ImageChops

# Brightest and darkest pixels that differ by less say nothing.
_UNIFORM_RANGE = 12
_BLACK = 16
# Blurred: nearly every pixel can be told from a thumbnail of this many cells along the longer
# side, while the picture has more in it than the gradients, fog or sky that a coarse one holds.
_DETAIL_CELLS, _DETAIL_SHARE, _MOST_DETAIL = 32, 0.999, 6
_SHAPE_CELLS, _LEAST_SHAPE = 8, 6.0
# Compared at this size, where noise of JPEG's blocks is averaged out; a smaller picture has no
# detail to miss.
_COMPARED_SIDE = 128


def filtered_because(image: Image.Image) -> str:
    """black, uniform or blurred; an empty text for a picture."""
    grey = image.convert("L")
    tones = [tone for tone, count in enumerate(grey.histogram()) if count]
    if tones[-1] < _BLACK:
        return "black"
    if tones[-1] - tones[0] < _UNIFORM_RANGE:
        return "uniform"
    return "blurred" if _is_blurred(grey) else ""


def _is_blurred(grey: Image.Image) -> bool:
    if max(grey.size) < _COMPARED_SIDE:
        return False
    compared = _shrunk(grey, _COMPARED_SIDE)
    missed = _missed_by_thumbnail(compared, _DETAIL_CELLS)
    pixels = compared.width * compared.height
    if sum(missed[: _MOST_DETAIL + 1]) < _DETAIL_SHARE * pixels:
        return False
    missed = _missed_by_thumbnail(compared, _SHAPE_CELLS)
    squares = sum(difference**2 * count for difference, count in enumerate(missed))
    return math.sqrt(squares / pixels) >= _LEAST_SHAPE


def _missed_by_thumbnail(grey: Image.Image, cells: int) -> list[int]:
    """How many pixels differ by 0, 1, ... 255 levels from the thumbnail drawn large again."""
    again = _shrunk(grey, cells).resize(grey.size, Image.Resampling.BICUBIC)
    return ImageChops.difference(grey, again).histogram()


def _shrunk(grey: Image.Image, longer_side: int) -> Image.Image:
    scale = longer_side / max(grey.size)
    size = max(1, round(grey.width * scale)), max(1, round(grey.height * scale))
    return grey.resize(size, Image.Resampling.BOX)
