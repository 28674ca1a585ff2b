"""Odd, corrupt and hostile pictures: judged, filtered or refused, in bounded memory and time.

Those made here cover every class. The collection at ../shared/data/images_odd, where it is present,
is one that others made; the decision on each odd file of it stands in docs/moderation.md.
"""

import contextlib
import io
import json
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from shared.errors import MalformedReply
from shared.pictures.decoding import decode

ROOT = Path(__file__).parents[3]
COLLECTION = ROOT / "../shared/data/images_odd"
DOCUMENT = ROOT / "docs" / "moderation.md"
MOST_MEGABYTES = 256
MOST_CPU_SECONDS = 2.0
REFUSED = "refused"
# In a process of its own: what a picture takes is then what the process and its children take.
PROBE = """
import json, resource, sys, time
from pathlib import Path
from shared.errors import MalformedReply
from store_images.picture import prepare
from store_images.reply import RawPicture
# Not ru_maxrss, which starts at what the parent had.
status = Path("/proc/self/status")
found = {}
for path in sys.stdin.read().splitlines():
    started = time.process_time()
    try:
        form = prepare(RawPicture(Path(path).read_bytes()), "painter-1", "r")
        became = form.filtered_because or "judged"
    except MalformedReply:
        became = "refused"
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    found[Path(path).name] = became
print(json.dumps({
    "became": found,
    "seconds": time.process_time() + children.ru_utime + children.ru_stime,
    "megabytes": (int(status.read_text().partition("VmHWM:")[2].split()[0]) + children.ru_maxrss)
        / 1024,
}))
"""


def probed(*paths: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "functions")},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout)
    return result


SCENE = Image.effect_mandelbrot((320, 240), (-2.0, -1.2, 1.0, 1.2), 60).convert("RGB")
OTHER = Image.linear_gradient("L").resize((320, 240)).convert("RGB")


