"""The policy's compiled terms, prepared for looking words up; and what a single word may mean."""

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from shared.keywords.spelling import (
    ALTERNATIVES,
    RESPELLED,
    flipped,
    once,
    paired,
    shortened,
    skeleton,
    sound,
    spells,
)

# Shorter keys of sound are shared by too many words.
_SHORTEST_SOUND = 3
_SHORTEST_SOUNDING = 4
_SHORTEST_LOOK_ALIKE = 5
# Numbers of four digits are years and sizes.
_SHORTEST_NUMBER = 5
_SHORTEST_SWAPPED = 4
_SHORTEST_BACKWARDS = 4
_SHORTEST_BEGINNING = 4
_SHORTEST_UNDOUBLED = 5
_SHORTEST_JOINT = 3
# Verbs and nouns derived from a shorter term are too often other words: cocker, dicker.
_SHORTEST_DERIVED = 5
_DOUBTFUL = frozenset(
    {
        *("look-alike letters", "swapped letters", "written backwards", "spelled by sound"),
        "joined to a word",
    }
)
_LONGEST_WORD = 160
# A prompt's words or chunks are at most 1,000 more.
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 40
_STEM_KEY = 4
# A phrase of fewer letters, written as one word, may be a part of any other.
_SHORTEST_JOINED = 7

_DERIVED = tuple(
    (ending, replacement)
    for ending in ("ing", "ed", "er", "ers", "in", "ings")
    for replacement in ("", "e")
)
_DERIVED_ENDINGS = tuple(ending for ending, _ in _DERIVED)
NUMBER_AND_UNIT = re.compile(
    r"\d+(?:[a-z]|[cdkmn]m|px|bit|st|nd|rd|th|fps|[km]p|[kmg]b|k?hz|kg|ml|deg|yo|yrs?|am|pm|ft|in)"
    r"|[a-z]\d{1,2}|\d+x\d+"
)
_HEXADECIMAL = re.compile(r"[0-9a-f]{6,}")
# What a word may end in that is altered otherwise.
_ENDINGS = ("", "s", "z", "er", "ers", "ed", "eds", "ing", "in", "a", "as", "y")
_FIRST_READING = str.maketrans("013456789@$!|+(<{&^#%2", "oieasgtbgasiitcccaahxz")
_SECOND_READING = str.maketrans("013456789@$!|+(<{&^#%2", "oleasblbgaslltcccaahxs")
_MASKS = frozenset("*#%~^?_-.@")
_BETWEEN = frozenset("_-.")
# Of three letters, only one that stands for nothing else may be a symbol: s3x, a$s, not a55.
_SHORT_DISGUISE = re.compile(r"[a-z][^a-z][a-z]|[@$].[a-z@$]|[a-z].[@$]")
_EDGE_DIGITS = "0123456789"


_Shape = tuple[str, int, str]


class Meaning(NamedTuple):
    """A term that a word stands for, and how it is disguised: empty if it is not."""

    term: str
    disguise: str = ""
    doubtful: bool = False
    """Names are often so near to a term: with a capital, it is one."""


