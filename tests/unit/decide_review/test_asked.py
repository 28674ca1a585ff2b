"""A decision's body: what is read of it is what the schema allows."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from decide_review.asked import Decided, approved_of, read_decided
from shared.api import Problem
from shared.dynamodb import Item
from shared.request import InvalidRequest, normalised_text

API = json.loads((Path(__file__).parents[3] / "schemas/api.schema.json").read_text("utf-8"))
DECISION = Draft7Validator(API["definitions"]["review_decision"])
PICTURES = [
    {"index": index, "verdict": verdict}
    for index, verdict in enumerate(("review", "safe", "review", "unsafe"))
]
IMAGES: Item = {"about": "images", "images": json.dumps(PICTURES), "regenerable": 1}
PROMPT: Item = {"about": "prompt", "images": "[]", "regenerable": 0}
BOUNDS = {"minimum", "maximum"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ANYTHING = st.none() | st.booleans() | st.integers(-1, 5) | st.floats() | TEXTS
BODIES = st.dictionaries(
    st.sampled_from(["decision", "reason", "images", "by"]),
    ANYTHING
    | st.sampled_from(["approve", "reject", "regenerate", "expire", "x" * 1001])
    | st.lists(st.integers(-1, 5) | st.floats(0, 3) | st.booleans(), max_size=5),
)


@given(BODIES)
def test_what_is_read_is_what_the_schema_allows(body: dict[str, Any]) -> None:
    judged = body
    if isinstance(body.get("reason"), str):
        judged = body | {"reason": normalised_text(body["reason"])}
    # Which pictures there are is the review's to say.
    bounded = [one for one in DECISION.iter_errors(judged) if one.validator not in BOUNDS]
    try:
        read_decided(body)
    except InvalidRequest:
        assert list(DECISION.iter_errors(judged))
    else:
        assert not bounded


@pytest.mark.parametrize("number", [0.5, 1e999, -1e999, True, "0", None, [0]])
def test_what_is_no_whole_number_is_no_picture(number: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_decided({"decision": "approve", "reason": "so", "images": [0, number]})
    assert (refused.value.field, refused.value.rule) == ("images", "type")


def test_all_in_review_are_approved_unless_told() -> None:
    assert approved_of(Decided("approve", "so", None), IMAGES) == [0, 2]
    assert approved_of(Decided("approve", "so", (2,)), IMAGES) == [2]
    assert approved_of(Decided("approve", "so", None), PROMPT) == []
    assert approved_of(Decided("reject", "so", None), IMAGES) == []


@pytest.mark.parametrize("images", [(1,), (0, 3), (7,), (-1,)])
def test_what_is_not_in_review_is_not_approved(images: tuple[int, ...]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        approved_of(Decided("approve", "so", images), IMAGES)
    assert refused.value.rule == "known"


def test_another_attempt_is_there_or_not() -> None:
    assert approved_of(Decided("regenerate", "so", None), IMAGES) == []
    with pytest.raises(Problem) as refused:
        approved_of(Decided("regenerate", "so", None), PROMPT)
    assert refused.value.errors[0]["rule"] == "regenerable"
