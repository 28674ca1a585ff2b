"""What stands in a landscape: trees, houses, towers, flowers, falling rain and snow."""

import numpy as np
from PIL import Image, ImageDraw

from local.ai.painting.landscape import mixed
from local.ai.painting.scene import COLOURS, Colour, Scene

Random = np.random.Generator
FINER = 3  # sprites are drawn this much larger and reduced: smooth edges


def paint_standing(picture: Image.Image, scene: Scene, random: Random) -> None:
    if scene.lands & {"city"}:
        _skyline(picture, scene, random)
    if scene.lands & {"castle"}:
        _place(picture, _castle(scene), (0.5 + 0.2 * random.random(), 0.80), 0.5)
    if scene.lands & {"lighthouse"}:
        _place(picture, _lighthouse(), (0.2 + 0.1 * random.random(), 0.78), 0.46)
    if scene.lands & {"village"}:
        for x in np.sort(random.uniform(0.08, 0.9, 3)):
            colour = tuple(int(value) for value in random.integers(120, 225, 3))
            _place(picture, _house((colour[0], colour[1], colour[2])), (x, 0.82), 0.2)
    trees = 16 if "forest" in scene.lands else 6 if "trees" in scene.lands else 0
    if trees:
        _woods(picture, scene, random, trees)
    if "flowers" in scene.lands:
        _flowers(picture, scene, random)
    if scene.extras & {"rain", "snow"}:
        _falling(picture, "snow" in scene.extras, random)


def _place(
    picture: Image.Image, sprite: Image.Image, foot: tuple[float, float], height: float
) -> None:
    """Paste a sprite so that it stands at `foot`; all in shares of the picture."""
    tall = max(4, round(height * picture.height))
    wide = max(4, round(sprite.width * tall / sprite.height))
    small = sprite.resize((wide, tall), Image.Resampling.BOX)
    corner = (round(foot[0] * picture.width - wide / 2), round(foot[1] * picture.height - tall))
    picture.paste(small, corner, small)


def _canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sprite = Image.new("RGBA", (width * FINER, height * FINER))
    return sprite, ImageDraw.Draw(sprite)


def _woods(picture: Image.Image, scene: Scene, random: Random, count: int) -> None:
    autumn = scene.sky == "sunset"
    dark = (34, 44, 60) if scene.sky == "night" else (56, 96, 70)
    leaf = mixed(dark, (206, 112, 44), 0.6) if autumn else dark
    sprites = [_tree(mixed(leaf, (150, 190, 120), share)) for share in (0.0, 0.18, 0.34)]
    for depth in np.sort(random.random(count)):
        sprite = sprites[int(random.integers(3))]
        _place(picture, sprite, (random.random(), 0.72 + 0.2 * depth), 0.14 + 0.16 * depth)


def _tree(leaf: Colour) -> Image.Image:
    sprite, draw = _canvas(40, 70)
    w, h = sprite.size
    draw.rectangle([w * 0.46, h * 0.8, w * 0.54, h], fill=(88, 64, 46))
    for tier in range(4):
        top, base, half = h * 0.19 * tier, h * (0.34 + 0.18 * tier), w * (0.2 + 0.1 * tier)
        shade = mixed(leaf, (0, 0, 0), 0.22 - 0.07 * tier)
        draw.polygon([(w / 2, top), (w / 2 + half, base), (w / 2 - half, base)], fill=shade)
    return sprite


def _house(wall: Colour) -> Image.Image:
    sprite, draw = _canvas(60, 60)
    w, h = sprite.size
    draw.rectangle([w * 0.12, h * 0.42, w * 0.88, h], fill=wall)
    draw.polygon([(0, h * 0.46), (w, h * 0.46), (w / 2, 0)], fill=(142, 66, 54))
    draw.rectangle([w * 0.42, h * 0.68, w * 0.58, h], fill=(88, 62, 48))
    for left in (0.2, 0.66):
        draw.rectangle([w * left, h * 0.54, w * (left + 0.14), h * 0.7], fill=(255, 226, 150))
    return sprite