def encoded(picture: Image.Image = SCENE, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND")


def scans(times: int) -> bytes:
    """A progressive JPEG of 2,048 x 2,048 pixels that goes over them again and again."""
    whole = encoded(Image.effect_noise((2048, 2048), 20), "JPEG", progressive=True, quality=5)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * times + whole[-2:]


def many_tiles(side: int) -> bytes:
    """An uncompressed grey TIFF in strips of one row, each listed a thousand times over."""
    count = side * 1000
    tags = [(256, 4, 1, side), (257, 4, 1, count), (258, 3, 1, 8), (259, 3, 1, 1)]
    tags += [(262, 3, 1, 1), (273, 4, count, 200), (277, 3, 1, 1), (278, 4, 1, 1)]
    tags += [(279, 4, count, 200)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)
    return head.ljust(200, b"\0") + struct.pack("<I", 200) * count


def text_bomb() -> bytes:
    text = b"Comment\0\0" + zlib.compress(bytes(64 * 1024 * 1024), 9)
    return png(320, 240, chunk(b"zTXt", text), chunk(b"IDAT", zlib.compress(bytes(321 * 240))))


def huge_ico() -> bytes:
    picture = png(30000, 30000, chunk(b"IDAT", zlib.compress(bytes(100))))
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(picture), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + picture


def huge_gif_frame() -> bytes:
    """A first frame of 65,535 x 65,535 pixels on a canvas of 320 x 240."""
    canvas = b"GIF89a" + struct.pack("<HHBBB", 320, 240, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x44\x01\x00"
    return canvas + frame + b";"


def hidden_behind_alpha() -> bytes:
    picture = SCENE.convert("RGBA")
    picture.putalpha(0)
    return encoded(picture)


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


def with_text(picture: Image.Image) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x" * 20_000)
    return encoded(picture, pnginfo=text)


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Name to (bytes, what becomes of them).
MADE: dict[str, tuple[bytes, str]] = {
    **{
        f"a {kind} file": (encoded(kind=kind), "judged")
        for kind in ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "ICO", "PPM")
    },
    **{f"a {kind} file": (encoded(kind=kind), REFUSED) for kind in ("TGA", "PCX", "SGI")},
    **{
        f"a cut {kind} file": (encoded(kind=kind)[: len(encoded(kind=kind)) // 2], REFUSED)
        for kind in ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "PPM")
    },
    "one bit": (encoded(SCENE.convert("1")), "judged"),
    "16-bit grey": (encoded(SCENE.convert("L").convert("I;16").point(lambda v: v * 256)), "judged"),
    "CMYK": (encoded(SCENE.convert("CMYK"), "JPEG"), "judged"),
    "a colour profile": (encoded(kind="JPEG", icc_profile=PROFILE), "judged"),
    "a palette with transparency": (
        encoded(SCENE.convert("P", palette=Image.Palette.ADAPTIVE), transparency=0),
        "judged",
    ),
    "32 x 32": (encoded(SCENE.resize((32, 32))), "judged"),
    "text in it": (with_text(SCENE), "judged"),
    "an animation": (
        encoded(kind="GIF", save_all=True, append_images=[OTHER]),
        "judged",
    ),
    "an animated PNG": (encoded(save_all=True, append_images=[OTHER]), "judged"),
    "two pages": (encoded(kind="TIFF", save_all=True, append_images=[OTHER]), "judged"),
    "another picture behind the first": (encoded(kind="JPEG") + encoded(OTHER, "JPEG"), "judged"),
    "an archive behind it": (encoded(kind="JPEG") + b"PK\x05\x06" + bytes(18), "judged"),
    "a picture behind an alpha of zero": (hidden_behind_alpha(), "uniform"),
    "no bytes": (b"", REFUSED),
    "text": (b"an error message", REFUSED),
    "JSON": (b'{"error": "out of memory"}', REFUSED),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', REFUSED),
    "a byte flipped": (flipped(encoded()), REFUSED),
    "only a signature": (b"\x89PNG\r\n\x1a\n", REFUSED),
    "no pixels": (png(320, 240), REFUSED),
    "a palette that is missing": (
        png(64, 64, chunk(b"IDAT", zlib.compress(bytes(65 * 64))), colour=3),
        REFUSED,
    ),
    "1 x 4000": (encoded(Image.new("L", (1, 4000))), REFUSED),
}
HOSTILE: dict[str, tuple[bytes, str]] = {
    "60000 x 60000": (png(60000, 60000, chunk(b"IDAT", zlib.compress(b"x"))), REFUSED),
    "the most sides a PNG has": (png(2**31 - 1, 2**31 - 1, chunk(b"IDAT")), REFUSED),
    "9000 x 9000 of one colour": (encoded(Image.new("1", (9000, 9000))), REFUSED),
    "text that unfolds to 64 MB": (text_bomb(), REFUSED),
    "a million chunks": (
        png(320, 240, chunk(b"abCd") * 1_000_000, chunk(b"IDAT", zlib.compress(bytes(range(240))))),
        REFUSED,
    ),
    "five thousand scans": (scans(5000), REFUSED),
    "a million strips": (many_tiles(1000), REFUSED),
    "an icon of 30000 x 30000": (huge_ico(), REFUSED),
    "a frame beyond its canvas": (huge_gif_frame(), REFUSED),
}


def test_what_becomes_of_every_class(tmp_path: Path) -> None:
    paths = []
    for name, (data, _) in MADE.items():
        (tmp_path / name).write_bytes(data)
        paths.append(tmp_path / name)
    result = probed(*paths)
    assert result["became"] == {name: expected for name, (_, expected) in MADE.items()}
    assert result["megabytes"] < MOST_MEGABYTES


def stays_bounded(result: dict[str, Any]) -> None:
    assert result["megabytes"] < MOST_MEGABYTES
    # A child's 2 s; the process itself, imports included, takes a fifth of one.
    assert result["seconds"] < MOST_CPU_SECONDS + 1


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_takes_little(name: str, tmp_path: Path) -> None:
    data, expected = HOSTILE[name]
    (tmp_path / "picture").write_bytes(data)
    result = probed(tmp_path / "picture")
    assert result["became"] == {"picture": expected}
    stays_bounded(result)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_damaged_bytes_are_a_picture_or_none(kind: str) -> None:
    """Anything but a picture or a refusal would be a crash of the function."""
    whole = encoded(SCENE.convert("P") if kind == "PNG" else SCENE.resize((64, 64)), kind)
    random = Random(7)
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(random.choice((1, 2, 20))):
            data[random.randrange(8, 600)] = random.randrange(256)
        if kind == "PNG":
            data = bytearray(with_checksums(bytes(data)))
        with contextlib.suppress(MalformedReply):
            decode(bytes(data))


def with_checksums(data: bytes) -> bytes:
    """The same chunks, so that a decoder reads what is wrong in them."""
    made, at = data[:8], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        made += chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += 12 + length
    return made


def files(kind: str) -> list[str]:
    """The collection's files of a kind; none where it is missing."""
    manifest = COLLECTION / "manifest.json"
    if not manifest.exists():
        return []
    return [
        entry["file"]
        for entry in json.loads(manifest.read_text("utf-8"))["files"]
        if entry["kind"] == kind
    ]


def became(kind: str) -> dict[str, str]:
    if not COLLECTION.is_dir():
        pytest.skip("the collection of odd pictures, ../shared/data/images_odd, is not here")
    result: dict[str, str] = probed(*(COLLECTION / name for name in files(kind)))["became"]
    assert result
    return result


def test_valid_pictures_are_judged() -> None:
    assert set(became("valid").values()) == {"judged"}


def test_damaged_pictures_that_decode_are_judged_as_they_decode() -> None:
    # Two of them are of one colour.
    assert set(became("damaged_decodable").values()) == {"judged", "uniform"}


def test_corrupt_pictures_are_refused() -> None:
    assert set(became("corrupt").values()) == {REFUSED}


def test_odd_pictures_are_treated_as_documented() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    decisions = dict(rows)
    assert len(decisions) == len(rows)
    assert became("odd") == decisions


@pytest.mark.parametrize("name", files("hostile") or ["none"])
def test_a_hostile_picture_of_others_takes_little(name: str) -> None:
    if not COLLECTION.is_dir():
        pytest.skip("the collection of odd pictures, ../shared/data/images_odd, is not here")
    stays_bounded(probed(COLLECTION / name))
