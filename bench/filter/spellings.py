"""Disguises of spelling: separators, leet, stretched letters, masks, splits, swaps, endings."""

import itertools
import re
import string
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from random import Random

from bench.filter.family import (
    Disguise,
    Family,
    between,
    changed,
    every,
    into,
    one,
    some,
    then,
    whole,
)

_FOLDER = Path(__file__).parent / "vocabulary"
_VOWELS = "aeiou"

_SEPARATORS = {
    "space": [" "],
    "two spaces": ["  "],
    "no-break and thin space": ["\u00a0", "\u2009", "\u3000", "\u202f"],
    "tab": ["\t"],
    "newline": ["\n"],
    "dot": ["."],
    "dots": ["...", ".."],
    "hyphen": ["-"],
    "dashes": ["\u2010", "\u2013", "\u2014", "\u2212"],
    "spaced hyphen": [" - "],
    "underscore": ["_"],
    "star": ["*"],
    "slash": ["/"],
    "backslash": ["\\"],
    "comma": [","],
    "comma and space": [", "],
    "pipe": ["|"],
    "tilde": ["~"],
    "plus": ["+"],
    "equals": ["="],
    "colon": [":"],
    "semicolon": [";"],
    "caret": ["^"],
    "number sign": ["#"],
    "middle dot": ["·", "•", "∙", "‧"],
    "apostrophe": ["'", "\u2019", "`"],
    "quotes": ['"'],
    "emoji": ["🔥", "❤️", "😀", "⭐"],
    "arrows": ["→", "»", ">"],
    "mixed": [".", "-", "_", "*", " ", "/", "~"],
}

LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}
LEET_SYMBOLS = {"a": "@", "i": "!", "s": "$", "t": "+", "c": "(", "e": "€", "o": "°"}
_LEET_MORE = LEET | {"b": "8", "g": "9", "l": "1", "z": "2"}
_LEET_PARTS = {
    "a": "/\\",
    "b": "|3",
    "d": "|)",
    "h": "|-|",
    "k": "|<",
    "l": "|_",
    "m": "|\\/|",
    "n": "|\\|",
    "u": "(_)",
    "v": "\\/",
    "w": "\\/\\/",
    "o": "()",
    "x": "><",
}
_NO_LETTERS = _LEET_MORE | {"h": "#", "c": "(", "i": "!", "s": "$", "a": "@"}
_LEET_CHOICES = {
    "a": "4@",
    "b": "86",
    "c": "(<",
    "e": "3€",
    "g": "96",
    "i": "1!|",
    "l": "1|",
    "o": "0",
    "s": "5$",
    "t": "7+",
    "z": "2",
}


def separators() -> Iterator[Family]:
    """Something between all letters, between groups of two, or at one place."""
    for name, marks in _SEPARATORS.items():
        yield Family(f"{name} between all", "separators", between(*marks))
    yield Family("space, pairs of letters", "separators", _grouped(" ", 2))
    yield Family("hyphen, pairs of letters", "separators", _grouped("-", 2))
    yield Family("dot, pairs of letters", "separators", _grouped(".", 2))
    yield Family("letters in brackets", "separators", _bracketed)
    yield Family("letters in capitals, apart", "separators", then(_upper, between(" ")))
    yield Family("random places", "separators", _some_places)


def leet() -> Iterator[Family]:
    """Digits and symbols for letters."""
    yield Family("one digit", "leet", one(LEET))
    yield Family("digits", "leet", every(LEET))
    yield Family("digits in some places", "leet", some(LEET))
    yield Family("more digits", "leet", every(_LEET_MORE))
    yield Family("one symbol", "leet", one({letter: LEET_SYMBOLS[letter] for letter in "aist"}))
    yield Family("symbols", "leet", every({letter: LEET_SYMBOLS[letter] for letter in "aist"}))
    yield Family("rarer symbols", "leet", every(LEET_SYMBOLS))
    yield Family("digits and symbols", "leet", _leet_choices)
    yield Family("i as l", "leet", every({"i": "l"}))
    yield Family("i as |", "leet", every({"i": "|"}))
    yield Family("l as 1", "leet", every({"l": "1"}))
    yield Family("l as |", "leet", every({"l": "|"}))
    yield Family("l as !", "leet", every({"l": "!"}))
    yield Family("l as capital I", "leet", every({"l": "I"}))
    yield Family("o as zero", "leet", every({"o": "0"}))
    yield Family("a as @", "leet", every({"a": "@"}))
    yield Family("s as $", "leet", every({"s": "$"}))
    yield Family("t as +", "leet", every({"t": "+"}))
    yield Family("u as v", "leet", every({"u": "v"}), hard=True)
    yield Family("one letter of parts", "leet", one(_LEET_PARTS), hard=True)
    yield Family("letters of parts", "leet", every(_LEET_PARTS), hard=True)
    yield Family("ph for f", "leet", every({"f": "ph"}), hard=True)
    yield Family("vv for w", "leet", every({"w": "vv"}), hard=True)
    yield Family("z for s", "leet", every({"s": "z"}), hard=True)
    yield Family("k for c", "leet", _hard_c, hard=True)
    yield Family("x for ck", "leet", _replaced("ck", "x"), hard=True)
    yield Family("no letter left", "leet", whole(_NO_LETTERS), hard=True)