def _castle(scene: Scene) -> Image.Image:
    stone = mixed(scene.tint or (150, 146, 150), (120, 118, 126), 0.5)
    sprite, draw = _canvas(110, 110)
    w, h = sprite.size
    draw.rectangle([w * 0.14, h * 0.55, w * 0.86, h], fill=mixed(stone, (0, 0, 0), 0.15))
    for left, top in ((0.05, 0.4), (0.4, 0.24), (0.75, 0.4)):
        draw.rectangle([w * left, h * top, w * (left + 0.2), h], fill=stone)
        roof = [(w * (left - 0.03), h * top), (w * (left + 0.23), h * top),
                (w * (left + 0.1), h * (top - 0.22))]  # fmt: skip
        draw.polygon(roof, fill=(84, 72, 128))
        draw.rectangle([w * (left + 0.07), h * (top + 0.1), w * (left + 0.13), h * (top + 0.2)],
                       fill=(255, 222, 140))  # fmt: skip
    draw.rectangle([w * 0.44, h * 0.8, w * 0.56, h], fill=(70, 54, 48))
    return sprite


def _lighthouse() -> Image.Image:
    sprite, draw = _canvas(44, 100)
    w, h = sprite.size
    draw.ellipse([0, h * 0.9, w, h * 1.1], fill=(82, 80, 84))
    for band in range(5):
        colour = (240, 238, 230) if band % 2 else (196, 60, 52)
        top, bottom = 0.2 + 0.15 * band, 0.35 + 0.15 * band
        slope = [(0.5 + side * (0.13 + 0.12 * y), y) for side, y in
                 ((-1, top), (1, top), (1, bottom), (-1, bottom))]  # fmt: skip
        draw.polygon([(x * w, y * h) for x, y in slope], fill=colour)
    draw.rectangle([w * 0.36, h * 0.1, w * 0.64, h * 0.2], fill=(255, 236, 150))
    draw.polygon([(w * 0.3, h * 0.1), (w * 0.7, h * 0.1), (w * 0.5, 0)], fill=(70, 66, 76))
    return sprite


def _skyline(picture: Image.Image, scene: Scene, random: Random) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    dark = scene.sky in ("night", "sunset", "storm")
    for left in np.arange(-0.02, 1.0, 0.075):
        wide, tall = 0.05 + 0.04 * random.random(), 0.16 + 0.34 * random.random() ** 2
        grey = round(40 + 30 * random.random()) if dark else round(110 + 80 * random.random())
        x0, x1 = left * width, (left + wide) * width
        y0, y1 = (0.82 - tall) * height, 0.82 * height
        draw.rectangle([x0, y0, x1, y1], fill=(grey, grey + 6, grey + 18))
        step = height / 40
        for y in np.arange(y0 + step / 2, y1 - step, step):
            for x in np.arange(x0 + step / 2, x1 - step / 2, step):
                if random.random() < 0.55:
                    lit = (255, 222, 140) if dark else (206, 224, 238)
                    draw.rectangle([x, y, x + step * 0.4, y + step * 0.5], fill=lit)


def _flowers(picture: Image.Image, scene: Scene, random: Random) -> None:
    draw = ImageDraw.Draw(picture)
    choices = [scene.tint] if scene.tint else [COLOURS[name] for name in ("red", "pink", "yellow")]
    for depth in np.sort(random.random(120)):
        x, y = random.random() * picture.width, (0.76 + 0.2 * depth) * picture.height
        size = (0.004 + 0.008 * depth) * picture.height
        draw.line([x, y, x, y + size * 3], fill=(60, 110, 64), width=max(1, round(size / 3)))
        petal = choices[int(random.integers(len(choices)))]
        draw.ellipse([x - size, y - size, x + size, y + size], fill=petal)


def _falling(picture: Image.Image, snow: bool, random: Random) -> None:
    draw = ImageDraw.Draw(picture)
    scale = picture.height / 512
    for x, y, weight in random.random((220, 3)):
        x, y = x * picture.width, y * picture.height
        if snow:
            radius = (0.8 + 1.6 * weight) * scale
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(250, 250, 255))
        else:
            draw.line([x, y, x - 3 * scale, y + 14 * scale], fill=(190, 204, 220))
