"""The marker survives what happens to a picture on its way, and is never seen where it is not."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from local.ai.marker import (
    LABELS,
    MOST_TEXT_BYTES,
    Marker,
    draw_marker,
    draw_text_marker,
    read_marker,
    read_text_marker,
)
from local.ai.painting.caption import write_caption
from local.ai.painting.painter import paint, paint_unsafe
from local.ai.taxonomy import NAMES

SIDES = st.integers(32, 128).map(lambda eighths: eighths * 8)
FOUND = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 200).map(lambda half: half / 2)),
    min_size=1, max_size=4,
)  # fmt: skip
WORDS = ["fox", "city", "night", "rain", "snow", "rainbow", "red", "sea", "flowers", "space"]


def encoded(picture: Image.Image, kind: str, **options: Any) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return Image.open(buffer)


@settings(max_examples=40, deadline=None)
@given(FOUND, st.booleans(), st.integers(0, 2**32), SIDES, SIDES, st.integers(90, 100))
def test_it_survives_encoding_twice(
    labels: list[tuple[str, float]], illustrated: bool, seed: int, w: int, h: int, quality: int
) -> None:
    marker = Marker(tuple(labels), illustrated)
    picture = paint_unsafe(marker, seed, (w, h))

    jpeg = encoded(picture, "JPEG", quality=95)
    assert read_marker(jpeg) == marker
    assert read_marker(encoded(jpeg, "JPEG", quality=quality)) == marker
    assert read_marker(encoded(jpeg, "PNG", compress_level=1)) == marker


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS)), st.integers(0, 2**62), SIDES, SIDES)
def test_ordinary_pictures_carry_none(words: list[str], seed: int, w: int, h: int) -> None:
    picture = paint(" ".join(words), "", seed, (w, h))
    assert read_marker(picture) is None
    assert read_marker(encoded(picture, "JPEG", quality=95)) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_coloured_blocks_at_random_carry_none(seed: int) -> None:
    cells = np.random.default_rng(seed).integers(0, 2, (8, 16, 3), np.uint8) * 255
    picture = Image.fromarray(cells).resize((256, 128), Image.Resampling.NEAREST)
    assert read_marker(picture) is None


def test_one_wrong_block_is_no_marker() -> None:
    picture = Image.new("RGB", (256, 256))
    draw_marker(picture, Marker((("Weapons", 80.0),)))
    x, y = LABELS.left, LABELS.top
    block = picture.crop((x, y, x + 16, y + 16)).point(lambda level: 255 - level)
    picture.paste(block, (x, y))
    assert read_marker(picture) is None


@pytest.mark.parametrize("size", [(80, 80), (LABELS.box[2] - 1, 256)])
def test_a_picture_too_small_for_it_carries_none(size: tuple[int, int]) -> None:
    assert read_marker(Image.new("RGB", size)) is None


@pytest.mark.parametrize(
    "labels", [(), (("Clowns", 50.0),), (("Weapons", 101.0),), (("Weapons", 1.0),) * 5]
)
def test_what_it_cannot_hold_is_refused(labels: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(ValueError, match=r"marker holds|no label"):
        draw_marker(Image.new("RGB", (256, 256)), Marker(labels))


@settings(max_examples=40, deadline=None)
@example("\u200b", 256, 95)
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(
        lambda text: len(text.encode()) <= MOST_TEXT_BYTES
    ),
    SIDES.filter(lambda side: side >= 256),
    st.integers(90, 100),
)
def test_a_text_survives_encoding_twice_beside_labels(text: str, side: int, quality: int) -> None:
    marker = Marker((("Weapons", 80.0),))
    picture = paint_unsafe(marker, 1, (side, 256))
    write_caption(picture, text)

    jpeg = encoded(encoded(picture, "JPEG", quality=95), "JPEG", quality=quality)

    assert read_text_marker(jpeg) == text
    assert read_marker(jpeg) == marker


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(WORDS)), st.integers(0, 2**62), SIDES, SIDES)
def test_ordinary_pictures_have_no_text(words: list[str], seed: int, w: int, h: int) -> None:
    assert read_text_marker(paint(" ".join(words), "", seed, (w, h))) == ""


@pytest.mark.parametrize("text", ["", "x" * 35, "ü" * 18])
def test_a_text_that_it_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 34 bytes"):
        draw_text_marker(Image.new("RGB", (256, 256)), text)


def test_a_picture_too_small_for_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="240 x 256"):
        write_caption(Image.new("RGB", (232, 256)), "stop")
