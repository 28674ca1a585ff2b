"""Compiles the keyword categories into the lists that FilterKeywords looks words up in.

Most words of a prompt are ordinary ones, and need no look at how they may be meant. Which ones
are ordinary is settled here, from a word list of English: those that are neither a term nor made
from one; and, of rarer words, those that the filter would take for a term in disguise.
"""

import functools
from pathlib import Path
from typing import Any

from local.policy.source import ROOT
from shared.keywords.folding import fold
from shared.keywords.lists import Lists

_ENGLISH = ROOT / "policy" / "english"
_LETTERS_THAT_ARE_WORDS = {"a", "i"}
_SHORTEST_PART = 3
_AGES = range(1, 18)
_AGE_PHRASES = (
    *("{} year old", "{}year old", "{} years old", "{} years young", "{} years of age"),
    *("{} yr old", "{} yrs old", "{} yo", "{} y o", "age {}", "aged {}", "age of {}"),
)
_AGES_IN_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
]


def compile_keywords(keywords: dict[str, Any]) -> dict[str, Any]:
    """The lists for prompts, and under negative those for negative prompts."""
    rules = keywords["negative_prompt"]
    part = _lists(keywords["categories"], keywords["combinations"])
    negative = _lists({"negative_prompt": {"stems": [], "allow": [], **rules}}, [])
    ordinary = _ordinary(part, _allowed(keywords["categories"]))
    meant = ordinary - _ordinary(negative, set())
    return {
        **part,
        "ordinary": " ".join(sorted(ordinary)),
        "negative": {**negative, "not_ordinary": " ".join(sorted(meant))},
    }


def _lists(categories: dict[str, Any], combinations: list[dict[str, Any]]) -> dict[str, Any]:
    entries = {name: _entries(category) for name, category in categories.items()}
    return {
        "actions": {name: category["action"] for name, category in categories.items()},
        "severities": {name: category["severity"] for name, category in categories.items()},
        "combinations": combinations,
        "words": {name: " ".join(words) for name, (words, _) in entries.items()},
        "phrases": {name: phrases for name, (_, phrases) in entries.items()},
        "stems": {name: " ".join(category["stems"]) for name, category in categories.items()},
        "allow": {
            name: [phrase for entry in category["allow"] if " " in (phrase := _plain(entry))]
            for name, category in categories.items()
        },
    }


def _allowed(categories: dict[str, Any]) -> set[str]:
    """Single words of the allow-lists: nobody needs to look at them."""
    entries = (_plain(entry) for category in categories.values() for entry in category["allow"])
    return {entry for entry in entries if " " not in entry}


def _entries(category: dict[str, Any]) -> tuple[list[str], list[str]]:
    """(single words, phrases) of a category, as a folded text has them."""
    written = [*category["terms"], *category["phrases"], *_ages(category.get("ages", False))]
    plain = sorted({_plain(term) for term in written} - {""})
    return (
        [term for term in plain if " " not in term],
        [term for term in plain if " " in term],
    )


def _plain(term: str) -> str:
    """A term as it is looked up: letters that are not Latin stay, for languages without spaces."""
    folded = fold(term).lower()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def _ages(wanted: bool) -> list[str]:
    if not wanted:
        return []
    ages = [*map(str, _AGES), *_AGES_IN_WORDS]
    return [phrase.format(age) for age in ages for phrase in _AGE_PHRASES] + [
        f"{age}{unit}" for age in _AGES for unit in ("yo", "yr")
    ]


def _ordinary(part: dict[str, Any], allowed: set[str]) -> set[str]:
    lists = Lists(part, frozenset())
    common, more = english()
    harmless = {word for word in common if not (found := lists.meaning(word)) or found.disguise}
    mistaken = {
        word
        for word in more
        if ((found := lists.meaning(word)) and found.disguise)
        # Spelled out, it would show the term inside: c o c k t a i l.
        or (not found and not lists.words.keys().isdisjoint(_parts(word)))
    }
    return (harmless | mistaken | allowed | _LETTERS_THAT_ARE_WORDS) - lists.words.keys()


def _parts(word: str) -> list[str]:
    starts = range(len(word) - _SHORTEST_PART + 1)
    return [
        word[start:end] for start in starts for end in range(start + _SHORTEST_PART, len(word) + 1)
    ]


@functools.cache
def english() -> tuple[list[str], list[str]]:
    """(the most common words, rarer ones and names)."""
    common, more = (
        Path(_ENGLISH / f"{name}.txt").read_text("ascii").split() for name in ("common", "more")
    )
    return common, more
