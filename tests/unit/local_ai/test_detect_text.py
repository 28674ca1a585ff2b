"""DetectText over the wire: only what the painter wrote on a picture is known."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from local.ai.painting.caption import write_caption
from local.ai.painting.painter import paint
from local.ai.running import StandIns

pytestmark = pytest.mark.usefixtures("stand_ins")
Client = Callable[[str], Any]


def picture(text: str = "", size: tuple[int, int] = (512, 512)) -> bytes:
    painted = paint("a protest in a city", "", 1, size)
    if text:
        write_caption(painted, text)
    buffer = io.BytesIO()
    painted.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def detect(client: Client, image: dict[str, Any], **more: Any) -> Any:
    return client("rekognition").detect_text(Image=image, **more)


def test_a_line_and_its_words_with_their_places(client: Client, engine: Any) -> None:
    engine.put("work/sign.jpg", picture("keep off off"), version="v2")
    place = {"Bucket": "work", "Name": "sign.jpg", "Version": "v2"}

    answer = detect(client, {"S3Object": place})

    assert answer["TextModelVersion"] == "local-marker-text-1"
    found = [
        (one["Id"], one["Type"], one.get("ParentId"), one["DetectedText"], one["Confidence"])
        for one in answer["TextDetections"]
    ]
    assert found == [
        (0, "LINE", None, "keep off off", 99.0),
        (1, "WORD", 0, "keep", 99.0),
        (2, "WORD", 0, "off", 99.0),
        (3, "WORD", 0, "off", 99.0),
    ]
    line, *words = [one["Geometry"] for one in answer["TextDetections"]]
    assert line["BoundingBox"] == pytest.approx(
        {"Left": 16 / 512, "Top": 96 / 512, "Width": 224 / 512, "Height": 16 / 512}
    )
    lefts = [word["BoundingBox"]["Left"] for word in words]
    assert lefts == sorted(set(lefts))
    assert len(line["Polygon"]) == 4


@pytest.mark.parametrize("size", [(240, 256), (1024, 256), (256, 1024)])
def test_it_is_found_in_pictures_of_every_shape(client: Client, size: tuple[int, int]) -> None:
    found = detect(client, {"Bytes": picture("größer 25%", size)})["TextDetections"]
    assert [one["DetectedText"] for one in found] == ["größer 25%", "größer", "25%"]


def test_a_picture_without_a_caption_has_no_text(client: Client) -> None:
    assert detect(client, {"Bytes": picture()})["TextDetections"] == []


def test_words_may_have_to_be_surer_than_it_ever_is(client: Client) -> None:
    def found(least: float) -> int:
        filters = {"WordFilter": {"MinConfidence": least}}
        return len(detect(client, {"Bytes": picture("stop")}, Filters=filters)["TextDetections"])

    assert (found(90), found(100)) == (2, 0)


@pytest.mark.parametrize(
    ("image", "more", "expected"),
    [
        ({}, {}, "InvalidParameterException"),
        ({"Bytes": b"no picture"}, {}, "InvalidImageFormatException"),
        ({"S3Object": {"Bucket": "work", "Name": "no"}}, {}, "InvalidS3ObjectException"),
        ({"Bytes": b"x" * 5_242_881}, {}, "ImageTooLargeException"),
        (None, {"WordFilter": {"MinConfidence": 101}}, "InvalidParameterException"),
        (None, {"WordFilter": {"MinBoundingBoxWidth": 0.5}}, "InvalidParameterException"),
        (None, {"RegionsOfInterest": []}, "InvalidParameterException"),
    ],
)
def test_bad_parameters(
    client: Client, image: dict[str, Any] | None, more: dict[str, Any], expected: str
) -> None:
    filters = {"Filters": more} if more else {}
    with pytest.raises(ClientError) as refused:
        detect(client, image if image is not None else {"Bytes": picture()}, **filters)
    assert refused.value.response["Error"]["Code"] == expected


def test_it_has_scripts_of_its_own(client: Client, engine: Any, stand_ins: StandIns) -> None:
    engine.put("work/run-1/0.jpg", picture())
    stand_ins.script(key="run-1/", detect_text=[{"text": "told so"}, "empty", "usual"],
                     rekognition=[{"labels": ["Weapons"]}])  # fmt: skip
    place = {"S3Object": {"Bucket": "work", "Name": "run-1/0.jpg"}}

    told, empty, usual = (detect(client, place) for _ in range(3))
    labels = client("rekognition").detect_moderation_labels(Image=place)["ModerationLabels"]

    assert [one["DetectedText"] for one in told["TextDetections"]] == ["told so", "told", "so"]
    assert "TextDetections" not in empty
    assert usual["TextDetections"] == []
    assert [row["Name"] for row in labels] == ["Violence", "Weapons"]
    stand_ins.script(key="run-1/", detect_text=[{"error": "ThrottlingException"}])
    with pytest.raises(ClientError, match="ThrottlingException"):
        detect(client, place)


def test_a_generated_picture_can_show_a_text(
    client: Client, engine: Any, stand_ins: StandIns, invoke: Callable[..., dict[str, Any]]
) -> None:
    stand_ins.script(prompt="poster", generation=[{"text": "vote  for\ncats"}])
    invoke("poster", {"prompt": "a poster"})
    engine.wait_for(1)
    body = generated(engine, "poster")
    found = detect(client, {"Bytes": body})["TextDetections"]
    assert found[0]["DetectedText"] == "vote for cats"


def generated(engine: Any, name: str) -> bytes:
    reply = json.loads(engine.objects[f"work/out/{name}.out"][0])
    data = base64.b64decode(reply["generated_images"][0])
    assert Image.open(io.BytesIO(data)).size == (512, 512)
    return data
