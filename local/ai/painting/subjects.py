"""The figures in the foreground, as small sprites of simple shapes."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from local.ai.painting.landscape import mixed
from local.ai.painting.scene import Colour, Scene

Random = np.random.Generator
Draw = ImageDraw.ImageDraw
SIDE = 300  # sprites are drawn this large and reduced: smooth edges
EYE: Colour = (26, 24, 30)
FLYING = ("bird", "balloon", "fish")


def paint_subjects(picture: Image.Image, scene: Scene, random: Random) -> None:
    count = len(scene.subjects)
    for index, (subject, colour) in enumerate(scene.subjects):
        if colour is None:
            red, green, blue = (int(value) for value in random.integers(90, 215, 3))
            colour = (red, green, blue)
        sprite = Image.new("RGBA", (SIDE, SIDE))
        PAINTERS[subject](_Brush(ImageDraw.Draw(sprite)), colour)
        side = round(picture.height * (0.40 if count == 1 else 0.32))
        small = sprite.resize((side, side), Image.Resampling.BOX)
        x = picture.width * (0.5 + (index - (count - 1) / 2) * 0.3)
        foot = 0.55 if subject in FLYING else 0.93
        corner = (round(x - side / 2), round(picture.height * foot - side))
        picture.paste(small, corner, small)


class _Brush:
    """Shapes in a square of side 100, whatever the sprite's size."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        scale = SIDE / 100
        box = [(x - rx) * scale, (y - ry) * scale, (x + rx) * scale, (y + ry) * scale]
        self._draw.ellipse(box, fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        scale = SIDE / 100
        corners = [left * scale, top * scale, right * scale, bottom * scale]
        self._draw.rounded_rectangle(corners, radius=3 * scale, fill=colour)

    def shape(self, points: list[tuple[float, float]], colour: Colour) -> None:
        scale = SIDE / 100
        self._draw.polygon([(x * scale, y * scale) for x, y in points], fill=colour)

    def eyes(self, x: float, y: float, apart: float, radius: float = 2.2) -> None:
        for side in (-1, 1):
            self.oval(x + side * apart, y, radius, radius * 1.2, EYE)
            self.oval(x + side * apart + 0.7, y - 0.8, radius / 3, radius / 3, (255, 255, 255))


def _lighter(colour: Colour) -> Colour:
    return mixed(colour, (255, 255, 255), 0.45)


def _darker(colour: Colour) -> Colour:
    return mixed(colour, (0, 0, 0), 0.3)


def _sitting(brush: _Brush, colour: Colour) -> None:
    """Body, head and face that the furry ones share."""
    brush.oval(50, 74, 23, 25, colour)
    brush.oval(50, 80, 12, 17, _lighter(colour))
    for x in (36, 64):
        brush.oval(x, 95, 9, 5, _darker(colour))
    brush.oval(50, 38, 20, 18, colour)
    brush.oval(50, 45, 9, 7, _lighter(colour))
    brush.oval(50, 42, 2.6, 2, EYE)
    brush.eyes(50, 35, 8)


def _cat(brush: _Brush, colour: Colour) -> None:
    brush.oval(78, 78, 5, 20, _darker(colour))
    for side in (-1, 1):
        brush.shape([(50 + side * 19, 36), (50 + side * 5, 24), (50 + side * 17, 9)], colour)
    _sitting(brush, colour)


def _fox(brush: _Brush, colour: Colour) -> None:
    brush.oval(80, 82, 15, 9, _darker(colour))
    brush.oval(90, 80, 6, 6, (250, 246, 240))
    for side in (-1, 1):
        brush.shape([(50 + side * 19, 34), (50 + side * 4, 24), (50 + side * 19, 4)], colour)
    _sitting(brush, colour)
    brush.shape([(38, 44), (62, 44), (50, 60)], _lighter(colour))
    brush.oval(50, 57, 3, 2.4, EYE)


def _bear(brush: _Brush, colour: Colour) -> None:
    for x in (35, 65):
        brush.oval(x, 23, 7, 7, _darker(colour))
    _sitting(brush, colour)


def _rabbit(brush: _Brush, colour: Colour) -> None:
    for x in (41, 59):
        brush.oval(x, 14, 5, 16, colour)
        brush.oval(x, 15, 2.4, 11, (240, 180, 186))
    _sitting(brush, colour)


def _robot(brush: _Brush, colour: Colour) -> None:
    brush.box(49, 6, 51, 18, _darker(colour))
    brush.oval(50, 6, 3, 3, (240, 90, 80))
    for left in (20, 70):
        brush.box(left, 54, left + 10, 82, _darker(colour))
    for left in (35, 55):
        brush.box(left, 84, left + 10, 99, _darker(colour))
    brush.box(30, 18, 70, 46, colour)
    brush.box(28, 50, 72, 86, colour)
    brush.box(38, 60, 62, 76, _lighter(colour))
    for x in (41, 59):
        brush.oval(x, 32, 5, 5, (150, 236, 246))


def _person(brush: _Brush, colour: Colour) -> None:
    for left in (40, 52):
        brush.box(left, 72, left + 8, 99, (58, 60, 78))
    brush.shape([(50, 36), (72, 78), (28, 78)], colour)
    brush.box(36, 38, 64, 74, colour)
    brush.oval(50, 24, 13, 14, (222, 178, 146))
    brush.oval(50, 14, 14, 8, _darker(colour))
    brush.eyes(50, 25, 5, 1.5)


def _bird(brush: _Brush, colour: Colour) -> None:
    brush.shape([(20, 60), (4, 48), (6, 70)], _darker(colour))
    brush.oval(44, 58, 28, 17, colour)
    brush.oval(70, 42, 14, 13, colour)
    brush.shape([(82, 38), (97, 43), (82, 47)], (240, 170, 60))
    brush.oval(42, 54, 19, 9, _darker(colour))
    brush.oval(73, 40, 2.2, 2.4, EYE)


def _fish(brush: _Brush, colour: Colour) -> None:
    brush.shape([(26, 52), (4, 34), (4, 70)], _darker(colour))
    brush.shape([(46, 38), (64, 24), (68, 42)], _darker(colour))
    brush.oval(56, 52, 36, 19, colour)
    brush.oval(60, 59, 26, 10, _lighter(colour))
    brush.oval(78, 47, 2.6, 2.8, EYE)


def _boat(brush: _Brush, colour: Colour) -> None:
    brush.box(48, 8, 51, 76, (92, 68, 50))
    brush.shape([(53, 10), (53, 70), (90, 70)], (246, 242, 232))
    brush.shape([(46, 20), (46, 70), (18, 70)], _lighter(colour))
    brush.shape([(8, 74), (94, 74), (80, 95), (22, 95)], colour)


def _balloon(brush: _Brush, colour: Colour) -> None:
    brush.shape([(38, 68), (62, 68), (56, 84), (44, 84)], (206, 190, 160))
    brush.oval(50, 38, 32, 35, colour)
    brush.oval(50, 38, 18, 35, _lighter(colour))
    brush.oval(50, 38, 6, 35, colour)
    brush.box(43, 84, 57, 95, (128, 92, 60))


def _car(brush: _Brush, colour: Colour) -> None:
    brush.shape([(26, 68), (38, 50), (66, 50), (78, 68)], _darker(colour))
    brush.shape([(33, 66), (41, 54), (50, 54), (50, 66)], (198, 222, 236))
    brush.shape([(53, 54), (63, 54), (70, 66), (53, 66)], (198, 222, 236))
    brush.box(8, 66, 93, 86, colour)
    for x in (28, 74):
        brush.oval(x, 87, 10, 10, (34, 34, 38))
        brush.oval(x, 87, 4, 4, (180, 182, 188))


PAINTERS: dict[str, Callable[[_Brush, Colour], None]] = {
    "cat": _cat, "fox": _fox, "bear": _bear, "rabbit": _rabbit, "robot": _robot,
    "person": _person, "bird": _bird, "fish": _fish, "boat": _boat, "balloon": _balloon,
    "car": _car,
}  # fmt: skip
