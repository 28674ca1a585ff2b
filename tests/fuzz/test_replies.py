"""The generator's reply, whatever lies in the output's place: raw pictures or MalformedReply."""

import base64
import json

from fuzz.budget import fuzzed, within
from fuzz.mutation import HALF, damaged, documents, mutated, nested, raw
from hypothesis import example, given
from hypothesis import strategies as st

from shared.errors import MalformedReply
from store_images.reply import read_reply

PICTURE = base64.b64encode(bytes(range(48))).decode()
ROWS = [[[0, 1, 2], [3, 4, 255]], [[6, 7, 8], [9, 10, 11]]]
REPLIES = [
    {"generated_images": [PICTURE, PICTURE], "prompt": "a fox", "model_version": "painter-1"},
    {"generated_image": PICTURE, "prompt": "a fox"},
    {"generated_images": [ROWS, ROWS], "prompt": "a fox"},
]
# Base64 as people get it wrong.
ODD_BASE64 = st.sampled_from(
    ["", "=", "A===", "AA==BB==", PICTURE[:-1], PICTURE + "\n", "data:image/png;base64," + PICTURE,
     PICTURE.replace("A", "-"), PICTURE + "é", HALF, "\x00"]
)  # fmt: skip


@fuzzed(200)
@given(
    body=st.one_of(
        mutated(REPLIES).map(raw),
        mutated(REPLIES).map(raw),
        documents().map(lambda found: raw({"generated_images": found})),
        documents().map(raw),
        ODD_BASE64.map(lambda text: raw({"generated_images": [text]})),
        damaged([raw(reply) for reply in REPLIES], [b'"generated_image":', b"1e999", b"[]"]),
        mutated(REPLIES).map(lambda found: json.dumps(found).encode("utf-16")),
    )
)
@example(body=nested(200_000).encode())
@example(body=b'{"generated_images": ' + nested(900).encode() + b"}")
@example(body=b'{"generated_images": [[[[' + b"9" * 5000 + b", 0, 0]]]]}")
@example(body=raw({"generated_images": [[[[True, False, True]]]], "model_version": HALF * 500}))
def test_a_body_is_a_reply_or_malformed(body: bytes) -> None:
    try:
        with within(1):
            reply = read_reply(body)
    except MalformedReply:
        return
    assert reply.pictures
    for picture in reply.pictures:
        assert type(picture.data) is bytes
        if picture.size is not None:
            width, height = picture.size
            assert len(picture.data) == width * height * 3
    assert len(reply.model_version.encode()) <= 128 * 4
