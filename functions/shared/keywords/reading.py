"""A folded text as words, and what was found in it."""

import functools
import re
from collections.abc import Iterator

from shared.keywords.folding import fold
from shared.keywords.lists import Meaning, plurals

_WORD = re.compile(r"[0-9A-Za-z]+")
# Letters and digits; everything else parts words. Beyond ASCII, folding leaves no letter we read.
_WORDS_ONLY = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256)
)


class Found:
    """A meaning, and its span in the folded text."""

    __slots__ = ("end", "meaning", "start")

    def __init__(self, meaning: Meaning, start: int, end: int) -> None:
        self.meaning, self.start, self.end = meaning, start, end


class Reading:
    """A text as folded, its lower-case words, and which of them are no ordinary ones."""

    def __init__(self, text: str, ordinary: frozenset[str]) -> None:
        self.folded = folded = fold(text)
        self.as_written = folded == text
        self.ascii = folded.encode("ascii", "replace")
        self.words = self.ascii.translate(_WORDS_ONLY).decode("ascii").split()
        self.suspects = set(self.words) - ordinary

    @functools.cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Of each word."""
        return [match.span() for match in _WORD.finditer(self.folded)]

    def found(self, meaning: Meaning, first: int, last: int) -> Found:
        """What the words from first to last mean together."""
        return Found(meaning, self.spans[first][0], self.spans[last][1])

    def between(self, first: int) -> str:
        """What stands between a word and the next."""
        return self.folded[self.spans[first][1] : self.spans[first + 1][0]]


def phrases_in(
    words: list[str], starts: dict[str, list[list[str]]]
) -> Iterator[tuple[str, int, int]]:
    """(phrase, its first word's place, its last's); the last word may be a plural."""
    for at in range(len(words) - 1):
        for phrase in starts.get(words[at] + words[at + 1], ()):
            there = words[at : at + len(phrase)]
            if there[:-1] == phrase[:-1] and there[-1] in (phrase[-1], *plurals(phrase[-1])):
                yield " ".join(phrase), at, at + len(phrase) - 1