def stretches() -> Iterator[Family]:
    """Letters repeated."""
    yield Family(
        "one letter",
        "stretch",
        _stretched(lambda word, random: {random.randrange(len(word))}, 3, 6),
    )
    yield Family("first letter", "stretch", _stretched(lambda *_: {0}, 3, 8))
    yield Family("last letter", "stretch", _stretched(lambda word, _: {len(word) - 1}, 3, 8))
    yield Family("vowels", "stretch", stretched_vowels)
    yield Family("all letters", "stretch", _stretched(lambda word, _: set(range(len(word))), 3, 4))
    yield Family("very long", "stretch", _stretched(_vowels_of, 20, 40))
    yield Family(
        "all letters twice",
        "stretch",
        _stretched(lambda word, _: set(range(len(word))), 2, 2),
        hard=True,
    )
    yield Family("one consonant twice", "stretch", _doubled_consonant, hard=True)
    yield Family("one vowel twice", "stretch", _doubled_vowel, hard=True)
    yield Family("a double letter once", "stretch", _undoubled, hard=True)


def masks() -> Iterator[Family]:
    """A sign instead of a letter that a reader fills in."""
    signs = {
        "star": "*",
        "number sign": "#",
        "hyphen": "-",
        "underscore": "_",
        "dot": ".",
        "at": "@",
        "percent": "%",
        "bullet": "•",
        "block": "█",
        "question mark": "?",
    }
    for name, sign in signs.items():
        hard = name not in {"star", "number sign"}
        yield Family(f"{name} for a vowel", "masks", _masked(sign, 1, _VOWELS), hard=hard)
    yield Family("star for a letter inside", "masks", _masked("*", 1, string.ascii_lowercase))
    yield Family("star for all vowels", "masks", _masked("*", 9, _VOWELS))
    yield Family("stars for two letters", "masks", _masked_run("*", 2))
    yield Family("number signs for two letters", "masks", _masked_run("#", 2), hard=True)
    yield Family("stars for three letters", "masks", _masked_run("*", 3), hard=True)


def splits() -> Iterator[Family]:
    """A word in two or three."""
    yield Family("two halves", "splits", two_halves)
    yield Family("two halves, hyphen", "splits", _halves("-"))
    yield Family("two halves, dot", "splits", _halves("."))
    yield Family("two halves, underscore", "splits", _halves("_"))
    yield Family("two halves, slash", "splits", _halves("/"))
    yield Family("two halves, newline", "splits", _halves("\n"))
    yield Family("two halves, hyphen and newline", "splits", _halves("-\n"))
    yield Family("two halves, apostrophe", "splits", _halves("'"))
    yield Family("two halves, star", "splits", _halves("*"))
    yield Family("first letter apart", "splits", _cut(" ", 1))
    yield Family("last letter apart", "splits", _cut(" ", -1))
    yield Family("two real words", "splits", _real_halves, hard=True)
    yield Family("three parts", "splits", _three_parts(" "), hard=True)
    yield Family("three parts, hyphen", "splits", _three_parts("-"), hard=True)


def reordered() -> Iterator[Family]:
    """Letters in another order."""
    yield Family("neighbours swapped inside", "order", _swapped, hard=True)
    yield Family("reversed", "order", lambda word, _: changed(word, word[::-1]), hard=True)


def endings() -> Iterator[Family]:
    """What grammar does to a word."""
    yield Family("-s", "endings", _plural, hard=True)
    yield Family("-es", "endings", _plural_es, hard=True)
    yield Family("-'s", "endings", into("{}'s", "{}\u2019s"))
    yield Family("-ing", "endings", _verbal("ing"), hard=True)
    yield Family("-ed", "endings", _verbal("ed"), hard=True)
    yield Family("-er", "endings", _verbal("er"), hard=True)
    yield Family("-s with leet", "endings", then(_plural, some(LEET)), hard=True)


def _upper(word: str, _: Random) -> str | None:
    return word.upper()


def _grouped(mark: str, size: int) -> Disguise:
    def disguise(word: str, _: Random) -> str | None:
        return changed(word, mark.join(word[at : at + size] for at in range(0, len(word), size)))

    return disguise


def _bracketed(word: str, random: Random) -> str | None:
    opening, closing = random.choice([("(", ")"), ("[", "]"), ("{", "}")])
    return "".join(f"{opening}{letter}{closing}" for letter in word)


def _some_places(word: str, random: Random) -> str | None:
    mark = random.choice(".-_*/~'")
    places = random.sample(range(1, len(word)), random.randint(2, len(word) - 1))
    return "".join(mark + letter if at in places else letter for at, letter in enumerate(word))


