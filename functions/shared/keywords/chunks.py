"""Chunks between spaces that hold more than a word and its punctuation."""

import re
from collections.abc import Iterator

from shared.keywords.lists import Lists, Meaning
from shared.keywords.reading import Found, phrases_in
from shared.keywords.spelling import DRAWN, SYMBOLS, drawn

_CHUNK = re.compile(r"\S+")
_PIECE = re.compile(rf"[0-9a-z{re.escape(SYMBOLS)}]+")
# A symbol beside letters, or letters around something that is none: something to look at.
_ODD = re.compile(
    r"[a-z0-9][@$!|+(<{&^#%*~?_.\-][a-z0-9@$!|+*#%^.]|[@$!|+(<&^#][a-z0-9]|[a-z][@$!|+#]"
    r"|[@$!|+#]{2}|[|/\\\d]|[a-z][^\x00-\x7f][a-z]"
)
# Brackets behind a word are those of a function: finish_row().
_CALL = re.compile(r"\(\)[^a-z0-9]*$")
_QUOTES = ".,;:\"'`()[]{}<>="
_EDGES = _QUOTES + "?~*_-/\\%^"
_MAY_BE_LETTERS = "!|+$@(<"
_SYMBOLS_AROUND = "!|+(<{&^#%"
# Longer chunks are read by their pieces only.
_LONGEST_WHOLE = 200


def odd_chunks(folded: str, lists: Lists, phrase_words: bool) -> Iterator[Found]:
    """Words written with symbols, digits, masks or drawings, and phrases of such words.

    `phrase_words`: a word of a phrase was found in disguise, so that phrases must be looked at.
    """
    odd = {chunk for chunk in folded.split() if not chunk.isalpha()}
    known: dict[str, list[tuple[Meaning, int, int]]] = {}
    harmless = []
    for chunk in lists.harmless_chunks.unread(odd):
        lower = chunk.lower()
        read = _read(lower, lists) if _is_odd(lower) else []
        phrase_word = _is_phrase_word(lower, lists)
        phrase_words = phrase_words or phrase_word
        if read:
            known[chunk] = read
        elif not phrase_word:
            harmless.append(chunk)
    lists.harmless_chunks.remember(harmless)
    for match in _CHUNK.finditer(folded) if known else ():
        for meaning, start, end in known.get(match.group(), ()):
            yield Found(meaning, match.start() + start, match.start() + end)
    if phrase_words:
        yield from _disguised_phrases(folded, lists)


def _is_odd(chunk: str) -> bool:
    core = chunk.strip(_EDGES)
    if core.isalpha() and chunk.startswith(core) and chunk[-1] not in _MAY_BE_LETTERS:
        return False
    return bool(_ODD.search(chunk) or DRAWN.search(chunk))


def _read(chunk: str, lists: Lists) -> list[tuple[Meaning, int, int]]:
    """What a chunk says, with spans in it."""
    found = [
        (meaning, *match.span())
        for match in _PIECE.finditer(chunk)
        if (meaning := _piece(match.group(), lists))
    ]
    if found:
        return found
    if len(chunk) > _LONGEST_WHOLE:
        return []
    core = chunk.strip(_QUOTES).rstrip("!")
    meaning = lists.masked(core) if core else None
    if meaning is None and (shape := drawn(_CALL.sub("", chunk))) != chunk:
        pieces = set(_PIECE.findall(shape)).difference(_PIECE.findall(chunk))
        read = next(filter(None, map(lists.meaning, pieces)), None)
        meaning = Meaning(read.term, "letters drawn with symbols") if read else None
    start = chunk.find(core)
    return [(meaning, start, start + len(core))] if meaning else []


def _piece(piece: str, lists: Lists) -> Meaning | None:
    """What a piece means; its outer symbols are letters, or are not."""
    bare = piece.strip(_SYMBOLS_AROUND)
    if len(bare) >= 3 and (meaning := lists.meaning(bare)):
        # A word of nothing but letters was found as a word.
        return None if bare.isalpha() else meaning
    if bare == piece:
        return None
    sides = {piece.rstrip(_SYMBOLS_AROUND), piece.lstrip(_SYMBOLS_AROUND), piece} - {bare}
    return next(filter(None, map(lists.decoded, sides)), None)


def _is_phrase_word(chunk: str, lists: Lists) -> bool:
    core = chunk.strip(_QUOTES)
    return not core.isalpha() and lists.phrase_word(core) is not None


def _disguised_phrases(folded: str, lists: Lists) -> Iterator[Found]:
    chunks = [match for match in _CHUNK.finditer(folded) if match.group().strip(_QUOTES)]
    words = [match.group().strip(_QUOTES).lower() for match in chunks]
    words = [word if word in lists.ordinary else lists.phrase_word(word) or word for word in words]
    for phrase, first, last in phrases_in(words, lists.phrase_starts):
        yield Found(Meaning(phrase, "disguised words"), chunks[first].start(), chunks[last].end())