class Harmless:
    """What has been read closely and meant nothing, as long as there is room for more."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def unread(self, found: set[str]) -> set[str]:
        """Those that were not seen before."""
        return found - self._seen

    def remember(self, harmless: Iterable[str]) -> None:
        """That these need not be read again."""
        if len(self._seen) < _MOST_REMEMBERED:
            self._seen.update(one for one in harmless if len(one) <= _LONGEST_REMEMBERED)


class Lists:
    """One compiled set of lists. Made once; tables that odd words need are made when one comes."""

    def __init__(self, part: dict[str, Any], ordinary: frozenset[str]) -> None:
        self.actions: dict[str, str] = part["actions"]
        self.severities: dict[str, str] = part["severities"]
        self.combinations: list[dict[str, Any]] = part["combinations"]
        self.ordinary = ordinary
        self.words = _by_entry((name, terms.split()) for name, terms in part["words"].items())
        self.phrases = _by_entry(part["phrases"].items())
        self.allowed = _by_entry(part["allow"].items())
        self.stems = _by_entry((name, stems.split()) for name, stems in part["stems"].items())
        # Where a phrase begins: its first two words, written together.
        self.phrase_starts = _starts(self.phrases)
        self.allowed_starts = _starts(self.allowed)
        self.joined = {
            joined: phrase
            for phrase in self.phrases
            if len(joined := phrase.replace(" ", "")) >= _SHORTEST_JOINED
        }
        self.singles = frozenset(self.words).union(self.joined)
        self.neighbours = self.singles.union(self.phrase_starts)
        # The same words, and the same odd pieces, come in every other prompt.
        self.harmless_words = Harmless()
        self.harmless_chunks = Harmless()
        self.foreign = tuple(term for term in self.words if not term.isascii())

    def categories(self, term: str) -> tuple[str, ...]:
        """Of a term, stem or phrase."""
        return self.words.get(term) or self.phrases.get(term) or self.stems[term]

    def meant(self, term: str, disguise: str) -> Meaning:
        """The meaning that is a term, or a phrase written as one word."""
        return Meaning(self.joined.get(term, term), disguise)

    def meaning(self, word: str) -> Meaning | None:
        """What a lower-case word (letters, digits, symbols; no separators) stands for."""
        if word in self.ordinary or len(word := shortened(word, _LONGEST_WORD)) > _LONGEST_WORD:
            return None
        if word.isalpha():
            return self._plain(word) or self._altered(word)
        return self._with_symbols(word)

    def named(self, word: str) -> str | None:
        """The term that a word spells letter by letter, symbols and stretched letters allowed."""
        found = self.skeletons.get(skeleton(word), ())
        return next((term for term in found if spells(term, word)), None)

    def masked(self, word: str) -> Meaning | None:
        """The term of a word some of whose letters are hidden: one symbol for each."""
        term = self._unmasked(word, self._shapes)
        return Meaning(term, "masked letters") if term else None

    def phrase_word(self, word: str) -> str | None:
        """The word of some phrase that this one spells in disguise."""
        found = self._phrase_skeletons.get(skeleton(word), ())
        spelled = (part for part in found if part != word and spells(part, word))
        return next(spelled, None) or self._unmasked(word, self._phrase_shapes)

    @functools.cached_property
    def skeletons(self) -> dict[str, list[str]]:
        """Terms, and phrases written as one word, by skeleton."""
        # A term with digits is that number, and nothing else is.
        return _keyed(filter(str.isalpha, self.singles), skeleton)

    @functools.cached_property
    def longest_skeleton(self) -> int:
        """In letters."""
        return max(map(len, self.skeletons), default=0)

    def _unmasked(self, word: str, shapes: dict[_Shape, list[str]]) -> str | None:
        if len(word) < 4 or not word[0].isalpha() or (_MASKS.isdisjoint(word) and word.isascii()):
            return None
        letters = [None if letter in _MASKS or not letter.isascii() else letter for letter in word]
        shown = len(letters) - letters.count(None)
        if 2 * shown + ("*" in word) < len(word) or (letters[-1] is None and shown < 3):
            return None
        # These stand between letters, too; one of them may hide one.
        if not _BETWEEN.isdisjoint(word) and shown < len(word) - 1:
            return None
        candidates = shapes.get((word[0], len(word), letters[-1] or ""), ())
        fits = lambda term: all(  # noqa: E731
            found is None or found in ALTERNATIVES.get(wanted, wanted)
            for found, wanted in zip(letters, term, strict=True)
        )
        return next(filter(fits, candidates), None)

    def _plain(self, word: str) -> Meaning | None:
        """The word itself, inflected, or beginning with a stem."""
        term = self._lemma(word)
        if term:
            return self.meant(term, "joined words" if term in self.joined else "")
        if word[:_STEM_KEY] in self._stem_keys:
            stem = next((stem for stem in self.stems if word.startswith(stem)), None)
            return Meaning(stem) if stem else None
        return None

    def _lemma(self, word: str) -> str | None:
        if word in self.singles:
            return word
        if word[-1] in "sz" and len(word) > 3:
            for lemma in (
                word[:-1],
                word[:-2] if word.endswith("es") else "",
                f"{word[:-3]}y" if word.endswith("ies") else "",
            ):
                if lemma in self.singles:
                    return lemma
        for ending, replacement in _DERIVED if word.endswith(_DERIVED_ENDINGS) else ():
            if word.endswith(ending):
                lemma = word[: -len(ending)] + replacement
                if len(lemma) >= _SHORTEST_DERIVED and lemma in self.singles:
                    return lemma
        return None

    def _altered(self, word: str) -> Meaning | None:
        """The word with letters stretched, doubled, swapped, reversed or changed by sound."""
        if len(word) < 3:
            return None
        for disguise, term in self._alterations(word):
            if term:
                return Meaning(self.joined.get(term, term), disguise, disguise in _DOUBTFUL)
        return None

    def _alterations(self, word: str) -> Iterator[tuple[str, str | None]]:
        if word[0] == "i" and f"l{word[1:]}" in self.singles:
            yield "i for l", f"l{word[1:]}"
        if len(word) >= _SHORTEST_LOOK_ALIKE and ("i" in word or "l" in word):
            yield "look-alike letters", self.named(word)
        if "rn" in word or "cl" in word or "vv" in word or "ph" in word:
            pair = paired(word)
            yield "look-alike letters", pair if pair in self.singles else None
        if any(map(str.__eq__, word, word[1:])):
            yield "stretched letters", self.named(word) or self.named(word.rstrip("sz"))
            found = self.skeletons.get(skeleton(word), ()) if len(word) > 4 else ()
            yield (
                "doubled letters",
                next((term for term in found if spells(term, word, doubled=True)), None),
            )
        if word in self._undoubled:
            yield "doubled letters", self._undoubled[word]
        if len(word) >= _SHORTEST_SWAPPED:
            yield "swapped letters", self._swapped(word) or self._swapped(_bare(word))
        if len(word) >= _SHORTEST_BACKWARDS:
            for backwards in (word[::-1], flipped(word)):
                if backwards in self.singles:
                    yield "written backwards", backwards
        yield "spelled by sound", self._sounding(word)
        yield "joined to a word", self._joined_to(word)

    def _swapped(self, word: str) -> str | None:
        singles = self.singles
        for at in range(len(word) - 1):
            swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            if swapped in singles:
                return swapped
        return None

    def _sounding(self, word: str) -> str | None:
        if len(word) < _SHORTEST_SOUNDING or not RESPELLED.search(word):
            return None
        for ending in _ENDINGS:
            stem = word.removesuffix(ending)
            if (
                len(stem) + len(ending) == len(word)
                and len(heard := sound(stem)) >= _SHORTEST_SOUND
            ):
                # An unchanged term with an ending was looked for before, and may be another word.
                found = self._sounds.get(heard)
                if found and stem not in found:
                    return found[0]
        return None

    def _joined_to(self, word: str) -> str | None:
        """The term that an ordinary word stands before or behind, with nothing between."""
        for at in range(_SHORTEST_JOINT, len(word) - _SHORTEST_JOINT + 1):
            for term, other in ((word[:at], word[at:]), (word[at:], word[:at])):
                if len(term) > _SHORTEST_JOINT and term in self.words and other in self.ordinary:
                    return term
        return None

    def _with_symbols(self, word: str) -> Meaning | None:
        """The word itself, or with digits or symbols read as letters."""
        if found := self._plain(word):
            return found
        if word.isdigit():
            term = self.named(word) if len(word) >= _SHORTEST_NUMBER else None
            term = term if term and len(term) == len(word) else None
            return self.meant(term, "digits for letters") if term else None
        if NUMBER_AND_UNIT.fullmatch(word) or _HEXADECIMAL.fullmatch(word):
            return None
        bare = word.strip(_EDGE_DIGITS)
        if bare.isalpha() and len(bare) > 2 and (found := self._plain(bare)):
            return found
        readings = {word.translate(_FIRST_READING), word.translate(_SECOND_READING)}
        if not self.ordinary.isdisjoint(readings):
            return None
        found = self.decoded(word)
        if found is None and bare not in self.ordinary:
            found = next(filter(None, (self._reading(word, one) for one in sorted(readings))), None)
            if found and skeleton(word) in self._ordinary_skeletons:
                return None
        return found

    def decoded(self, word: str) -> Meaning | None:
        """The term that a word with digits or symbols spells."""
        if len(word) < 3 or (len(word) == 3 and not _SHORT_DISGUISE.fullmatch(word)):
            return None
        plural = word[:-1] if word[-1] in "s5$z" else word
        for part in dict.fromkeys((word, plural, word.rstrip("!|+(<{"))):
            if len(part) >= 3 and (term := self.named(part)):
                return self.meant(term, "digits or symbols for letters")
        return None

    def _reading(self, word: str, reading: str) -> Meaning | None:
        """A decoded word that is a term in other clothes, or begins with one."""
        if not reading.isalpha() or len(reading) < _SHORTEST_BEGINNING:
            return None
        found = self._plain(reading)
        if found is None:
            for end in range(len(reading) - 1, _SHORTEST_BEGINNING - 1, -1):
                if reading[:end] not in self.singles:
                    continue
                # Half of what stands for a term must be letters: hexadecimal numbers hold any.
                letters = sum(map(str.isalpha, word[:end]))
                if end > letters >= end / 2:
                    found = self._plain(reading[:end])
                    break
        return Meaning(found.term, "digits or symbols for letters") if found else None

    @functools.cached_property
    def _stem_keys(self) -> frozenset[str]:
        return frozenset(stem[:_STEM_KEY] for stem in self.stems)

    @functools.cached_property
    def _undoubled(self) -> dict[str, str]:
        """Terms by how they are spelled with every double letter once."""
        return {
            short: term
            for term in self.singles
            if len(short := once(term)) < len(term) and len(short) >= _SHORTEST_UNDOUBLED
        }

    @functools.cached_property
    def _phrase_skeletons(self) -> dict[str, list[str]]:
        return _keyed({word for phrase in self.phrases for word in phrase.split()}, skeleton)

    @functools.cached_property
    def _ordinary_skeletons(self) -> frozenset[str]:
        return frozenset(map(skeleton, self.ordinary))

    @functools.cached_property
    def _sounds(self) -> dict[str, list[str]]:
        return _keyed((term for term in self.singles if len(term) > 2), sound)

    @functools.cached_property
    def _shapes(self) -> dict[_Shape, list[str]]:
        return _by_shape(self.words)

    @functools.cached_property
    def _phrase_shapes(self) -> dict[_Shape, list[str]]:
        return _by_shape(sorted({word for phrase in self.phrases for word in phrase.split()}))


class KeywordLists:
    """What a policy says of the words in prompts, and of those in negative prompts."""

    def __init__(self, part: dict[str, Any]) -> None:
        self._negative: dict[str, Any] = part["negative"]
        self.prompt = Lists(part, frozenset(part["ordinary"].split()))

    @functools.cached_property
    def negative(self) -> Lists:
        """Made when a negative prompt comes: most requests have none."""
        meant = self._negative["not_ordinary"].split()
        return Lists(self._negative, self.prompt.ordinary.difference(meant))


def prepare(part: dict[str, Any]) -> KeywordLists:
    """From the policy's compiled keywords."""
    return KeywordLists(part)


