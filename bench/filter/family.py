"""What a family of disguises is, and the steps that many of them are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

Disguise = Callable[[str, Random], str | None]


@dataclass(frozen=True)
class Family:
    """One way to write a term so that a person still reads it.

    disguise returns None for a term that it cannot be done to. Terms are lower case; phrases has
    True where the family is made for terms of several words. A hard family is one that leaves
    less to read, or something that may be meant otherwise; its recall is reported apart.
    """

    name: str
    group: str
    disguise: Disguise
    phrases: bool = False
    hard: bool = False


def every(table: Mapping[str, str]) -> Disguise:
    """Every letter that the table has."""

    def disguise(word: str, _: Random) -> str | None:
        return changed(word, "".join(table.get(letter, letter) for letter in word))

    return disguise


def one(table: Mapping[str, str]) -> Disguise:
    """One letter that the table has."""

    def disguise(word: str, random: Random) -> str | None:
        places = [index for index, letter in enumerate(word) if letter in table]
        if not places:
            return None
        place = random.choice(places)
        return word[:place] + table[word[place]] + word[place + 1 :]

    return disguise


def some(table: Mapping[str, str]) -> Disguise:
    """Each letter that the table has at a chance of one in two, at least one of them."""

    def disguise(word: str, random: Random) -> str | None:
        written = "".join(
            table[letter] if letter in table and random.random() < 0.5 else letter
            for letter in word
        )
        return written if written != word else one(table)(word, random)

    return disguise


def whole(table: Mapping[str, str]) -> Disguise:
    """Every letter; only of a word whose letters the table all has."""

    def disguise(word: str, _: Random) -> str | None:
        if any(letter not in table for letter in word):
            return None
        return "".join(table[letter] for letter in word)

    return disguise


def between(*marks: str) -> Disguise:
    """One of the marks between all letters, a new choice at every place."""

    def disguise(word: str, random: Random) -> str | None:
        return word[0] + "".join(random.choice(marks) + letter for letter in word[1:])

    return disguise


def inside(*marks: str) -> Disguise:
    """One of the marks at one place inside."""

    def disguise(word: str, random: Random) -> str | None:
        place = random.randrange(1, len(word))
        return word[:place] + random.choice(marks) + word[place:]

    return disguise


def after_each(*marks: str) -> Disguise:
    """One of the marks after every letter, as combining marks stand."""

    def disguise(word: str, random: Random) -> str | None:
        return "".join(letter + random.choice(marks) for letter in word)

    return disguise


def into(*patterns: str) -> Disguise:
    """The word where {} stands in one of the patterns, {upper} for its capitals."""

    def disguise(word: str, random: Random) -> str | None:
        return random.choice(patterns).replace("{}", word).replace("{Title}", word.title())

    return disguise


def then(first: Disguise, second: Disguise) -> Disguise:
    """Both, one after the other."""

    def disguise(word: str, random: Random) -> str | None:
        written = first(word, random)
        return None if written is None else second(written, random)

    return disguise


def changed(word: str, written: str) -> str | None:
    """What was written, unless it is the word as it was."""
    return None if written == word else written
