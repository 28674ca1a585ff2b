"""A request against its schema: what is accepted, what is refused, and by what name."""

import contextlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.request import (
    DEFAULTS,
    InvalidRequest,
    check_size,
    check_suffix,
    normalised,
    parse_file,
    read_words,
    request_hash,
)

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas/request.schema.json").read_text("utf-8"))
PROMPT = {"prompt": "a fox"}
DEEP: Any = "x"
for _ in range(50_000):  # more than any Python here can write
    DEEP = [DEEP]


def refusal(body: object) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as refused:
        normalised(body)
    return refused.value.field, refused.value.rule


def near(low: int, high: int) -> st.SearchStrategy[Any]:
    """Numbers about a field's bounds, and what is no such number."""
    return st.one_of(
        st.integers(low - 8, low + 8),
        st.integers(high - 8, high + 8),
        st.integers(low, high).map(float),
        st.sampled_from([True, None, "1", 0.5, -1, 10**400, 1e300, [], {}]),
    )


TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["", " ", "\x00", "é", "x" * 2000, "x" * 2001, "e\u0301" * 2000]),
    st.none(),
    st.integers(),
)
WORDS = st.from_regex(r"[A-Za-z0-9._@-]{0,66}", fullmatch=True)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "prompt": TEXTS,
        "negative_prompt": TEXTS,
        "width": near(256, 1024),
        "height": near(256, 1024),
        "num_images": near(1, 4),
        "seed": near(0, 2**32 - 1),
        "guidance_scale": near(0, 30),
        "num_inference_steps": near(1, 150),
        "language": st.sampled_from(["en", "de-AT", "zh-Hant-TW", "", "e", "en_US", "english!", 1]),
        "request_id": WORDS,
        "requester": WORDS,
        "metadata": st.dictionaries(WORDS, st.one_of(WORDS, st.integers()), max_size=18),
        "colour": st.just("red"),
    },
)


def shown(text: str) -> str:
    """Without what draws nothing: control characters, and white space around."""
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc").strip()


@given(body=BODIES)
@example(body={**PROMPT, "width": 512.0, "seed": 7.0, "guidance_scale": 8})
@example(body={**PROMPT, "metadata": {"a.b": "c"}})
@example(body={"prompt": "\x1f\x07"})
@example(body={**PROMPT, "metadata": {str(n): "" for n in range(17)}})
def test_it_agrees_with_the_schema(body: dict[str, Any]) -> None:
    try:
        request = normalised(body)
    except InvalidRequest:
        texts = {n: shown(t) for n, t in body.items() if isinstance(t, str)}
        assert not jsonschema.Draft7Validator(SCHEMA).is_valid({**body, **texts})
    else:
        jsonschema.Draft7Validator(SCHEMA).validate(request)
        assert request.keys() == body.keys() | DEFAULTS.keys()
        assert normalised(request) == request


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        (None, "request", "type"),
        ([], "request", "type"),
        ("a fox", "request", "type"),
        ({}, "prompt", "required"),
        ({"prompt": None}, "prompt", "type"),
        ({"prompt": ""}, "prompt", "minLength"),
        ({"prompt": " \t\u3000\n"}, "prompt", "minLength"),
        ({"prompt": "\x00\x07"}, "prompt", "minLength"),
        ({"prompt": "x" * 2001}, "prompt", "maxLength"),
        ({"prompt": "half \ud83d"}, "prompt", "unicode"),
        ({**PROMPT, "negative_prompt": "\udc00"}, "negative_prompt", "unicode"),
        ({**PROMPT, "metadata": {"a": "\ud800"}}, "metadata", "unicode"),
        ({**PROMPT, "metadata": {"\ud800": "a"}}, "metadata", "unicode"),
        ({**PROMPT, "\ud800": 1}, "?", "unicode"),
        ({**PROMPT, "num_images": True}, "num_images", "type"),
        ({**PROMPT, "num_images": 5}, "num_images", "maximum"),
        ({**PROMPT, "num_images": 0}, "num_images", "minimum"),
        ({**PROMPT, "width": 500}, "width", "multipleOf"),
        ({**PROMPT, "width": 512.5}, "width", "type"),
        ({**PROMPT, "seed": 10**4000}, "seed", "maximum"),
        ({**PROMPT, "seed": -1}, "seed", "minimum"),
        ({**PROMPT, "guidance_scale": float("nan")}, "guidance_scale", "number"),
        ({**PROMPT, "guidance_scale": float("inf")}, "guidance_scale", "number"),
        ({**PROMPT, "metadata": DEEP}, "metadata", "depth"),
        ({**PROMPT, "deep": DEEP}, "deep", "depth"),
        ({**PROMPT, "colour": 1}, "colour", "unknown_field"),
        ({**PROMPT, "": 1}, "", "unknown_field"),
        ({**PROMPT, "x" * 1000: 1}, "x" * 128, "unknown_field"),
        ({**PROMPT, "request_id": "a/b"}, "request_id", "pattern"),
        ({**PROMPT, "request_id": "a\n"}, "request_id", "pattern"),
        ({**PROMPT, "language": "english please"}, "language", "pattern"),
        ({**PROMPT, "metadata": {"a": 1}}, "metadata.a", "type"),
        ({**PROMPT, "metadata": {"a b": "c"}}, "metadata.a b", "pattern"),
        ({**PROMPT, "metadata": {str(n): "" for n in range(17)}}, "metadata", "maxProperties"),
    ],
)
def test_the_first_broken_rule_is_named(body: object, field: str, rule: str) -> None:
    assert refusal(body) == (field, rule)