def _bare(word: str) -> str:
    """Without the ending that verbs are given, if it has one."""
    return word[:-2] if word.endswith(("ed", "er")) else word.removesuffix("ing")


def _by_entry(categories: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """Each entry with the categories that have it."""
    table: dict[str, tuple[str, ...]] = {}
    for name, entries in categories:
        mine: dict[str, tuple[str, ...]] = dict.fromkeys(entries, (name,))
        shared = table.keys() & mine.keys()
        mine.update({entry: (*table[entry], name) for entry in shared})
        table.update(mine)
    return table


def _starts(phrases: dict[str, tuple[str, ...]]) -> dict[str, list[list[str]]]:
    """The words of each phrase by its first two, written together; the last may be a plural."""
    table: dict[str, list[list[str]]] = {}
    for phrase in phrases:
        words = phrase.split()
        first, second = words[:2]
        seconds = [second, *plurals(second)] if len(words) == 2 else [second]
        for form in seconds:
            table.setdefault(first + form, []).append(words)
    return table


def plurals(word: str) -> tuple[str, ...]:
    """How more than one of a thing may be written."""
    return (f"{word}s", f"{word}es", f"{word[:-1]}ies") if word else ()


def _keyed(words: Iterable[str], key: Any) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for word in sorted(words):
        table.setdefault(key(word), []).append(word)
    return table


def _by_shape(words: Iterable[str]) -> dict[_Shape, list[str]]:
    """Words by first letter, length and last letter; and without the last, which may be hidden."""
    table: dict[_Shape, list[str]] = {}
    for word in words:
        for last in (word[-1], ""):
            table.setdefault((word[0], len(word), last), []).append(word)
    return table
