"""The reply's forms, read by the stack's own reader."""

import base64
import io
import json

import pytest
from PIL import Image

from server.job import Job, Picture, Shape
from server.rejection import Rejection
from server.reply import ARRAYS, JPEG, PNG, encode, form_of
from server.request import Order
from store_images.placeholder import filtered_because
from store_images.reply import read_reply

JOB = Job(Shape(64, 72, 8, 7.5), "a lake", "", 1)
RED = Picture(Image.new("RGB", (64, 72), (200, 10, 10)))


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", ARRAYS), ("*/*", ARRAYS), ("application/json", ARRAYS), ("application/*", ARRAYS),
        ("application/json;jpeg", JPEG), ("Application/JSON ; JPEG", JPEG), (PNG, PNG),
        ("application/json;png;q=0.5", PNG), ("text/html, application/json;jpeg, */*", JPEG),
        ("application/json; charset=utf-8", ARRAYS),
    ],
)  # fmt: skip
def test_accept_names_a_form(accept: str, form: str) -> None:
    assert form_of(accept) == form


@pytest.mark.parametrize("accept", ["image/png", "application/json;webp", "text/html"])
def test_another_form_is_refused(accept: str) -> None:
    with pytest.raises(Rejection) as refused:
        form_of(accept)
    assert refused.value.status == 406


@pytest.mark.parametrize("form", [ARRAYS, JPEG, PNG])
def test_the_stack_reads_every_form(form: str) -> None:
    found = read_reply(encode(Order((JOB,), "a lake"), [RED], form, "tiny-1"))
    assert found.model_version == "tiny-1"
    (picture,) = found.pictures
    if form == ARRAYS:
        assert (picture.size, picture.data[:3]) == ((64, 72), bytes((200, 10, 10)))
    else:
        image = Image.open(io.BytesIO(picture.data))
        assert (image.format, image.size) == ({JPEG: "JPEG", PNG: "PNG"}[form], (64, 72))


def test_a_text_request_gets_its_one_picture_by_name() -> None:
    reply = json.loads(encode(Order((JOB,), "a lake", as_text=True), [RED], PNG, ""))
    assert reply.keys() == {"generated_images", "generated_image", "prompt"}
    assert base64.b64decode(reply["generated_image"]).startswith(b"\x89PNG")


def test_what_a_safety_checker_found_is_told_and_seen_by_the_stack() -> None:
    black = Picture(Image.new("RGB", (64, 72)), flagged=True)
    red = Picture(RED.image, flagged=False)
    body = encode(Order((JOB, JOB), "a lake"), [black, red], PNG, "")
    assert json.loads(body)["nsfw_content_detected"] == [True, False]
    seen = [Image.open(io.BytesIO(one.data)) for one in read_reply(body).pictures]
    assert filtered_because(seen[0]) == "black"
