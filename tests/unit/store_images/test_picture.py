"""Pictures: what is refused, what is left out, what is added, and what a preview still knows."""

import io
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from shared.errors import MalformedReply
from store_images.picture import StoredForm, prepare
from store_images.reply import RawPicture

GRADIENT = Image.linear_gradient("L").convert("RGB")
SECRET = "SECRET"


def encoded(picture: Image.Image = GRADIENT, kind: str = "JPEG", **options: Any) -> RawPicture:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return RawPicture(out.getvalue())


def form(raw: RawPicture, model: str = "painter-1", request_id: str = "direct/fox-1") -> StoredForm:
    return prepare(raw, model, request_id)


def reopened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_keeps_its_format_and_its_looks(kind: str) -> None:
    stored = form(encoded(kind=kind))

    picture = reopened(stored.data)
    assert (picture.format, stored.format) == (kind, kind.lower())
    assert picture.size == (stored.width, stored.height) == (256, 256)
    assert stored.filtered_because == ""
    pairs = zip(picture.tobytes(), GRADIENT.tobytes(), strict=True)
    assert max(abs(one - other) for one, other in pairs) <= 4


def test_rows_of_pixels_become_a_png() -> None:
    stored = form(RawPicture(GRADIENT.tobytes(), (256, 256)))
    assert reopened(stored.data).tobytes() == GRADIENT.tobytes()
    assert stored.format == "png"


def test_of_several_pictures_in_one_file_the_first_is_stored() -> None:
    stored = form(encoded(kind="MPO", save_all=True, append_images=[GRADIENT.rotate(90)]))
    picture = reopened(stored.data)
    assert (stored.format, picture.format, getattr(picture, "n_frames", 1)) == ("jpeg", "JPEG", 1)


@pytest.mark.parametrize("size", [(1, 4000), (2049, 256), (20, 1000)])
def test_sizes_that_nobody_asked_for_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(MalformedReply, match=r"a picture is \d+ x \d+ pixels"):
        form(encoded(Image.new("RGB", size), "PNG"))
    with pytest.raises(MalformedReply):
        form(RawPicture(bytes(3 * size[0] * size[1]), size))


def test_a_picture_too_small_to_be_judged_is_enlarged() -> None:
    small = GRADIENT.resize((50, 30))
    stored = form(encoded(small, "PNG"))
    picture = reopened(stored.data)
    assert picture.size == (stored.width, stored.height) == (150, 90)
    assert picture.resize((50, 30), Image.Resampling.NEAREST).tobytes() == small.tobytes()
    assert stored.changes == [("enlarged", "50 x 30 became 150 x 90")]
    assert form(encoded(GRADIENT.resize((80, 80)), "PNG")).changes == []


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM", "ICO"])
def test_other_formats_become_png(kind: str) -> None:
    stored = form(encoded(kind=kind))
    assert (stored.format, reopened(stored.data).format) == ("png", "PNG")
    assert stored.changes == [("reencoded", f"{kind} became PNG")]


@pytest.mark.parametrize("kind", ["TGA", "PCX", "SGI", "DDS"])
def test_formats_that_no_generator_has_are_refused(kind: str) -> None:
    with pytest.raises(MalformedReply, match="cannot be decoded"):
        form(encoded(kind=kind))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind: str, share: float) -> None:
    whole = encoded(Image.effect_noise((128, 128), 60).convert("RGB"), kind).data
    with pytest.raises(MalformedReply):
        form(RawPicture(whole[: int(len(whole) * share)]))


def test_rows_without_pixels_are_refused() -> None:
    with pytest.raises(MalformedReply):
        form(RawPicture(b"", (0, 1)))


def with_metadata(kind: str) -> RawPicture:
    exif = Image.Exif()
    exif[0x010E] = SECRET
    options: dict[str, Any] = {"exif": exif, "icc_profile": SECRET.encode() * 20}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", SECRET)
    else:
        options |= {"comment": SECRET.encode(), "xmp": SECRET.encode()}
    return encoded(kind=kind, **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_the_generator_attached_is_left_out(kind: str) -> None:
    stored = form(with_metadata(kind))

    for data in (stored.data, stored.preview):
        assert SECRET.encode() not in data
        assert not {"comment", "icc_profile", "exif", "Comment"} & reopened(data).info.keys()


def provenance(data: bytes) -> dict[str, str]:
    """Every attribute of the picture's XMP by its local name."""
    text = re.search(rb"<x:xmpmeta.*</x:xmpmeta>", data, re.DOTALL)
    assert text
    tree = ElementTree.fromstring(text[0])  # noqa: S314 - our own
    return {name.rpartition("}")[2]: value for node in tree.iter() for name, value in node.items()}


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_says_who_made_it(kind: str) -> None:
    stated = provenance(form(encoded(kind=kind)).data)
    assert stated["CreatorTool"] == "Safelight; painter-1"
    assert stated["identifier"] == "direct/fox-1"
    assert stated["DigitalSourceType"].endswith("/trainedAlgorithmicMedia")


def test_a_stand_ins_picture_is_no_trained_models() -> None:
    stated = provenance(form(encoded(), model="local-painter-1").data)
    assert stated["DigitalSourceType"].endswith("/algorithmicMedia")


@pytest.mark.parametrize("text", ["<&\"'>", "a\x00b\x0b", "\ud800", "狐/ä", "x" * 2000])
def test_odd_names_do_not_break_the_provenance(text: str) -> None:
    stated = provenance(form(encoded(), model=text, request_id=text).data)
    assert stated["identifier"] == "".join(c for c in text if c.isprintable())


@pytest.mark.parametrize("size", [(256, 256), (1024, 1024), (1024, 256), (2048, 2048)])
def test_a_preview_knows_only_a_few_pixels(size: tuple[int, int]) -> None:
    noise = Image.effect_noise(size, 120).convert("RGB")
    preview = reopened(form(encoded(noise)).preview)
    assert preview.size == size

    # All of it can be told from 16 x 16 pixels: scaled down so far and up again, it stays itself.
    known = preview.resize((16, 16), Image.Resampling.BOX)
    again = known.resize(size, Image.Resampling.BICUBIC)
    sample = preview.resize((64, 64)), again.resize((64, 64))
    pairs = zip(sample[0].tobytes(), sample[1].tobytes(), strict=True)
    assert max(abs(one - other) for one, other in pairs) <= 24


@pytest.mark.parametrize("seed", range(5))
def test_what_lies_within_a_cell_is_not_in_the_preview(seed: int) -> None:
    """Pixels that change places inside a sixteenth of each side change not one bit."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (512, 512, 3), np.uint8)
    cells = pixels.reshape(16, 32, 16, 32, 3).swapaxes(1, 2).reshape(256, 32 * 32, 3)
    shuffled = random.permuted(cells, axis=1)
    other = shuffled.reshape(16, 16, 32, 32, 3).swapaxes(1, 2).reshape(512, 512, 3)

    one, another = (form(RawPicture(rows.tobytes(), (512, 512))) for rows in (pixels, other))
    assert one.preview == another.preview
    assert one.data != another.data
