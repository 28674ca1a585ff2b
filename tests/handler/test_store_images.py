"""StoreImages' handler: where a reply lies in; checked pictures with previews out."""

import base64
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageFilter

from local.ai.painting.painter import paint
from shared.pictures.fingerprint import phash

WORK = "safelight-work-example"
Call = Callable[..., Any]
Event = Callable[[str], Any]


def encoded(picture: Image.Image, kind: str = "JPEG") -> str:
    out = io.BytesIO()
    picture.save(out, kind)
    return base64.b64encode(out.getvalue()).decode()


SCENE = Image.linear_gradient("L").convert("RGB")
BLURRED = paint("a city at night", "", 1, (256, 256)).filter(ImageFilter.GaussianBlur(9))
BLACK = Image.new("RGB", (256, 256), (3, 3, 3))
ROWS = [[[x, y, 128] for x in range(96)] for y in range(80)]
REPLIES: dict[str, Any] = {
    "list_of_jpegs": {"generated_images": [encoded(SCENE)] * 2, "prompt": "a lighthouse"},
    "single_picture": {"generated_image": encoded(SCENE, "PNG"), "prompt": "a lighthouse"},
    "rows_of_pixels": {"generated_images": [ROWS], "model_version": "local-painter-1"},
    "another_size": {"generated_image": encoded(SCENE)},
    "blurred_picture": {"generated_image": encoded(BLURRED)},
    "webp_picture": {"generated_image": encoded(SCENE, "WEBP")},
    "black_picture": {"generated_images": [encoded(BLACK), encoded(SCENE)]},
    "fewer_than_asked": {"generated_images": [encoded(SCENE)]},
    "no_picture_in_it": {"generated_images": [base64.b64encode(b"no picture").decode()]},
}


@pytest.fixture
def store(aws: Any, call: Call, event: Event) -> Callable[[str], Any]:
    """Puts the scenario's reply, if there is one, where the event says and calls the handler."""

    def store(scenario: str) -> Any:
        payload = event(f"store_images/{scenario}")
        body = b"<html>502</html>" if scenario == "not_json" else b""
        body = json.dumps(REPLIES[scenario]).encode() if scenario in REPLIES else body
        if body:
            place = payload["output"]
            aws("s3").put_object(Bucket=place["bucket"], Key=place["key"], Body=body)
        return call("store_images", payload)

    return store


@pytest.mark.parametrize(
    ("scenario", "model", "kinds", "size"),
    [
        ("list_of_jpegs", "safelight-generator", ["jpeg", "jpeg"], (256, 256)),
        ("single_picture", "safelight-generator", ["png"], (256, 256)),
        ("rows_of_pixels", "local-painter-1", ["png"], (96, 80)),
    ],
)
def test_every_picture_is_stored_with_its_preview(
    scenario: str,
    model: str,
    kinds: list[str],
    size: tuple[int, int],
    store: Any,
    aws: Any,
    event: Event,
) -> None:
    answer = store(scenario)

    folder = f"pictures/{event(f'store_images/{scenario}')['inference_id']}"
    images = []
    for index, kind in enumerate(kinds):
        suffix = {"jpeg": "jpg", "png": "png"}[kind]
        keys = f"{folder}/{index}.{suffix}", f"{folder}/{index}-preview.jpg"
        stored, preview = (aws("s3").get_object(Bucket=WORK, Key=key) for key in keys)
        data = stored["Body"].read()
        assert stored["ContentType"] == f"image/{kind}"
        assert Image.open(io.BytesIO(data)).size == size
        images.append(
            {
                "index": index,
                "bucket": WORK,
                "key": keys[0],
                "version_id": stored["VersionId"],
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
                "format": kind,
                "width": size[0],
                "height": size[1],
                "phash": phash(Image.open(io.BytesIO(data))),
                "preview_bucket": WORK,
                "preview_key": keys[1],
                "preview_version_id": preview["VersionId"],
            }
        )
    assert answer == {"images": images, "warnings": [], "model": model}


def test_a_picture_in_another_container_is_reencoded(store: Any, aws: Any) -> None:
    answer = store("webp_picture")

    (image,) = answer["images"]
    data = aws("s3").get_object(Bucket=WORK, Key=image["key"])["Body"].read()
    assert (image["format"], Image.open(io.BytesIO(data)).format) == ("png", "PNG")
    assert answer["warnings"] == [
        {
            "stage": "StoreImages",
            "category": "picture",
            "rule": "reencoded",
            "action": "warn",
            "message": "WEBP became PNG",
            "image": 0,
        }
    ]


def test_a_blotted_picture_is_marked(store: Any) -> None:
    black, scene = store("black_picture")["images"]

    assert black["filtered_because"] == "black"
    assert "filtered_because" not in scene


def test_a_blurred_picture_is_marked(store: Any) -> None:
    (image,) = store("blurred_picture")["images"]
    assert image["filtered_because"] == "blurred"


def test_another_size_than_asked_for_is_told(store: Any) -> None:
    (warning,) = store("another_size")["warnings"]
    assert (warning["rule"], warning["message"]) == ("other_size", "256 x 256 instead of 512 x 512")


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("fewer_than_asked", r"1 picture\(s\) came, 2 were asked for"),
        ("output_missing", "not where its notice says"),
        ("not_json", "not JSON"),
        ("no_picture_in_it", "cannot be decoded"),
    ],
)
def test_a_reply_without_its_pictures_is_malformed(
    scenario: str, message: str, store: Any, aws: Any
) -> None:
    with pytest.raises(Exception, match=message) as raised:
        store(scenario)
    assert type(raised.value).__name__ == "MalformedReply"
    assert aws("s3").list_objects_v2(Bucket=WORK, Prefix="pictures/")["KeyCount"] == 0


def test_a_reply_too_large_is_not_read(store: Any, answers: Any) -> None:
    answers.set("HeadObject", {"ContentLength": 65 * 1024 * 1024})
    answers.set("GetObject", AssertionError("read"))
    with pytest.raises(Exception, match="too large") as raised:
        store("list_of_jpegs")
    assert type(raised.value).__name__ == "MalformedReply"


def test_the_log_holds_no_picture(store: Any, logged: Callable[[], str]) -> None:
    store("list_of_jpegs")
    assert "'count': 2" in logged()
    assert len(logged()) < 5000
