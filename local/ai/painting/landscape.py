"""Sky, ridges, water and what stands on them, painted into an RGB picture of any size."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from local.ai.painting.scene import Colour, Scene

Random = np.random.Generator

# Per sky: colour at the top, at the horizon, and of the ground.
PALETTES: dict[str, tuple[Colour, Colour, Colour]] = {
    "day": ((84, 150, 222), (214, 232, 244), (96, 140, 92)),
    "night": ((10, 14, 44), (48, 58, 104), (26, 34, 58)),
    "sunset": ((70, 58, 122), (252, 160, 96), (84, 62, 74)),
    "sunrise": ((122, 152, 214), (255, 212, 170), (108, 118, 104)),
    "storm": ((58, 64, 78), (136, 144, 150), (62, 74, 70)),
    "fog": ((176, 184, 190), (222, 224, 222), (132, 142, 136)),
    "space": ((4, 4, 16), (44, 22, 66), (60, 58, 74)),
    "desert": ((196, 146, 104), (244, 208, 160), (198, 138, 84)),
    "sea floor": ((14, 96, 150), (10, 44, 92), (58, 92, 104)),
}
SNOW: Colour = (238, 242, 248)
HORIZON = 0.66  # of the height


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """`share` 0 gives the first colour, 1 the second."""
    r, g, b = (round(x + (y - x) * share) for x, y in zip(first, second, strict=True))
    return (r, g, b)


def gradient(top: Colour, bottom: Colour, size: tuple[int, int]) -> Image.Image:
    steps = np.linspace(top, bottom, size[1]).round().astype(np.uint8)[:, None]
    return Image.fromarray(steps).resize(size, Image.Resampling.NEAREST)


def paint_landscape(scene: Scene, size: tuple[int, int], random: Random) -> Image.Image:
    top, low, ground = PALETTES[scene.sky]
    if scene.tint:
        low, ground = mixed(low, scene.tint, 0.22), mixed(ground, scene.tint, 0.35)
    picture = gradient(top, low, size)
    _clouds(picture, scene, random)
    _lights(picture, scene, random)
    _ridges(picture, scene, (low, SNOW if "snow" in scene.lands else ground), random)
    if "water" in scene.lands:
        _water(picture, random)
    return picture


def noise(size: tuple[int, int], random: Random, cells: int = 4) -> Image.Image:
    """Smooth grey noise 0..255 of three octaves."""
    total = np.zeros((64, 64), np.float32)
    for octave in range(3):
        side = cells * 2**octave
        grain = Image.fromarray(random.random((side, side), np.float32))
        total += np.asarray(grain.resize((64, 64), Image.Resampling.BICUBIC)) / 2**octave
    low, high = float(total.min()), float(total.max())
    grey = ((total - low) / (high - low) * 255).astype(np.uint8)
    return Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)


def _clouds(picture: Image.Image, scene: Scene, random: Random) -> None:
    strength = {"storm": 1.0, "fog": 0.7, "space": 0.8, "night": 0.3, "sea floor": 0.3}
    colour = {"storm": (84, 88, 98), "space": (150, 70, 150), "night": (70, 80, 130)}
    share = strength.get(scene.sky, 0.65)
    levels = [round(max(0, level - 120) * 1.6 * share) for level in range(256)]
    sky = (picture.width, round(picture.height * 0.75))
    mask = noise(sky, random).point([min(level, 215) for level in levels])
    fade = gradient((255, 255, 255), (30, 30, 30), picture.size).getchannel(0)
    picture.paste(colour.get(scene.sky, (255, 252, 246)), (0, 0), ImageChops.multiply(mask, fade))


def _lights(picture: Image.Image, scene: Scene, random: Random) -> None:
    """Stars, and sun or moon with its glow."""
    width, height = picture.size
    if scene.sky in ("night", "space"):
        pixels = ImageDraw.Draw(picture)
        for x, y, weight in random.random((140, 3)):
            grey = round(130 + 125 * weight)
            place = (x * width, y * height * HORIZON)
            radius = max(1.0, height / 700) * (0.5 + weight**6)
            _disc(pixels, place, radius, (grey, grey, min(255, grey + 12)))
    if scene.sky in ("storm", "fog", "sea floor", "space") and not scene.extras & {"sun", "moon"}:
        return
    is_moon = scene.sky in ("night", "space") or "moon" in scene.extras
    x, y = (0.2 + 0.6 * random.random()) * width, (0.16 + 0.2 * random.random()) * height
    if scene.sky in ("sunset", "sunrise"):
        y = 0.52 * height
    _glow(picture, (x, y), height * 0.065, (246, 244, 226) if is_moon else (255, 236, 170))


def _glow(picture: Image.Image, place: tuple[float, float], radius: float, colour: Colour) -> None:
    ys, xs = np.mgrid[0:64, 0:64].astype(np.float32)
    distance = np.hypot(xs - 31.5, ys - 31.5) / 31.5
    halo = np.clip(1 - distance, 0, 1) ** 2 * 170
    side = round(radius * 8)
    mask = Image.fromarray(halo.astype(np.uint8)).resize((side, side), Image.Resampling.BILINEAR)
    left, top = round(place[0] - side / 2), round(place[1] - side / 2)
    picture.paste(colour, (left, top, left + side, top + side), mask)
    _disc(ImageDraw.Draw(picture), place, radius, colour)


def _disc(
    draw: ImageDraw.ImageDraw, place: tuple[float, float], radius: float, colour: Colour
) -> None:
    x, y = place
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


def _ridges(
    picture: Image.Image, scene: Scene, colours: tuple[Colour, Colour], random: Random
) -> None:
    """Four ranges, each nearer and darker than the one behind it; snow on the highest."""
    width, height = picture.size
    haze, ground = colours
    steep = "mountains" in scene.lands
    for layer in range(4):
        relief = (0.30, 0.16, 0.06, 0.03)[layer] if steep else (0.09, 0.07, 0.05, 0.03)[layer]
        line = height * (HORIZON - 0.06 + 0.07 * layer) - _outline(random, width) * height * relief
        colour = mixed(haze, ground, (0.45, 0.62, 0.82, 1.0)[layer])
        if steep and layer == 0:
            _fill_below(picture, line, (mixed(SNOW, haze, 0.2), SNOW))
            snow_line = height * (HORIZON - 0.24) + _outline(random, width) * height * 0.03
            line = np.maximum(line, snow_line)
        shades = mixed(colour, (0, 0, 0), 0.07 * layer), mixed(colour, (0, 0, 0), 0.34)
        _fill_below(picture, line, shades)


def _fill_below(
    picture: Image.Image, line: NDArray[np.float64], colours: tuple[Colour, Colour]
) -> None:
    """Fill all that lies under the line, with a soft edge of one pixel."""
    width, height = picture.size
    top = max(0, int(line.min()) - 1)
    rows = np.arange(top, height, dtype=np.float32)[:, None]
    cover = rows - line.astype(np.float32) + 0.5
    mask = (np.clip(cover, 0, 1, out=cover) * 255).astype(np.uint8)
    picture.paste(gradient(*colours, (width, height - top)), (0, top), Image.fromarray(mask))


def _outline(random: Random, width: int) -> NDArray[np.float64]:
    """A mountain line 0..1, one value per column."""
    line = np.zeros(width)
    for octave in range(5):
        points = random.random(2 ** (octave + 2) + 1)
        at = np.linspace(0, points.size - 1, width)
        line += np.interp(at, np.arange(points.size), points) / 1.9**octave
    spread = line - line.min()
    return np.asarray(spread / spread.max())


def _water(picture: Image.Image, random: Random) -> None:
    """A lake in the lower third that mirrors what stands above it."""
    width, height = picture.size
    shore = round(height * 0.74)
    depth = height - shore
    mirror = picture.crop((0, shore - depth, width, shore)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    mirror = mirror.filter(ImageFilter.BoxBlur((max(2, width // 90), 1)))
    waves = noise((width, depth), random, cells=8).resize((width, depth // 6 + 1))
    waves = waves.resize((width, depth)).point([round(level * 0.35) for level in range(256)])
    picture.paste(Image.blend(mirror, gradient((70, 130, 180), (24, 66, 110), mirror.size), 0.45),
                  (0, shore))  # fmt: skip
    picture.paste((200, 222, 236), (0, shore), waves)
