"""Which of the policy's terms a text holds, where, and how they were disguised.

Ordinary words are set aside first; only what is left is read closely, so that a harmless text costs
little more than splitting it. The closer readings look at single words (lists), at words beside
each other (neighbours), at pieces with symbols in them (chunks), at runs of short pieces
(spelled_out) and at words joined by capitals.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from shared.keywords.capitals import capitals
from shared.keywords.chunks import odd_chunks
from shared.keywords.folding import fold, origins
from shared.keywords.lists import Lists, Meaning
from shared.keywords.neighbours import beside_each_other, phrases
from shared.keywords.reading import Found, Reading
from shared.keywords.spelled_out import spelled_out


class Match(NamedTuple):
    """A term found: whose category, where in the text, and how it was disguised (empty if not)."""

    category: str
    term: str
    start: int
    end: int
    disguise: str


def find(text: str, lists: Lists) -> list[Match]:
    """Every term of the lists in the text, in its order; none that stands in an allowed phrase.

    Takes time linear in the text's length.
    """
    reading = Reading(text, lists.ordinary)
    found = list(_found(reading, lists))
    if not found:
        return []
    folded, spans = reading.folded, origins(text)
    allowed = list(phrases(reading, lists.allowed_starts))
    matches = []
    for one in found:
        start, end = spans[one.start][0], spans[one.end - 1][1]
        dress = _dress(text[start:end], folded[one.start : one.end])
        disguise = one.meaning.disguise or dress
        matches += [
            Match(category, one.meaning.term, start, end, disguise)
            for category in lists.categories(one.meaning.term)
            if not any(_excuses(area, one, category, lists) for area in allowed)
        ]
    return _outermost(matches)


def combined(matches: Iterable[Match], lists: Lists) -> list[dict[str, Any]]:
    """The rules on categories found together that hold for these matches: {name, action, every}."""
    categories = {match.category for match in matches}
    return [
        rule
        for rule in lists.combinations
        if all(categories.intersection(group) for group in rule["every"])
    ]


def _found(reading: Reading, lists: Lists) -> Iterator[Found]:
    phrase_words = False
    unread = lists.harmless_words.unread(reading.suspects)
    if unread:
        known = {word: meaning for word in unread if (meaning := lists.meaning(word))}
        of_phrases = {word for word in unread if lists.phrase_word(word)}
        lists.harmless_words.remember(unread - known.keys() - of_phrases)
        phrase_words = bool(of_phrases)
        for word, span in zip(reading.words, reading.spans, strict=True) if known else ():
            if word in known and not (
                known[word].doubtful
                and reading.as_written
                and reading.folded[slice(*span)].istitle()
            ):
                yield Found(known[word], *span)
    yield from beside_each_other(reading, lists)
    yield from odd_chunks(reading.folded, lists, phrase_words)
    if reading.suspects:
        yield from spelled_out(reading, lists)
        yield from capitals(reading, lists)
    if lists.foreign and not reading.folded.isascii():
        yield from _foreign(reading.folded.lower(), lists.foreign)


def _foreign(folded: str, terms: Iterable[str]) -> Iterator[Found]:
    """Terms in scripts that are not Latin, some of which do not part words."""
    for term in terms:
        at = folded.find(term)
        if at >= 0:
            yield Found(Meaning(term), at, at + len(term))


def _excuses(area: Found, one: Found, category: str, lists: Lists) -> bool:
    inside = area.start <= one.start and one.end <= area.end
    return inside and category in lists.allowed[area.meaning.term]


def _dress(written: str, folded: str) -> str:
    """How characters were changed, when the word itself was not."""
    if written.lower() == folded.lower():
        return ""
    if written.isascii() and written.isprintable():
        return "encoded characters"
    visible = "".join(filter(fold, written))
    return "invisible characters" if visible.lower() == folded.lower() else "look-alike letters"


def _outermost(matches: list[Match]) -> list[Match]:
    """In the text's order, without those that lie in a longer one of their category.

    The same place may be read in several ways; the first is the plainest.
    """
    kept: list[Match] = []
    reach: dict[str, int] = {}
    for match in sorted(matches, key=lambda one: (one.start, -one.end)):
        if match.end > reach.get(match.category, -1):
            kept.append(match)
            reach[match.category] = match.end
    return kept
