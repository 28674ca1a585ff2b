"""What is known of a file before a judge sees it, and in which form a judge can see it."""

import base64
import io
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from local.ai.painting.painter import paint
from moderate_dataset_images import examination
from moderate_dataset_images.confined import Refused, fitting
from moderate_dataset_images.examination import Examined, Unreadable, examine
from shared.pictures.fingerprint import phash

COLLECTION = Path(__file__).parents[3] / "../shared/data/images_odd"
SCENE = Image.effect_mandelbrot((320, 240), (-2.0, -1.2, 1.0, 1.2), 60).convert("RGB")
OTHER = Image.linear_gradient("L").resize((320, 240)).convert("RGB")


def encoded(picture: Image.Image = SCENE, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def rules(examined: Examined) -> list[str]:
    return [rule for rule, _ in examined.changes]


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as raised:
        examine(data)
    assert raised.value.message
    return raised.value.rule


def differ(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures' levels."""
    small = [picture.convert("RGB").resize((32, 32)).tobytes() for picture in (one, other)]
    return float(sum(abs(a - b) for a, b in zip(*small, strict=True)) / len(small[0]))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (encoded(), "jpeg"),
        (encoded(quality=95, progressive=True), "jpeg"),
        (encoded(SCENE.convert("L")), "jpeg"),
        (encoded(kind="PNG"), "png"),
        (encoded(SCENE.convert("P"), "PNG"), "png"),
        (encoded(SCENE.convert("1"), "PNG"), "png"),
        (encoded(SCENE.convert("RGBA"), "PNG"), "png"),
        (encoded(kind="MPO", save_all=True, append_images=[OTHER]), "jpeg"),
    ],
    ids=[
        *("JPEG", "progressive", "grey", "PNG", "palette", "one bit", "opaque alpha"),
        "more pictures behind it",
    ],
)
def test_an_ordinary_image_is_judged_as_it_is(data: bytes, kind: str) -> None:
    examined = examine(data)
    assert (examined.format, examined.width, examined.height) == (kind, 320, 240)
    assert (examined.changes, examined.copy) == ([], b"")


def test_a_copy_can_be_asked_for() -> None:
    examined = examine(encoded(kind="PNG"), wants_copy=True)
    copy = opened(examined.copy)
    assert (copy.format, copy.size, examined.changes) == ("JPEG", (320, 240), [])
    assert differ(copy, SCENE) < 3


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (encoded(kind="WEBP"), ["reencoded"]),
        (encoded(kind="BMP"), ["reencoded"]),
        (encoded(kind="AVIF"), ["reencoded"]),
        (encoded(SCENE.convert("CMYK")), ["reencoded"]),
        (
            encoded(SCENE.convert("L").convert("I;16").point(lambda v: v * 256), "PNG"),
            ["reencoded"],
        ),
        (encoded(kind="GIF", save_all=True, append_images=[OTHER]), ["reencoded", "first_frame"]),
        (encoded(kind="PNG", save_all=True, append_images=[OTHER]), ["first_frame"]),
    ],
    ids=["WEBP", "BMP", "AVIF", "CMYK", "16-bit grey", "animated GIF", "animated PNG"],
)
def test_what_rekognition_does_not_read_is_converted(data: bytes, changes: list[str]) -> None:
    examined = examine(data)
    copy = opened(examined.copy)
    assert rules(examined) == changes
    assert (copy.format, copy.mode in ("RGB", "L"), copy.size) == ("JPEG", True, (320, 240))
    shown = SCENE.convert("L") if b"IHDR" in data and changes == ["reencoded"] else SCENE
    # The palette of a GIF, and CMYK and back, lose a little.
    assert differ(copy, shown) < 12


@pytest.mark.parametrize("size", [(79, 79), (1, 1), (40, 200)])
def test_a_small_image_is_judged_enlarged(size: tuple[int, int]) -> None:
    examined = examine(encoded(SCENE.resize(size), "PNG"))
    assert (examined.width, examined.height) == size
    assert rules(examined) == ["enlarged"]
    assert min(opened(examined.copy).size) == 80


def test_a_large_image_is_judged_reduced() -> None:
    examined = examine(encoded(SCENE.resize((10_001, 300))))
    assert rules(examined) == ["reduced"]
    assert opened(examined.copy).size == (3072, 93)


def test_a_large_file_is_judged_reduced() -> None:
    # Behind its end marker a JPEG may hold anything.
    examined = examine(encoded(SCENE.resize((4000, 3000))) + bytes(15_000_000))
    assert rules(examined) == ["reduced"]
    assert opened(examined.copy).size == (3072, 2304)


def test_noise_that_is_reduced_fits() -> None:
    noise = Image.effect_noise((4000, 4000), 100)
    colours = Image.merge("RGB", (noise, noise.rotate(90), noise.rotate(180)))
    examined = examine(encoded(colours, quality=100, subsampling=0) + bytes(15_000_000))
    assert 0 < len(examined.copy) < 15_000_000


