"""What the words in a picture mean: the lists that judge prompts, with their combinations."""

from typing import Any

import pytest

from shared.keywords.lists import KeywordLists, prepare
from shared.moderation.writing import judge_writing
from shared.policy import policy_part


@pytest.fixture
def lists() -> KeywordLists:
    """Of a policy that only warns of nudity by itself."""
    part: dict[str, Any] = policy_part("keywords")
    return prepare(part | {"actions": part["actions"] | {"nudity": "warn"}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a child\nwith a kite", []),
        ("a nude", [("nudity", "warn")]),
        ("nude\nchild", [("minor_and_sexual", "always"), ("nudity", "warn")]),
    ],
)
def test_what_is_written_is_judged_as_if_it_were_asked_for(
    text: str, expected: list[tuple[str, str]], lists: KeywordLists
) -> None:
    found = judge_writing(text, lists, 2)
    assert [(one["category"], one["action"]) for one in found] == expected
    assert all(one["stage"] == "ModerateImages" and one["image"] == 2 for one in found)
