"""Words beside each other: phrases, and words cut in two or three."""

from collections.abc import Iterator
from itertools import compress
from operator import add

from shared.keywords.lists import NUMBER_AND_UNIT, Lists, Meaning
from shared.keywords.reading import Found, Reading, phrases_in

_DIGITS = "0123456789"
_APOSTROPHES = "'`\u2019\u2032\u02bc"
_CONTRACTED = frozenset({"s", "t", "d", "m", "re", "ll", "ve"})
_SHORT = 3
_HALF = 4
# Words that stand beside any other: with one of them, two words are a term by chance.
_FUNCTION_WORDS = frozenset(
    {
        *("a", "an", "the", "and", "or", "but", "if", "so", "as", "not", "no", "yes"),
        *("at", "by", "in", "on", "of", "to", "for", "from", "with", "into", "onto"),
        *("is", "am", "are", "was", "were", "be", "been", "do", "does", "did", "has", "have"),
        *("had", "can", "may", "will", "i", "me", "my", "we", "us", "our", "you", "your", "he"),
        *("him", "his", "she", "her", "it", "its", "they", "them", "this", "that", "these"),
        *("those", "who"),
    }
)


def beside_each_other(reading: Reading, lists: Lists) -> Iterator[Found]:
    """Everything that two or more words say together."""
    words = reading.words
    pairs = list(map(add, words, words[1:]))
    if not lists.neighbours.isdisjoint(pairs):
        yield from phrases(reading, lists.phrase_starts)
        yield from _cut_in_two(reading, pairs, lists)
    mixed = {word for word in reading.suspects if not word.isalpha() and not word.isdigit()}
    mixed = {word for word in mixed if not NUMBER_AND_UNIT.fullmatch(word)}
    if mixed:
        yield from _cut_with_digits(reading, pairs, mixed, lists)
    if any(1 < len(word) <= _SHORT and word.isalpha() for word in reading.suspects):
        triples = list(map(add, pairs, words[2:]))
        if not lists.singles.isdisjoint(triples):
            yield from _cut_in_three(reading, triples, lists)


def phrases(reading: Reading, starts: dict[str, list[list[str]]]) -> Iterator[Found]:
    """The phrases of a list, or of an allow-list, by how they start."""
    for phrase, first, last in phrases_in(reading.words, starts):
        yield reading.found(Meaning(phrase), first, last)


def _cut_in_two(reading: Reading, pairs: list[str], lists: Lists) -> Iterator[Found]:
    for at in compress(range(len(pairs)), map(lists.words.__contains__, pairs)):
        first, second = reading.words[at : at + 2]
        if _is_cut(first, second, reading.between(at), lists.ordinary):
            yield reading.found(lists.meant(pairs[at], "cut word"), at, at + 1)


def _is_cut(first: str, second: str, between: str, ordinary: frozenset[str]) -> bool:
    """Whether two words that make a term are more likely one word that was cut."""
    odd = [part for part in (first, second) if part not in ordinary]
    length = len(first) + len(second)
    if between in _APOSTROPHES and second in _CONTRACTED and first not in odd:
        return False
    if not any(map(str.isspace, between)) or between == "-\n":
        joined = _FUNCTION_WORDS.isdisjoint((first, second)) and length >= 6
        return joined or (bool(odd) and length >= 4)
    if _parts_clauses(between) and len(odd) < 2:
        return False
    if first in _FUNCTION_WORDS:
        return second in odd and len(second) >= 3
    if second in _FUNCTION_WORDS:
        return first in odd and len(first) >= 2 and length >= 4
    if not odd:
        # Shorter and longer words make a third one by chance: hit man, blood shed.
        return len(first) == len(second) == _HALF
    return length >= 4 if len(odd) == 2 else min(len(first), len(second)) >= 2 and length >= 5


def _parts_clauses(between: str) -> bool:
    """Whether punctuation and a space stand between two words."""
    return bool(between.split()) and any(map(str.isspace, between))


def _cut_with_digits(
    reading: Reading, pairs: list[str], mixed: set[str], lists: Lists
) -> Iterator[Found]:
    words = reading.words
    for index in compress(range(len(words)), map(mixed.__contains__, words)):
        for at in (index - 1, index):
            if 0 <= at < len(pairs) and lists.ordinary.isdisjoint(words[at : at + 2]):
                pair = pairs[at]
                whole = pair.strip(_DIGITS) == pair or mixed.issuperset(words[at : at + 2])
                if whole and len(pair) >= 4 and (term := lists.named(pair)):
                    yield reading.found(lists.meant(term, "cut word"), at, at + 1)


def _cut_in_three(reading: Reading, triples: list[str], lists: Lists) -> Iterator[Found]:
    for at in compress(range(len(triples)), map(lists.words.__contains__, triples)):
        odd = sum(part not in lists.ordinary for part in reading.words[at : at + 3])
        if any(map(_parts_clauses, (reading.between(at), reading.between(at + 1)))):
            continue
        length = len(triples[at])
        if length > 3 and odd and (odd > 1 or length >= 6):
            yield reading.found(lists.meant(triples[at], "cut word"), at, at + 2)
