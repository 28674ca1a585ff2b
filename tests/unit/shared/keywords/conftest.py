"""Lists of a few terms, compiled as a policy's are."""

from collections.abc import Callable
from typing import Any

import pytest

from local.policy.keywords import compile_keywords
from shared.keywords.lists import KeywordLists, prepare

MakeLists = Callable[..., KeywordLists]


def category(**parts: Any) -> dict[str, Any]:
    whole = {"severity": "high", "action": "block", "terms": [], "stems": [], "phrases": []}
    return {**whole, "allow": [], **parts}


def keywords(**categories: dict[str, Any]) -> dict[str, Any]:
    negative = {"severity": "low", "action": "block", "terms": ["clothes"], "phrases": []}
    return {"categories": categories, "combinations": [], "negative_prompt": negative}


@pytest.fixture(scope="session")
def make_lists() -> MakeLists:
    def make(**parts: Any) -> KeywordLists:
        return prepare(compile_keywords(keywords(bench=category(**parts))))

    return make


@pytest.fixture(scope="session")
def lists(make_lists: MakeLists) -> KeywordLists:
    return make_lists(
        terms=["nude", "murder", "corpse", "rape", "cock", "boobs", "overdose", "skull", "grenade"],
        stems=["mutilat"],
        phrases=["severed head", "pool of blood", "dead body"],
        allow=["murder of crows"],
    )
