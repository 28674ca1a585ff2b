"""The image gate: any bytes are a picture within its bounds or MalformedReply, at a bounded price.

Seeds are small pictures of every format, made here, and the collection at
../shared/data/images_odd where it is present.
"""

import io
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz.budget import fuzzed, within
from fuzz.confinement import Confinement
from fuzz.mutation import damaged
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from shared.errors import MalformedReply
from shared.pictures import confined
from shared.pictures.decoding import MOST_SIDE, decode
from store_images.picture import prepare
from store_images.reply import RawPicture

COLLECTION = Path(__file__).parents[2] / "../shared/data/images_odd"
SCENE = Image.effect_mandelbrot((40, 30), (-2.0, -1.2, 1.0, 1.2), 60).convert("RGB")
OTHER = SCENE.transpose(Image.Transpose.ROTATE_180)
# What decode() itself may take, by its own account.
MOST_CPU_SECONDS = 2.0
_MEGABYTE = 1024 * 1024


def encoded(kind: str, picture: Image.Image = SCENE, **options: object) -> bytes:
    out = io.BytesIO()
    # Saving leaves its settings on the picture.
    picture.copy().save(out, kind, **options)
    return out.getvalue()


def exif(*entries: tuple[int, int, int, int]) -> bytes:
    """EXIF data whose directory holds (tag, type, count, value or place)."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + rows + bytes(4)


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def with_checksums(data: bytes) -> bytes:
    """The same chunks with sums that fit, so that a decoder reads what is wrong in them."""
    made, at = data[:8], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        made += chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += 12 + length
    return made + data[at:]


UPRIGHT = exif((0x0112, 3, 1, 6))
ORDINARY = [
    encoded("PNG"),
    encoded("PNG", SCENE.convert("P")),
    encoded("PNG", SCENE.convert("LA")),
    encoded("PNG", save_all=True, append_images=[OTHER.copy()]),
    encoded("PNG", exif=UPRIGHT[6:]),
    encoded("JPEG"),
    encoded("JPEG", progressive=True, exif=UPRIGHT, comment=b"a comment"),
    encoded("JPEG", SCENE.convert("CMYK")),
    encoded("MPO", save_all=True, append_images=[OTHER.copy()]),
]
OTHERS = [
    *(encoded(kind) for kind in ("WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "ICO", "PPM")),
    encoded("WEBP", lossless=True, exif=UPRIGHT),
    encoded("TIFF", compression="tiff_lzw", save_all=True, append_images=[OTHER.copy()]),
    encoded("TIFF", SCENE.convert("L").convert("I;16"), compression="tiff_adobe_deflate"),
    encoded("GIF", save_all=True, append_images=[OTHER.copy()]),
    encoded("JPEG", icc_profile=b"a profile"),
]
TOKENS = [
    b"\xff\xd8\xff", b"\xff\xda", b"\xff\xe1", b"\xff\xc2", b"Exif\0\0", b"ICC_PROFILE\0", b"iCCP",
    b"IDAT", b"fcTL", b"acTL", b"tRNS", b"eXIf", b"\xff\xff\xff\x7f", b"\x00\x00\xff\xff", b"II*\0",
    struct.pack("<HHII", 0x0112, 2, 2**31, 8), struct.pack(">II", 60000, 60000),
]  # fmt: skip


def collected() -> list[bytes]:
    if not COLLECTION.is_dir():
        return []
    files = (path for path in sorted(COLLECTION.iterdir()) if path.suffix != ".json")
    return [path.read_bytes() for path in files if path.stat().st_size <= 32 * 1024]


def split_exif(pieces: int) -> bytes:
    """EXIF data in pieces, which Pillow joins one by one."""
    segment = b"\xff\xe1" + struct.pack(">H", 18) + b"Exif\0\0" + b"x" * 10
    whole = encoded("JPEG")
    return whole[:2] + segment * pieces + whole[2:]


def exif_of_many_tags() -> bytes:
    """65,535 tags that each claim a megabyte of what follows them."""
    whole, tags = encoded("PNG"), exif(*((tag, 2, _MEGABYTE, 8) for tag in range(65_535)))
    return whole[:33] + chunk(b"eXIf", tags[6:] + bytes(_MEGABYTE)) + whole[33:]


@pytest.fixture(scope="module")
def confinement() -> Iterator[Confinement]:
    confinement = Confinement()
    yield confinement
    confinement.close()


@pytest.fixture(scope="module", autouse=True)
def _decoder_is_forked(confinement: Confinement) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", confinement.run)
        yield


def judged(data: bytes, confinement: Confinement) -> None:
    """What comes through the gate is a small, plain picture; what it takes is bounded."""
    confinement.last = None
    try:
        with within(MOST_CPU_SECONDS):
            decoded = decode(data)
    except MalformedReply:
        pass
    else:
        assert decoded.image.mode == "RGB"
        assert 0 < min(decoded.image.size) <= max(decoded.image.size) <= MOST_SIDE
        assert decoded.image.info == {}
    if confinement.last is not None:
        # The limits that the decoder sets itself; the kernel looks at the time once a second.
        assert confinement.last.megabytes <= confined._MEMORY_BYTES / _MEGABYTE
        assert confinement.last.cpu_seconds <= confined._CPU_SECONDS + 1


@fuzzed(60)
@given(data=damaged(ORDINARY, TOKENS))
@example(data=split_exif(20_000))
@example(data=exif_of_many_tags())
@example(data=encoded("PNG", Image.new("1", (MOST_SIDE, MOST_SIDE))))
def test_a_damaged_jpeg_or_png(data: bytes, confinement: Confinement) -> None:
    judged(data, confinement)


@fuzzed(40)
@given(data=damaged(ORDINARY[:5], TOKENS).map(with_checksums))
def test_a_damaged_png_whose_sums_fit(data: bytes, confinement: Confinement) -> None:
    judged(data, confinement)


@fuzzed(60)
@given(data=damaged(OTHERS, TOKENS))
@example(data=encoded("AVIF")[:-40] + b"\xff" * 40)
def test_a_damaged_file_of_another_format(data: bytes, confinement: Confinement) -> None:
    judged(data, confinement)


@fuzzed(40)
@given(data=damaged(collected() or [b""], TOKENS))
def test_a_damaged_file_of_the_collection(data: bytes, confinement: Confinement) -> None:
    if not collected():
        pytest.skip("the collection of odd pictures, ../shared/data/images_odd, is not here")
    judged(data, confinement)


@fuzzed(20)
@given(
    data=st.binary(max_size=300) | damaged(ORDINARY, TOKENS),
    size=st.none() | st.tuples(st.integers(0, 12), st.integers(0, 12)),
)
@example(data=bytes(12), size=(1, 4))
@example(data=b"", size=(0, 1))
def test_a_picture_of_a_reply_is_prepared_or_malformed(
    data: bytes, size: tuple[int, int] | None
) -> None:
    if size is not None:
        data = data.ljust(size[0] * size[1] * 3, b"\1")[: size[0] * size[1] * 3]
    try:
        form = prepare(RawPicture(data, size), "painter-1", "r")
    except MalformedReply:
        return
    assert form.format in ("png", "jpeg")
    assert 80 <= min(form.width, form.height) <= max(form.width, form.height) <= MOST_SIDE


def test_the_confined_decoder_answers(confinement: Confinement) -> None:
    """Otherwise every property here would hold of nothing."""
    for data in OTHERS:
        judged(data, confinement)
        assert confinement.last
        assert confinement.last.status == 0
