"""Words joined by capitals, and a capital i that poses as an l."""

import re
from collections.abc import Iterator

from shared.keywords.lists import Lists, Meaning
from shared.keywords.reading import Found, Reading, phrases_in

_CHUNK = re.compile(r"\S+")
_PART = re.compile(r"[A-Z]?[a-z0-9$@!]+|[A-Z]+(?![a-z0-9])")
_CASES = bytes(97 if 97 <= code < 123 else 65 if 65 <= code < 91 else 32 for code in range(256))
_EDGES = ".,;:?!\"'()[]{}<>`~*_-/\\=%^"


def capitals(reading: Reading, lists: Lists) -> Iterator[Found]:
    """Terms and phrases that are parts of a chunk, told by its capitals."""
    cases = reading.ascii.translate(_CASES)
    if b"aA" not in cases and b"AAa" not in cases:
        return
    for chunk in _CHUNK.finditer(reading.folded):
        text, at = chunk.group(), chunk.start()
        parts = [(part.group().lower(), *part.span()) for part in _PART.finditer(text)]
        if len(parts) > 1:
            for meaning, start, end in _joined(parts, lists):
                yield Found(meaning, at + start, at + end)
        if "I" in text and not text.isupper():
            term = text.strip(_EDGES).replace("I", "l").lower()
            if term in lists.words:
                yield Found(Meaning(term, "look-alike letters"), at, chunk.end())


def _joined(parts: list[tuple[str, int, int]], lists: Lists) -> Iterator[tuple[Meaning, int, int]]:
    words = [word for word, _, _ in parts]
    for word, start, end in parts:
        if len(word) > 2 and word.isalpha() and word in lists.words:
            yield Meaning(word, "joined words"), start, end
        elif len(word) > 2 and not word.isalpha() and (meaning := lists.meaning(word)):
            yield meaning, start, end
    for phrase, first, last in phrases_in(words, lists.phrase_starts):
        yield Meaning(phrase, "joined words"), parts[first][1], parts[last][2]
