"""The perceptual hash: one for what looks alike, another for what does not."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image, ImageFilter

from local.ai.painting.painter import paint
from shared.pictures.fingerprint import phash

PICTURES = [
    paint(prompt, "", seed, (512, 512))
    for seed, prompt in enumerate(
        ["a red fox in snow", "a city at night", "an old sailor", "a boat on a lake"]
    )
]


def distance(one: Image.Image, other: Image.Image) -> int:
    return (int(phash(one), 16) ^ int(phash(other), 16)).bit_count()


def reencoded(picture: Image.Image) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=30)
    return Image.open(out)


def cropped(picture: Image.Image) -> Image.Image:
    return picture.crop((10, 10, 502, 502))


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (reencoded, 2),
        (lambda picture: picture.resize((200, 200)), 2),
        (lambda picture: picture.filter(ImageFilter.GaussianBlur(2)), 4),
        (lambda picture: picture.convert("L"), 0),
        (cropped, 8),
    ],
    ids=["re-encoded", "smaller", "soft", "grey", "cropped"],
)
def test_what_looks_alike_has_nearly_the_same_hash(change: object, most: int) -> None:
    assert callable(change)
    assert max(distance(picture, change(picture)) for picture in PICTURES) <= most


def test_other_pictures_have_other_hashes() -> None:
    assert min(itertools.starmap(distance, itertools.combinations(PICTURES, 2))) > 10
    mirrored = [picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in PICTURES]
    assert min(map(distance, PICTURES, mirrored)) > 10


def test_the_bits_are_those_of_the_cosine_transform() -> None:
    grey = np.asarray(PICTURES[0].convert("L").resize((32, 32), Image.Resampling.BOX), float)
    places = np.arange(32)
    waves = np.cos(np.pi * (2 * places + 1) * np.arange(8)[:, None] / 64)
    transform = (waves @ grey @ waves.T).ravel()
    bits = transform > np.median(transform[1:])
    expected = sum(int(bit) << place for place, bit in enumerate(bits))
    assert phash(PICTURES[0]) == f"{expected:016x}"


def test_a_hash_is_sixteen_digits_even_of_nothing() -> None:
    assert len(phash(Image.new("RGB", (80, 80)))) == 16
