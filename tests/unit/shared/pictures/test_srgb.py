"""Colours, transparency and orientation: what is stored looks as people would have seen it."""

import io
import struct
from typing import Any

import pytest
from PIL import Image, ImageCms

from shared.pictures.decoding import decode
from shared.pictures.srgb import srgb

RED, WHITE = (255, 0, 0), (255, 255, 255)
# Four quarters that tell every turn from every other.
QUARTERS = Image.new("RGB", (160, 96), WHITE)
QUARTERS.paste(RED, (0, 0, 80, 48))
QUARTERS.paste((0, 255, 0), (80, 0, 160, 48))
QUARTERS.paste((0, 0, 255), (0, 48, 80, 96))
SECRET = Image.linear_gradient("L").convert("RGB")
Colour = tuple[int, int, int]


def seen(picture: Image.Image, kind: str = "PNG", **options: Any) -> Image.Image:
    """The picture as StoreImages decodes it."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return decode(out.getvalue()).image


def colour(picture: Image.Image) -> Colour:
    found = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(found, tuple)
    red, green, blue = found
    return (red, green, blue)


def near(one: Colour, other: Colour, by: int = 3) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


# What EXIF says must be done to the stored picture, as Pillow's own operations.
TURNS = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.ROTATE_270, Image.Transpose.FLIP_LEFT_RIGHT),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.ROTATE_90, Image.Transpose.FLIP_LEFT_RIGHT),
    8: (Image.Transpose.ROTATE_90,),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_orientation_is_applied(kind: str, orientation: int) -> None:
    expected = QUARTERS
    for turn in TURNS[orientation]:
        expected = expected.transpose(turn)
    picture = seen(QUARTERS, kind, exif=oriented(orientation), lossless=True)
    assert picture.size == expected.size
    assert picture.tobytes() == expected.tobytes()


@pytest.mark.parametrize("orientation", [0, 9, 60000])
def test_an_orientation_that_is_none_changes_nothing(orientation: int) -> None:
    assert seen(QUARTERS, exif=oriented(orientation)).tobytes() == QUARTERS.tobytes()


def test_exif_that_is_none_changes_nothing() -> None:
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 2**31)
    assert seen(QUARTERS, "JPEG", exif=exif, quality=95).size == QUARTERS.size


def test_what_is_transparent_is_white() -> None:
    hidden = SECRET.convert("RGBA")
    hidden.putalpha(0)
    assert seen(hidden).getextrema() == ((255, 255),) * 3
    assert seen(hidden, "WEBP", lossless=True, exact=True).getextrema() == ((255, 255),) * 3
    hidden.putalpha(128)
    assert near(colour(seen(Image.new("RGBA", (96, 96), (0, 0, 0, 128)))), (127, 127, 127))


def test_transparency_without_an_alpha_channel_is_white_too() -> None:
    palette = QUARTERS.convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    background = palette.getpixel((40, 24))
    assert near(colour(seen(palette, transparency=background).crop((0, 0, 80, 48))), WHITE)
    grey = Image.new("L", (96, 96), 40)
    assert colour(seen(grey, transparency=40)) == WHITE
    assert colour(seen(Image.new("RGB", (96, 96), RED), transparency=RED)) == WHITE
    assert colour(seen(Image.new("LA", (96, 96), (40, 0)))) == WHITE


@pytest.mark.parametrize("value", [0, 1, 20000, 40000, 65535])
def test_sixteen_bits_of_grey_become_eight(value: int) -> None:
    grey = Image.new("I;16", (96, 96), value)
    for kind in ("PNG", "TIFF", "PPM"):
        assert near(colour(seen(grey, kind)), (value // 256,) * 3, by=1), kind


def test_floats_have_no_colours() -> None:
    with pytest.raises(ValueError, match="floating-point"):
        srgb(Image.new("F", (96, 96), 0.5))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(kind: str) -> None:
    assert near(colour(seen(Image.new("CMYK", (96, 96), (0, 255, 255, 0)), kind)), RED)
    assert near(colour(seen(Image.new("CMYK", (96, 96), (0, 0, 0, 255)), kind)), (0, 0, 0))


def swapped_profile() -> bytes:
    """sRGB with its red and green primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmp_").replace(b"gXYZ", b"rXYZ").replace(b"tmp_", b"gXYZ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_colour_profile_is_applied(kind: str) -> None:
    red = Image.new("RGB", (96, 96), RED)
    assert near(colour(seen(red, kind, icc_profile=swapped_profile())), (0, 255, 0), by=6)
    assert near(colour(seen(red, kind)), RED)


@pytest.mark.parametrize("profile", [b"no profile", swapped_profile()[:200]])
def test_a_profile_that_cannot_be_used_is_ignored(profile: bytes) -> None:
    assert colour(seen(Image.new("RGB", (96, 96), RED), icc_profile=profile)) == RED


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr", "RGBX"])
def test_other_modes_are_seen_as_they_are(mode: str) -> None:
    kind = "PNG" if mode in ("1", "L", "P") else "TIFF"
    assert near(colour(seen(Image.new("RGB", (96, 96), WHITE).convert(mode), kind)), WHITE)
