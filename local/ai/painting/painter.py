"""The pictures: an ordinary one from a prompt, and the ones that tests and demo ask for by name.

All are functions of their arguments alone: the same words, seed and size give the same pixels,
with one version of Pillow and NumPy.
"""

import numpy as np
from PIL import Image, ImageDraw

from local.ai.marker import Marker, draw_marker
from local.ai.painting.landscape import gradient, paint_landscape
from local.ai.painting.lettering import font_that_fits
from local.ai.painting.scene import scene_of
from local.ai.painting.standing import paint_standing
from local.ai.painting.subjects import paint_subjects

NAME = "local-procedural-painter-1"
LABEL = "LOCAL STAND-IN · not Stable Diffusion"
WARNING = "STAND-IN FOR AN\nUNSAFE PICTURE"
Size = tuple[int, int]


def paint(prompt: str, negative_prompt: str, seed: int, size: Size) -> Image.Image:
    """An RGB picture of (width, height) pixels, each at least 8."""
    scene = scene_of(prompt, negative_prompt, seed)
    random = np.random.default_rng(scene.seed)
    picture = paint_landscape(scene, size, random)
    paint_standing(picture, scene, random)
    paint_subjects(picture, scene, random)
    _sign(picture)
    return picture


def paint_unsafe(marker: Marker, seed: int, size: Size) -> Image.Image:
    """A harmless picture that says what it stands for, to people and, by its marker, to our
    moderator; ValueError where the marker does not fit (less than 224 x 112 pixels)."""
    if size[0] < 224 or size[1] < 112:
        raise ValueError("an unsafe stand-in needs at least 224 x 112 pixels")
    hue = seed * 37 % 60
    picture = gradient((150 + hue, 60, 70), (70, 40, 60 + hue), size)
    _stripes(picture, seed)
    names = "\n".join(name for name, _ in marker.labels)
    draw = ImageDraw.Draw(picture)
    middle = (size[0] / 2, size[1] * 0.72)
    font = font_that_fits(WARNING, size[0] * 0.86)
    draw.text(middle, WARNING, (255, 255, 255), font, "md", align="center")
    small = font_that_fits(names, size[0] * 0.8, most=max(10, size[1] // 18))
    below = (middle[0], middle[1] + size[1] * 0.04)
    draw.text(below, names, (255, 224, 160), small, "ma", align="center")
    draw_marker(picture, marker)
    _sign(picture)
    return picture


def paint_black(size: Size) -> Image.Image:
    """What a model's own safety checker returns: every pixel 0, so no label either."""
    return Image.new("RGB", size)


def paint_uniform(size: Size) -> Image.Image:
    return Image.new("RGB", size, (128, 128, 128))


def _stripes(picture: Image.Image, seed: int) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    step = height // 6
    for left in range(-height - seed % step, width, step * 2):
        corners = [(left, height), (left + step, height), (left + step + height, 0),
                   (left + height, 0)]  # fmt: skip
        draw.polygon(corners, fill=(96, 44, 62))


def _sign(picture: Image.Image) -> None:
    """The label along the lower edge, on every picture that shows anything."""
    width, height = picture.size
    bar = max(14, height // 20)
    strip = picture.crop((0, height - bar, width, height)).point(lambda level: level * 0.35)
    font = font_that_fits(LABEL, width * 0.94, most=max(8, round(bar * 0.62)))
    text = ImageDraw.Draw(strip)
    text.text((width * 0.02, bar / 2), LABEL, (255, 255, 255), font, "lm")
    picture.paste(strip, (0, height - bar))
