"""Damaged and hostile variants of real inputs: bytes, texts and JSON documents."""

import copy
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Json = Any
HALF = "\ud83d"
# Of every kind: wrong types, edges of numbers, texts that cannot be written down.
ODD: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(
        [
            None, True, False, 0, 1, -1, 0.5, 1e308, float("nan"), float("inf"), 2**63, 10**30,
            "", "0.99", "NaN", HALF, "\x00", "s3://", "\u202e", "x" * 5000, "\ufdfa" * 400,
            [], {}, [[]], [{}], [None], {"": None}, [0] * 300,
        ]
    ),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
)  # fmt: skip


def documents(leaves: int = 12) -> st.SearchStrategy[Json]:
    """Any JSON, and a little more than JSON."""
    return st.recursive(
        ODD,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=leaves,
    )


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[Json], most: int = 3) -> Json:
    """A document with some of its members replaced, left out, doubled or put elsewhere."""
    document = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, most))):
        document = _changed(draw, document, draw(st.sampled_from(seeds)))
    return document


def _changed(draw: st.DrawFn, document: Json, other: Json) -> Json:
    places = _places(document)
    if not places:
        return copy.deepcopy(draw(ODD))
    holder, key = draw(st.sampled_from(places))
    how = draw(st.sampled_from(("replace", "replace", "leave out", "double", "splice", "move")))
    if how == "replace":
        holder[key] = copy.deepcopy(draw(ODD))
    elif how == "leave out":
        del holder[key]
    elif how == "splice":
        holder[key] = copy.deepcopy(
            draw(st.sampled_from([other, *(h[k] for h, k in _places(other))]))
        )
    elif isinstance(holder, list):
        holder.insert(key if how == "double" else 0, copy.deepcopy(holder[key]))
    else:
        holder[draw(st.sampled_from(list(holder)) | st.text(max_size=4))] = copy.deepcopy(
            holder[key]
        )
    return document


def _places(document: Json) -> list[tuple[Any, Any]]:
    """(holder, key) of every member, at any depth."""
    if not isinstance(document, (dict, list)):
        return []
    keys = list(document) if isinstance(document, dict) else range(len(document))
    return [place for key in keys for place in [(document, key), *_places(document[key])]]


def raw(document: Json) -> bytes:
    """As a service would send it; NaN and Infinity as Python's own parser takes them."""
    return json.dumps(document).encode()


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes], tokens: Sequence[bytes] = ()) -> bytes:
    """Bytes cut, flipped, doubled, spliced with another seed, or with something put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    parts = st.binary(max_size=8) | st.sampled_from([*tokens, b"\x00", b"\xff" * 4, b'"', b"\\"])
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        how = draw(st.sampled_from(("put in", "overwrite", "cut out", "double", "splice", "end")))
        if how == "put in":
            data[start:start] = draw(parts)
        elif how == "overwrite":
            part = draw(parts)
            data[start : start + len(part)] = part
        elif how == "cut out":
            del data[start:end]
        elif how == "double":
            data[start:start] = data[start:end]
        elif how == "splice":
            other = draw(st.sampled_from(seeds))
            data[start:] = other[draw(st.integers(0, len(other))) :]
        else:
            del data[start:]
    return bytes(data)


def nested(depth: int) -> str:
    """JSON deeper than most readers go."""
    return "[" * depth + "]" * depth


DEEP_JSON = st.sampled_from([200, 900, 980, 2000, 50_000]).map(nested)
