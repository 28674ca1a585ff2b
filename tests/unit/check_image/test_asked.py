"""Which pictures are taken for one: what is none is refused before anybody is paid."""

import base64
import contextlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from check_image.asked import MOST_BODY_BYTES, MOST_BYTES, is_transparent, read_asked
from shared.api import Problem
from shared.request import InvalidRequest

STARTS = st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
ENCODED = st.builds(lambda start, rest: base64.b64encode(start + rest), STARTS, st.binary())


@given(ENCODED.map(bytes.decode) | st.text() | st.none() | st.integers() | st.lists(st.text()))
def test_any_image_is_taken_as_it_is_or_refused(image: Any) -> None:
    with contextlib.suppress(InvalidRequest, Problem):
        picture = read_asked({"image": image})
        assert base64.b64encode(picture).decode() == image
        assert picture.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))


def test_the_largest_picture_fits_into_the_largest_body() -> None:
    body = f'{{"image": "{base64.b64encode(bytes(MOST_BYTES)).decode()}"}}'
    assert len(body) < MOST_BODY_BYTES


def png(picture: Image.Image, **more: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **more)
    return file.getvalue()


def asked(picture: bytes) -> bytes:
    return read_asked({"image": base64.b64encode(picture).decode()})


def test_an_animation_is_refused_even_behind_other_chunks() -> None:
    frames = [Image.new("RGB", (96, 96), colour) for colour in ("white", "black")]
    comment = PngInfo()
    comment.add_text("Comment", "IDAT")
    assert asked(png(frames[0], pnginfo=comment))
    with pytest.raises(Problem, match="animated"):
        asked(png(frames[0], save_all=True, append_images=frames[1:], pnginfo=comment))


@pytest.mark.parametrize(
    ("mode", "more", "transparent"),
    [
        ("RGB", {}, False),
        ("L", {}, False),
        ("P", {}, False),
        ("RGBA", {}, True),
        ("LA", {}, True),
        ("RGB", {"transparency": (0, 0, 0)}, True),
    ],
)
def test_transparency_is_told_from_the_header(mode: str, more: Any, transparent: bool) -> None:
    assert is_transparent(png(Image.new(mode, (96, 96)), **more)) is transparent


def test_a_jpeg_has_no_transparency() -> None:
    assert not is_transparent(b"\xff\xd8\xff" + bytes(22) + b"\6tRNS")


@pytest.mark.parametrize("body", [{}, {"Image": "iVBORw0KGgo="}])
def test_the_image_is_asked_for_by_its_name(body: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        read_asked(body)
