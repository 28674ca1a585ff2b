"""The project's own filter, compiled with a list of terms as a policy of one category has it."""

import functools
import json
from typing import Any

from local.policy.keywords import compile_keywords
from local.policy.source import read_policy
from shared.keywords.lists import prepare
from shared.keywords.matching import Match, find


def compiled(terms: list[str]) -> dict[str, Any]:
    """The compiled part, as it is deployed."""
    keywords = read_policy()["keywords"]
    category = next(iter(keywords["categories"].values()))
    category |= {
        "terms": [term for term in terms if " " not in term],
        "phrases": [term for term in terms if " " in term],
        "stems": [],
        "allow": [],
    }
    keywords |= {"categories": {"bench": category}, "combinations": []}
    part: dict[str, Any] = json.loads(json.dumps(compile_keywords(keywords)))
    return part


class OurFilter:
    """Flags a text that holds any of the terms."""

    def __init__(self, part: dict[str, Any]) -> None:
        self._lists = prepare(part).prompt

    def make_tables(self) -> None:
        """Makes now what is made once, when the first unusual word comes."""
        for name, attribute in vars(type(self._lists)).items():
            if isinstance(attribute, functools.cached_property):
                getattr(self._lists, name)

    def flags(self, text: str) -> bool:
        """Whether it holds one."""
        return bool(find(text, self._lists))

    def found(self, text: str) -> list[Match]:
        """Those that it holds, and how they are disguised."""
        return find(text, self._lists)