def test_an_upright_copy_keeps_its_proportions() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    examined = examine(encoded(SCENE.convert("CMYK"), exif=exif))
    assert (examined.width, examined.height) == (320, 240)
    assert opened(examined.copy).size == (240, 320)


def test_what_hides_behind_transparency_is_judged() -> None:
    """A training converts to RGB, and sees it."""
    hidden = SCENE.copy()
    hidden.putalpha(0)
    examined = examine(encoded(hidden, "PNG"))
    assert rules(examined) == ["transparency"]
    assert differ(opened(examined.copy), SCENE) < 3
    assert examined.phash == phash(SCENE)


def test_a_preview_tells_little() -> None:
    preview = base64.b64decode(examine(encoded()).preview)
    assert len(preview) < 700
    assert max(opened(preview).size) <= 16


def test_a_reduced_decoding_has_the_same_perceptual_hash() -> None:
    # A symmetrical scene has frequencies of zero, which noise alone would decide.
    large = paint("a city at night", "", 1, (512, 384)).resize((4000, 3000))
    found = int(examine(encoded(large)).phash, 16)
    assert (found ^ int(phash(large), 16)).bit_count() <= 2


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "format"),
        (b"no picture", "format"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "format"),
        (b"\xff\xd8\xff", "format"),
        (encoded()[:3000], "damaged"),
        (encoded(kind="PNG")[:3000], "damaged"),
        (encoded(kind="WEBP")[:1000], "damaged"),
        (encoded(Image.new("L", (2, 4000)), "PNG"), "sides"),
        (encoded(Image.new("1", (12_001, 10_000)), "PNG"), "max_pixels"),
        (encoded(Image.new("1", (30_000, 30_000)), "PNG"), "max_pixels"),
    ],
)
def test_what_nobody_can_judge(data: bytes, rule: str) -> None:
    assert refused(data) == rule


def scans(count: int) -> bytes:
    """A progressive JPEG that goes over its pixels again and again."""
    whole = encoded(SCENE.resize((2000, 2000)), progressive=True)
    last = whole.rindex(b"\xff\xda")
    end = whole.rindex(b"\xff\xd9")
    return whole[:end] + whole[last:end] * count + whole[end:]


def test_an_image_that_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_PATIENCE_SECONDS", 0.5)
    assert refused(scans(20_000)) == "too_costly"


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"[]\n",
        b"{}\n",
        b'{"refused": []}\n',
        json.dumps(
            {"format": "png", "width": 9, "height": 9, "changes": [], "phash": "x", "preview": ""}
        ).encode(),
        json.dumps(
            {
                "format": "png",
                "width": 9,
                "height": 9,
                "changes": [],
                "phash": "0",
                "preview": "a" * 9000,
            }
        ).encode(),
    ],
)
def test_an_answer_that_is_none_is_no_image(
    written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "output_of", lambda *_: written)
    assert refused(b"") == "too_costly"


@pytest.mark.parametrize(
    ("size", "copy"),
    [
        ((320, 240), (320, 240)),
        ((4032, 3024), (3072, 2304)),
        ((12_000, 90), (10_667, 80)),
        ((40, 40), (80, 80)),
        ((40, 5000), (80, 10_000)),
        ((9000, 100), (7200, 80)),
    ],
)
def test_a_copy_fits(size: tuple[int, int], copy: tuple[int, int]) -> None:
    if max(copy) > 10_000:
        with pytest.raises(Refused):
            fitting(size)
        return
    assert fitting(size) == copy


def test_text_that_unfolds_is_no_bomb() -> None:
    bomb = zlib.compress(bytes(64 * 1024 * 1024))
    body = b"zTXta\0\0" + bomb
    chunk = len(body[4:]).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    png = encoded(kind="PNG")
    assert refused(png[:33] + chunk + png[33:]) == "damaged"


def files(*kinds: str) -> list[Path]:
    manifest = COLLECTION / "manifest.json"
    if not manifest.exists():
        return []
    listed = json.loads(manifest.read_text("utf-8"))["files"]
    return [COLLECTION / entry["file"] for entry in listed if entry["kind"] in kinds]


def became(*kinds: str) -> dict[str, str]:
    found = files(*kinds)
    if not found:
        pytest.skip("the collection of odd pictures, ../shared/data/images_odd, is not here")
    what = {}
    for path in found:
        try:
            examined = examine(path.read_bytes())
            what[path.name] = "copy" if examined.copy else "as it is"
        except Unreadable as unreadable:
            what[path.name] = unreadable.rule
    return what


def test_valid_images_of_others_are_judged() -> None:
    # Formats that no training is documented to read, and that no name of an image promises.
    others = {"gen.ico", "gen.ppm", "gen.tga"}
    told = became("valid", "damaged_decodable")
    refusals = {name for name, what in told.items() if what not in ("as it is", "copy")}
    assert refusals <= others | {name for name in told if name.endswith(".ico")}


def test_corrupt_images_of_others_are_not() -> None:
    assert set(became("corrupt").values()) <= {"format", "damaged", "max_pixels"}


def test_hostile_images_of_others_end_nothing() -> None:
    assert became("hostile", "odd")
