"""The generator's reply: both shapes, and everything that is neither."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.errors import MalformedReply
from store_images.reply import RawPicture, Reply, read_reply

ENCODED = base64.b64encode(b"picture").decode()


def read(**reply: Any) -> Reply:
    return read_reply(json.dumps(reply).encode())


def test_a_list_of_encoded_pictures() -> None:
    reply = read(generated_images=[ENCODED, ENCODED], prompt="a fox", model_version="painter-1")
    assert reply == Reply([RawPicture(b"picture")] * 2, "painter-1")


def test_a_single_encoded_picture() -> None:
    assert read(generated_image=ENCODED, prompt="a fox") == Reply([RawPicture(b"picture")])


def test_rows_of_pixels() -> None:
    rows = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 255]], [[0] * 3] * 2]
    (picture,) = read(generated_images=[rows]).pictures
    assert picture == RawPicture(bytes([*range(11), 255, *[0] * 6]), (2, 3))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"generated_images": []}',
        b'{"generated_images": null}',
        b'{"generated_images": "text"}',
        b'{"generated_image": null}',
        b'{"generated_images": [null]}',
        b'{"generated_images": [[[]], [[]], [[]], [[]], [[]]]}',
        b'{"generated_images": [{}]}',
        b'{"generated_images": ["not base64!"]}',
        b'{"generated_images": ["\\u00e9"]}',
        b'{"generated_images": ["abc"]}',
        b'{"generated_images": [[]]}',
        b'{"generated_images": [[[[256, 0, 0]]]]}',
        b'{"generated_images": [[[[-1, 0, 0]]]]}',
        b'{"generated_images": [[[[1.5, 0, 0]]]]}',
        b'{"generated_images": [[[[1e400, 0, 0]]]]}',
        b'{"generated_images": [[[[99999999999999999999, 0, 0]]]]}',
        b'{"generated_images": [[[[0, 0, 0, 0]]]]}',
        b'{"generated_images": [[[[0, 0, 0]], []]]}',
        b'{"generated_images": [[[0, 0, 0]]]}',
        b'{"generated_images": [["abc"]]}',
        b'{"generated_images": [[{"a": 1}]]}',
    ],
    ids=lambda body: repr(body[:60]),
)
def test_anything_else_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedReply):
        read_reply(body)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 257),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=6),
        st.just(ENCODED),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["generated_images", "generated_image", "model_version"]), inner
        ),
    ),
    max_leaves=20,
)


@given(
    reply=st.one_of(
        JSON,
        st.fixed_dictionaries(
            {"generated_images": st.lists(JSON)}, optional={"model_version": JSON}
        ),
    )
)
@example(reply={"generated_images": [[[[0, 0, 0]]]], "model_version": "\ud800\x00" + "x" * 500})
def test_a_hostile_reply_is_read_or_malformed(reply: Any) -> None:
    try:
        answer = read_reply(json.dumps(reply).encode())
    except MalformedReply:
        return
    assert answer.pictures
    assert len(answer.model_version) <= 128
    answer.model_version.encode()


@given(body=st.binary(max_size=100))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    with pytest.raises(MalformedReply):
        read_reply(body)
