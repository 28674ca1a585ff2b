"""What a caller may ask of a prompt: any body is read, or refused by the field's name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_prompt.asked import LAYERS, read_asked
from shared.request import InvalidRequest, normalised, normalised_text

FIELDS = st.sampled_from(["prompt", "negative_prompt", "language", "layers", "width"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(FIELDS | st.text(st.characters(), max_size=200), JSON | st.just("a cat")))
def test_any_body_is_read_or_refused_by_name(body: dict[str, Any]) -> None:
    try:
        asked = read_asked(body)
    except InvalidRequest as refused:
        refused.field.encode()
        refused.message.encode()
    else:
        assert asked.prompt == normalised_text(body["prompt"])
        assert set(asked.layers) <= set(LAYERS)


def test_what_a_check_takes_is_taken_as_a_request_takes_it() -> None:
    body: dict[str, object] = {
        "prompt": " a\u0000  Lighthouse\n",
        "negative_prompt": "fog ",
        "language": "en-GB",
    }
    asked, request = read_asked(body), normalised(body)
    assert vars(asked) == {
        "prompt": request["prompt"],
        "negative_prompt": request["negative_prompt"],
        "language": request["language"],
        "layers": LAYERS,
    }


def test_layers_are_asked_in_the_order_given() -> None:
    assert read_asked({"prompt": "a cat", "layers": ["classifier"]}).layers == ("classifier",)


def test_a_field_with_a_long_or_broken_name_is_told_in_few_clean_characters() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_asked({"prompt": "a cat", "\ud83d" + "x" * 5000: 1})
    assert (len(refused.value.field), refused.value.rule) == (128, "unknown_field")
    refused.value.message.encode()