def _leet_choices(word: str, random: Random) -> str | None:
    table = {letter: random.choice(signs) for letter, signs in _LEET_CHOICES.items()}
    return some(table)(word, random)


def _hard_c(word: str, _: Random) -> str | None:
    return changed(word, re.sub("c(?![ehiy])", "k", word))


def _replaced(part: str, other: str) -> Disguise:
    return lambda word, _: changed(word, word.replace(part, other))


def _stretched(places: Callable[[str, Random], Collection[int]], least: int, most: int) -> Disguise:
    def disguise(word: str, random: Random) -> str | None:
        chosen = places(word, random)
        return changed(
            word,
            "".join(
                letter * random.randint(least, most) if at in chosen else letter
                for at, letter in enumerate(word)
            ),
        )

    return disguise


def stretched_vowels(word: str, random: Random) -> str | None:
    """Every vowel three to five times."""
    return _stretched(_vowels_of, 3, 5)(word, random)


def _vowels_of(word: str, _: Random) -> set[int]:
    return {at for at, letter in enumerate(word) if letter in _VOWELS}


def _doubled(word: str, random: Random, vowels: bool) -> str | None:
    places = [
        at
        for at in range(1, len(word))
        if (word[at] in _VOWELS) == vowels
        and word[at] not in word[at - 1 : at] + word[at + 1 : at + 2]
    ]
    if not places:
        return None
    at = random.choice(places)
    return word[:at] + word[at] + word[at:]


def _doubled_consonant(word: str, random: Random) -> str | None:
    return _doubled(word, random, vowels=False)


def _doubled_vowel(word: str, random: Random) -> str | None:
    return _doubled(word, random, vowels=True)


def _undoubled(word: str, _: Random) -> str | None:
    for first, second in itertools.pairwise(word):
        if first == second:
            return word.replace(first * 2, first, 1)
    return None


def _masked(sign: str, most: int, letters: str) -> Disguise:
    """Signs for up to so many of the letters; the first and the last stay, and two others."""

    def disguise(word: str, random: Random) -> str | None:
        places = [at for at in range(1, len(word) - 1) if word[at] in letters]
        most_here = min(most, len(places), len(word) - 3)
        if most_here < 1:
            return None
        chosen = random.sample(places, most_here)
        return "".join(sign if at in chosen else letter for at, letter in enumerate(word))

    return disguise


def _masked_run(sign: str, length: int) -> Disguise:
    def disguise(word: str, random: Random) -> str | None:
        if len(word) < length + 2:
            return None
        at = random.randint(1, len(word) - length - 1)
        return word[:at] + sign * length + word[at + length :]

    return disguise


def _halves(mark: str) -> Disguise:
    def disguise(word: str, random: Random) -> str | None:
        if len(word) < 5:
            return None
        at = random.randint(2, len(word) - 2)
        return word[:at] + mark + word[at:]

    return disguise


def two_halves(word: str, random: Random) -> str | None:
    """A space at some place inside."""
    return _halves(" ")(word, random)


def _cut(mark: str, at: int) -> Disguise:
    return lambda word, _: word[:at] + mark + word[at:] if len(word) > 4 else None


_REAL_HALVES = {
    "".join(line.split()): line
    for line in (_FOLDER / "real_halves.txt").read_text("utf-8").splitlines()
}


def _real_halves(word: str, _: Random) -> str | None:
    return _REAL_HALVES.get(word)


def _three_parts(mark: str) -> Disguise:
    def disguise(word: str, random: Random) -> str | None:
        if len(word) < 7:
            return None
        first = random.randint(2, len(word) - 4)
        second = random.randint(first + 2, len(word) - 2)
        return mark.join([word[:first], word[first:second], word[second:]])

    return disguise


def _swapped(word: str, random: Random) -> str | None:
    places = [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]
    if len(word) < 5 or not places:
        return None
    at = random.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


_HISSING = ("s", "x", "z", "ch", "sh")


def _plural(word: str, _: Random) -> str | None:
    return None if word.endswith(_HISSING) else _with_ending(word, "s")


def _plural_es(word: str, _: Random) -> str | None:
    return word + "es" if word.endswith(_HISSING) and not word.endswith("ss") else None


def _with_ending(word: str, ending: str) -> str:
    if word.endswith("y") and word[-2] not in _VOWELS and ending != "ing":
        return word[:-1] + ("ies" if ending == "s" else f"i{ending}")
    return (word[:-1] if word.endswith("e") and ending != "s" else word) + ending


_VERBS = {
    line.split()[0]
    for half in ("dev", "held_out")
    for line in (_FOLDER / half / "words.txt").read_text("utf-8").splitlines()
    if line.endswith(" verb")
}


def _verbal(ending: str) -> Disguise:
    return lambda word, _: _with_ending(word, ending) if word in _VERBS else None


SPELLINGS = (
    *separators(),
    *leet(),
    *stretches(),
    *masks(),
    *splits(),
    *reordered(),
    *endings(),
)
