"""Which pictures are taken for one: what is none is refused before anybody is paid."""

import base64
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_image.asked import MOST_BODY_BYTES, MOST_BYTES, read_asked
from shared.api import Problem
from shared.request import InvalidRequest

STARTS = st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
ENCODED = st.builds(lambda start, rest: base64.b64encode(start + rest), STARTS, st.binary())


@given(ENCODED.map(bytes.decode) | st.text() | st.none() | st.integers() | st.lists(st.text()))
def test_any_image_is_taken_as_it_is_or_refused(image: Any) -> None:
    with contextlib.suppress(InvalidRequest, Problem):
        picture = read_asked({"image": image})
        assert base64.b64encode(picture).decode() == image
        assert picture.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))


def test_the_largest_picture_fits_into_the_largest_body() -> None:
    body = f'{{"image": "{base64.b64encode(bytes(MOST_BYTES)).decode()}"}}'
    assert len(body) < MOST_BODY_BYTES


@pytest.mark.parametrize("body", [{}, {"Image": "iVBORw0KGgo="}])
def test_the_image_is_asked_for_by_its_name(body: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        read_asked(body)