def test_a_refusal_never_repeats_the_prompt() -> None:
    for body in (
        {"prompt": "SECRET" * 400},
        {"prompt": "SECRET", "width": 1},
        {"prompt": "SECRET\ud800"},
    ):
        with pytest.raises(InvalidRequest) as refused:
            normalised(body)
        assert "SECRET" not in refused.value.message


def test_texts_are_normalised_before_they_are_measured() -> None:
    request = normalised({"prompt": "  a\u00a0\t e\u0301\x00 \r\n fox " + " " * 3000})
    assert request["prompt"] == "a é fox"
    assert normalised({"prompt": "e\u0301" * 2000})["prompt"] == "é" * 2000


def test_numbers_have_one_notation() -> None:
    request = normalised(
        {**PROMPT, "width": 512.0, "seed": 7.0, "num_images": 1e0, "guidance_scale": 8}
    )
    assert [type(request[name]) for name in ("width", "seed", "num_images", "guidance_scale")] == [
        int,
        int,
        int,
        float,
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": " a  fox "},
        {"prompt": "a fox", "width": 512.0},
        {"prompt": "a fox", "guidance_scale": 7.5, "language": "und"},
        {"request_id": "mine", "prompt": "a fox"},
    ],
)
def test_the_hash_is_of_what_is_asked_for(other: dict[str, Any]) -> None:
    assert request_hash(normalised(other)) == request_hash(normalised(PROMPT))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"seed": 7}, {"seed": 8}),
        ({"num_images": 1}, {"num_images": 2}),
        ({"metadata": {}}, {"metadata": {"a": "b"}}),
        ({}, {"requester": "mona"}),
    ],
)
def test_the_hash_tells_requests_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert request_hash(normalised(PROMPT | one)) != request_hash(normalised(PROMPT | other))


def test_the_hash_is_blind_to_how_a_number_is_written() -> None:
    one, other = (normalised(PROMPT | {"seed": n, "guidance_scale": n}) for n in (8, 8.0))
    assert request_hash(one) == request_hash(other)


@pytest.mark.parametrize(
    ("key", "content", "request_"),
    [
        ("prompts/a.json", b'{"prompt": "a fox"}', PROMPT),
        ("prompts/a.JSON", b'\xef\xbb\xbf{"prompt": "a fox"}', PROMPT),
        ("prompts/a.txt", b"\xef\xbb\xbfa fox", PROMPT),
        ("prompts/a.TXT", b"a fox", PROMPT),
        ("prompts/a.txt", b'{"prompt": "a fox"}', {"prompt": '{"prompt": "a fox"}'}),
        ("prompts/a.json", b"[1]", [1]),
    ],
)
def test_a_file_is_read_by_its_suffix(key: str, content: bytes, request_: object) -> None:
    assert parse_file(key, content) == request_


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "not_empty"),
        (b"\xff\xfe{\x00", "utf-8"),
        (b'{"prompt": "\xed\xa0\x80"}', "utf-8"),
        (b"{", "json"),
        (b'{"prompt": "a"} {', "json"),
        (b'{"seed": NaN}', "json"),
        (b'{"seed": -Infinity}', "json"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "json"),
        (b"[" * 60_000, "json"),
        (b"\x00", "json"),
    ],
)
def test_a_json_file_that_cannot_be_read_is_refused(content: bytes, rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_file("prompts/a.json", content)
    assert (refused.value.field, refused.value.rule) == ("file", rule)


@given(content=st.binary(max_size=200))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    for key in ("a.json", "a.txt"):
        with contextlib.suppress(InvalidRequest):
            normalised(parse_file(key, content))


@pytest.mark.parametrize("key", ["prompts/a.json", "a.TXT", "prompts/a.b.json", "prompts/.json"])
def test_prompt_files(key: str) -> None:
    check_suffix(key)


@pytest.mark.parametrize(
    "key", ["prompts/a.jsonl", "prompts/a.CSV", "prompts/a.png", "prompts/json", "txt", "a.json/b"]
)
def test_other_files(key: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_suffix(key)
    assert (refused.value.field, refused.value.rule) == ("file", "suffix")


def test_sizes() -> None:
    check_size(65_536)
    with pytest.raises(InvalidRequest, match="65537 bytes"):
        check_size(65_537)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"reason": " a\n\nb "}, "a b"),
        ({"reason": "x" * 1000}, "x" * 1000),
        ({"reason": "狐"}, "狐"),
    ],
)
def test_words_are_normalised(body: dict[str, object], words: str) -> None:
    assert read_words(body, "reason") == words


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "required"),
        ({"reason": " \n"}, "minLength"),
        ({"reason": "x" * 1001}, "maxLength"),
        ({"reason": None}, "type"),
        ({"reason": "\ud800"}, "unicode"),
        ({"reason": DEEP}, "depth"),
    ],
)
def test_words_are_refused(body: dict[str, object], rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_words(body, "reason")
    assert (refused.value.field, refused.value.rule) == ("reason", rule)
