"""All families of disguises, and the cases that a half of the vocabulary makes of them.

The halves share no word, context or innocent. Dev may be tuned on; held_out may not, and its
misses are not shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.filter.family import Family
from bench.filter.letters import LETTERS
from bench.filter.phrases import COMBINED, PHRASES
from bench.filter.spellings import SPELLINGS
from bench.filter.syntax import SYNTAX

FAMILIES: tuple[Family, ...] = (*SYNTAX, *LETTERS, *SPELLINGS, *PHRASES, *COMBINED)
HALVES = ("dev", "held_out")
VOCABULARY = Path(__file__).parent / "vocabulary"
# What an innocent word may wear and still be read as itself only: nothing is hidden or moved.
_WEARABLE = {"plain", "tags", "prompt syntax", "invisible", "homoglyphs", "letter styles", "marks"}
_WEARABLE_NAMES = {
    "space between all",
    "dot between all",
    "hyphen between all",
    "digits",
    "one symbol",
    "digits in some places",
    "vowels",
    "last letter",
    "digits, dots",
    "decimal entities",
}
_WORN = 120


@dataclass(frozen=True)
class Case:
    """A text that holds a term under a disguise."""

    text: str
    family: Family
    term: str


def terms_of(half: str) -> list[str]:
    """The half's words and phrases, which is the list that a filter is given."""
    return [*_words(half), *_lines(half, "phrases")]


def cases_of(half: str) -> list[Case]:
    """Every family on every term that it can be done to, each in a sentence."""
    contexts = _lines(half, "contexts")
    return [
        Case(random.choice(contexts).replace("{}", written), family, term)
        for family in FAMILIES
        for term in (_lines(half, "phrases") if family.phrases else _words(half))
        for random in [Random(f"{half} {family.name} {term}")]
        if (written := family.disguise(term, random)) is not None
    ]


def innocents_of(half: str) -> list[str]:
    """Ordinary prompts, and words near to the terms under the same disguises."""
    return [*_lines(half, "innocents"), *_disguised_innocents(half)]


def _disguised_innocents(half: str) -> Iterator[str]:
    families = [
        family
        for family in FAMILIES
        if (family.group in _WEARABLE and not family.phrases) or family.name in _WEARABLE_NAMES
    ]
    contexts = _lines(half, "contexts")
    words = _lines(half, "near_words")
    random = Random(f"{half} innocents")
    for number in range(_WORN):
        written = random.choice(families).disguise(words[number % len(words)], random)
        if written is not None:
            yield random.choice(contexts).replace("{}", written)


def _words(half: str) -> list[str]:
    return [line.split()[0] for line in _lines(half, "words")]


def _lines(half: str, name: str) -> list[str]:
    return (VOCABULARY / half / f"{name}.txt").read_text("utf-8").splitlines()
