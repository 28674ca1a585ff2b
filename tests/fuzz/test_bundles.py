"""A policy bundle of any bytes: whole and unchanged, or PolicyUnavailable."""

import json

import pytest
from fuzz.budget import fuzzed
from fuzz.mutation import DEEP_JSON, damaged, documents, mutated, nested, raw
from hypothesis import example, given
from hypothesis import strategies as st

from shared.bundle import SHAPE, digest, read_bundle
from shared.errors import PolicyUnavailable
from shared.policy import FORMAT

BUNDLE = {
    "format": FORMAT,
    "hash": "9f86d081884c7d65",
    "version": "2026-11-20",
    "parts": {name: dict.fromkeys(sorted(keys), 1) for name, keys in SHAPE.items()},
}
SEALED = {**BUNDLE, "digest": digest(BUNDLE)}


def sealed(bundle: object) -> bytes:
    """With the digest of what was made of it, as only somebody who may publish can."""
    return raw({**bundle, "digest": digest(bundle)} if isinstance(bundle, dict) else bundle)


def with_more(text: str) -> bytes:
    """A bundle with a part that is JSON already."""
    return raw(SEALED)[:-1] + b', "more": ' + text.encode() + b"}"


@fuzzed(150)
@given(
    content=st.one_of(
        mutated([SEALED]).map(raw),
        mutated([BUNDLE]).map(sealed),
        documents().map(raw),
        damaged([raw(SEALED)]),
        DEEP_JSON.map(with_more),
        mutated([SEALED]).map(lambda bundle: json.dumps(bundle).encode("utf-16")),
    )
)
@example(content=nested(100_000).encode())
def test_content_is_a_bundle_or_no_policy(content: bytes) -> None:
    try:
        bundle = read_bundle(content)
    except PolicyUnavailable:
        return
    assert bundle["format"] == FORMAT
    assert isinstance(bundle["hash"], str)
    assert bundle["digest"] == digest(bundle)
    assert all(keys <= bundle["parts"][name].keys() for name, keys in SHAPE.items())


def test_no_bundle_is_read_that_cannot_be_written() -> None:
    """At one depth Python's reader is done, and its writer is not."""
    for depth in range(600, 1010):
        with pytest.raises(PolicyUnavailable):
            read_bundle(with_more(nested(depth)))


def test_a_sound_bundle_is_read() -> None:
    assert read_bundle(raw(SEALED)) == SEALED
