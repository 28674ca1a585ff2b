"""DetectModerationLabels over the wire: where the picture comes from, limits, error names."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from local.ai.marker import Marker
from local.ai.painting.painter import paint, paint_unsafe
from local.ai.running import StandIns
from local.ai.taxonomy import NAMES, PARENTS, lineage

pytestmark = pytest.mark.usefixtures("stand_ins")
Client = Callable[[str], Any]


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def unsafe(*labels: tuple[str, float], illustrated: bool = False) -> bytes:
    return encoded(paint_unsafe(Marker(labels, illustrated), 0, (256, 256)))


def detect(client: Client, image: dict[str, Any], **more: Any) -> Any:
    return client("rekognition").detect_moderation_labels(Image=image, **more)


def code(client: Client, image: dict[str, Any], **more: Any) -> str:
    with pytest.raises(ClientError) as refused:
        detect(client, image, **more)
    return str(refused.value.response["Error"]["Code"])


def test_the_taxonomy_has_52_labels_in_three_levels() -> None:
    levels = [len(lineage(name)) for name in NAMES]
    assert [levels.count(level) for level in (1, 2, 3)] == [10, 20, 22]
    assert PARENTS["Pills"] == "Products"


def test_the_exact_version_is_read(client: Client, engine: Any, moderator_name: str) -> None:
    engine.put("work/a b+ü.png", encoded(paint("a cat", "", 0, (256, 256))))
    engine.put("work/a b+ü.png", unsafe(("Weapons", 88.0)), version="v1")
    place = {"Bucket": "work", "Name": "a b+ü.png"}

    newest = detect(client, {"S3Object": place})
    exact = detect(client, {"S3Object": {**place, "Version": "v1"}})

    assert newest["ModerationLabels"] == []
    assert exact["ModerationLabels"] == [
        {"Name": "Violence", "ParentName": "", "TaxonomyLevel": 1, "Confidence": 88.0},
        {"Name": "Weapons", "ParentName": "Violence", "TaxonomyLevel": 2, "Confidence": 88.0},
    ]
    assert newest["ModerationModelVersion"] == moderator_name
    assert exact["ModerationModelVersion"].removesuffix("+marker") == moderator_name
    assert exact["ResponseMetadata"]["HTTPHeaders"]["x-safelight-stand-in"] == moderator_name


def test_parents_take_the_highest_confidence_and_low_rows_are_left_out(client: Client) -> None:
    picture = {"Bytes": unsafe(("Corpses", 40.0), ("Pills", 60.0), ("Smoking", 80.0))}

    usual = {row["Name"]: row["Confidence"] for row in detect(client, picture)["ModerationLabels"]}
    strict = detect(client, picture, MinConfidence=70)["ModerationLabels"]
    loose = detect(client, picture, MinConfidence=0)["ModerationLabels"]

    assert usual["Drugs & Tobacco"] == 80.0
    assert usual["Products"] == 60.0
    assert "Corpses" not in usual
    assert "Products" not in {row["Name"] for row in strict}
    assert "Visually Disturbing" in {row["Name"] for row in loose}


def test_illustrated_content_is_said(client: Client) -> None:
    picture = {"Bytes": unsafe(("Weapons", 90.0), illustrated=True)}
    assert detect(client, picture)["ContentTypes"] == [{"Name": "Illustrated", "Confidence": 99.0}]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP", "TIFF"])
def test_other_formats_are_refused(client: Client, kind: str) -> None:
    picture = encoded(paint("a cat", "", 0, (256, 256)), kind)
    assert code(client, {"Bytes": picture}) == "InvalidImageFormatException"


def test_broken_pictures_are_refused(client: Client) -> None:
    jpeg = encoded(paint("a cat", "", 0, (256, 256)), "JPEG")
    for data in (b"no picture", jpeg[: len(jpeg) // 2], encoded(Image.new("L", (99, 99)))[:60]):
        assert code(client, {"Bytes": data}) == "InvalidImageFormatException"


def test_sizes(client: Client, engine: Any) -> None:
    assert code(client, {"Bytes": b"x" * 5_242_881}) == "ImageTooLargeException"
    assert code(client, {"Bytes": encoded(Image.new("L", (79, 300)))}) == (
        "InvalidParameterException"
    )
    for width, height in ((10_001, 100), (9_000, 9_000), (60_000, 60_000)):
        picture = header_of_png(width, height)
        assert code(client, {"Bytes": picture}) == "ImageTooLargeException"
    engine.put("work/large", b"x" * (15 * 1024 * 1024 + 1))
    place = {"S3Object": {"Bucket": "work", "Name": "large"}}
    assert code(client, place) == "ImageTooLargeException"


def header_of_png(width: int, height: int) -> bytes:
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n\0\0\0\r" + ihdr + struct.pack(">I", zlib.crc32(ihdr))
    return head + b"\0\0\0\x08IDAT"


@pytest.mark.parametrize(
    ("image", "more", "expected"),
    [
        ({}, {}, "InvalidParameterException"),
        ({"Bytes": b""}, {}, "InvalidParameterException"),
        ({"Bytes": b"x", "S3Object": {}}, {}, "InvalidParameterException"),
        ({"S3Object": {"Bucket": "work"}}, {}, "InvalidParameterException"),
        ({"S3Object": {"Bucket": "work", "Name": "no"}}, {}, "InvalidS3ObjectException"),
        ({"Bytes": b"x"}, {"MinConfidence": 101}, "InvalidParameterException"),
        ({"Bytes": b"x"}, {"ProjectVersion": "arn:any"}, "ResourceNotFoundException"),
        ({"Bytes": b"x"}, {"HumanLoopConfig": {"HumanLoopName": "x"}}, "InvalidParameterException"),
    ],
)
def test_bad_parameters(
    client: Client, image: dict[str, Any], more: dict[str, Any], expected: str
) -> None:
    assert code(client, image, **more) == expected


def test_other_operations_are_refused(client: Client, stand_ins: StandIns) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        client("rekognition").detect_labels(Image={"Bytes": b"x"})
