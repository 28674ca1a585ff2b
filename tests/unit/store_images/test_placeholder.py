"""A filter's placeholder, and pictures that must not be taken for one."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from local.ai.painting.painter import paint
from store_images.placeholder import filtered_because

SIDE = 512
DOWN, ACROSS = np.mgrid[0:SIDE, 0:SIDE] / SIDE
PROMPTS = [
    "a red fox in snow",
    "a city at night",
    "portrait of an old sailor",
    "fog over a lake",
    "a desert at noon",
    "mountains under stars",
]
# What is left of the others, once blurred, could as well be a gradient.
RICH = (0, 1, 3, 5)
PAINTED = [paint(prompt, "", seed, (SIDE, SIDE)) for seed, prompt in enumerate(PROMPTS)]


def drawn(*channels: np.ndarray) -> Image.Image:
    pixels = np.stack(np.broadcast_arrays(*channels), -1)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("RGB")


def clouds(roughness: float) -> Image.Image:
    """Noise whose power falls with frequency as in photographs of clouds (2 to 4)."""
    random = np.random.default_rng(3)
    frequencies = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    frequencies[0, 0] = 1
    spectrum = np.fft.fft2(random.normal(size=(SIDE, SIDE))) / frequencies ** (roughness / 2)
    shades = np.fft.ifft2(spectrum).real
    return drawn(*[128 + 45 * (shades - shades.mean()) / shades.std()] * 3)


def night_sky() -> Image.Image:
    sky = drawn(*[8 + 14 * DOWN] * 3)
    random = np.random.default_rng(1)
    for across, down in random.integers(0, SIDE, (60, 2)):
        sky.putpixel((int(across), int(down)), (220, 220, 255))
    return sky


def trees_in_fog() -> Image.Image:
    fog = drawn(*[170 + 40 * DOWN] * 3)
    draw = ImageDraw.Draw(fog)
    for tree in range(6):
        left, top = 60 + 70 * tree, 200 + 10 * tree
        draw.rectangle((left, top, left + 6, SIDE), fill=(150 - 10 * tree,) * 3)
    return fog.filter(ImageFilter.GaussianBlur(8))


def soft_sunset() -> Image.Image:
    sunset = drawn(255 * (1 - DOWN), 120 + 80 * np.sin(3 * DOWN), 60 + 150 * DOWN)
    ImageDraw.Draw(sunset).ellipse((200, 250, 310, 360), fill=(255, 240, 200))
    return sunset.filter(ImageFilter.GaussianBlur(6))


SMOOTH = {
    "linear gradient": drawn(255 * DOWN, 255 * ACROSS, 255 * (1 - DOWN)),
    "radial gradient": Image.radial_gradient("L").resize((SIDE, SIDE)).convert("RGB"),
    "waves of colour": drawn(
        127 + 80 * np.sin(6 * ACROSS + 4 * DOWN),
        127 + 80 * np.cos(7 * DOWN - 3 * ACROSS),
        127 + 80 * np.sin(9 * ACROSS * DOWN),
    ),
    "aurora": drawn(
        30 + 20 * np.sin(8 * ACROSS),
        60 + 120 * np.exp(-(((DOWN - 0.4 - 0.1 * np.sin(6 * ACROSS)) / 0.12) ** 2)),
        60 + 60 * np.exp(-(((DOWN - 0.5) / 0.2) ** 2)),
    ),
    "night sky": night_sky(),
    "fog": trees_in_fog(),
    "sunset": soft_sunset(),
    "clouds": clouds(3),
    "soft clouds": clouds(4),
}


def as_jpeg(picture: Image.Image, quality: int = 80) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


@pytest.mark.parametrize(
    ("colour", "why"),
    [
        ((0, 0, 0), "black"),
        ((15, 15, 15), "black"),
        ((128, 128, 128), "uniform"),
        ((255, 255, 255), "uniform"),
    ],
)
def test_a_blotted_picture_is_found(colour: tuple[int, int, int], why: str) -> None:
    blotted = Image.new("RGB", (128, 128), colour)
    assert filtered_because(blotted) == filtered_because(as_jpeg(blotted)) == why


def test_a_dark_picture_with_something_in_it_is_not_black() -> None:
    dark = Image.linear_gradient("L").convert("RGB").point(lambda value: value // 8)
    assert filtered_because(dark) == ""


@pytest.mark.parametrize("number", RICH, ids=PROMPTS.__getitem__)
@pytest.mark.parametrize("side", [256, 512, 1024])
def test_a_heavily_blurred_picture_is_found(number: int, side: int) -> None:
    picture = PAINTED[number].resize((side, side)).filter(ImageFilter.GaussianBlur(side * 0.035))
    for quality in (75, 95):
        assert filtered_because(as_jpeg(picture, quality)) == "blurred"


@pytest.mark.parametrize("number", range(len(PROMPTS)), ids=PROMPTS)
@pytest.mark.parametrize("share", [0, 0.002, 0.01])
def test_a_picture_is_none_even_out_of_focus(number: int, share: float) -> None:
    picture = PAINTED[number].filter(ImageFilter.GaussianBlur(SIDE * share))
    for quality in (30, 95):
        assert filtered_because(as_jpeg(picture, quality)) == ""


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("side", [256, 512, 1024])
def test_smooth_pictures_are_pictures(name: str, side: int) -> None:
    picture = SMOOTH[name].resize((side, side))
    assert filtered_because(picture) == filtered_because(as_jpeg(picture, 60)) == ""


def test_a_blurred_part_is_no_placeholder() -> None:
    """A portrait before a blurred background, the other way round."""
    picture = PAINTED[0].filter(ImageFilter.GaussianBlur(20))
    picture.paste(PAINTED[0].crop((200, 200, 300, 300)), (200, 200))
    assert filtered_because(picture) == ""


def test_a_tiny_picture_has_no_detail_to_miss() -> None:
    assert filtered_because(PAINTED[1].resize((64, 64), Image.Resampling.BOX)) == ""
