"""Which of the policy's terms a text holds, where, and how they were disguised.

Ordinary words are taken out first, by the set; only what is left is read closely, so that a text
costs little more than splitting it. The closer readings look at: single words (lists.meaning),
words beside each other that are one word or a phrase, pieces with symbols in them, runs of short
pieces that spell a word, and words joined by capitals.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import add

from shared.keywords.folding import fold, origins
from shared.keywords.lists import Lists, Meaning
from shared.keywords.spelling import SYMBOLS, skeleton

_WORD = re.compile(r"[0-9A-Za-z]+")
_CHUNK = re.compile(r"\S+")
_PIECE = re.compile(rf"[0-9A-Za-z{re.escape(SYMBOLS)}]+")
_SPELLED = re.compile(r"[0-9A-Za-z@$!|+(<]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Letters, digits; everything else parts words. Beyond ASCII nothing is left that is a letter to us.
_WORDS_ONLY = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256)
)
# A symbol beside a letter, or a shape that is drawn with symbols: something to look at.
_ODD = re.compile(
    r"[a-z0-9][@$!|+(<{&^#%*~?_\-][a-z0-9@$!|+*#%^]|[@$!|+(<&^#][a-z0-9]|[a-z]#|[|/\\]"
)
_SHAPE = bytes(48 if 48 <= code < 58 else 97 if 97 <= code < 123 else code for code in range(256))
_CASES = bytes(97 if 97 <= code < 123 else 65 if 65 <= code < 91 else 32 for code in range(256))
_EDGES = ".,;:?\"'()[]{}<>`~*_-/\\=%^"
_WEIGHT = re.compile(r":\d+(?:\.\d+)?[)\]}>]*$")
_LONGEST_CHUNK = 200
_SHORT = 3
_LONGEST_SPELLED = 24
_LONGEST_AROUND = 8
# Words that stand beside any other: with one of them, two words are a term by chance.
_FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "if",
        "so",
        "as",
        "at",
        "by",
        "in",
        "on",
        "of",
        "to",
        "up",
        "off",
        "out",
        "for",
        "from",
        "with",
        "into",
        "onto",
        "over",
        "is",
        "am",
        "are",
        "was",
        "were",
        "be",
        "been",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "can",
        "may",
        "will",
        "not",
        "no",
        "yes",
        "i",
        "me",
        "my",
        "we",
        "us",
        "our",
        "you",
        "your",
        "he",
        "him",
        "his",
        "she",
        "her",
        "it",
        "its",
        "they",
        "them",
        "this",
        "that",
        "these",
        "those",
        "who",
        "re",
        "ve",
        "ll",
    ]
)


@dataclass(frozen=True)
class Match:
    """A term found: whose category, where, and how it was written."""

    category: str
    term: str
    start: int
    end: int
    disguise: str


@dataclass(frozen=True)
class _Found:
    """A meaning and the span in the folded text."""

    meaning: Meaning
    start: int
    end: int


def find(text: str, lists: Lists) -> list[Match]:
    """Every term of the lists in the text, in order; what stands in an allowed phrase is left out.

    Time is linear in the text's length.
    """
    folded = fold(text)
    found = list(_found(folded, lists))
    if not found:
        return []
    spans = origins(text)
    allowed = list(_phrases(_words(folded), folded, lists.allowed_starts))
    matches: dict[tuple[str, str, int, int], Match] = {}
    for one in found:
        for category in lists.categories(one.meaning.term):
            if any(
                area.start <= one.start
                and one.end <= area.end
                and category in lists.allowed[area.meaning.term]
                for area in allowed
            ):
                continue
            start, end = spans[one.start][0], spans[one.end - 1][1]
            disguise = one.meaning.disguise or _dressed(
                text[start:end], folded[one.start : one.end]
            )
            # The same place may be read in several ways; the first is the plainest.
            key = (category, one.meaning.term, start, end)
            matches.setdefault(key, Match(category, one.meaning.term, start, end, disguise))
    return _outermost(matches.values())


def _found(folded: str, lists: Lists) -> Iterator[_Found]:
    words = _words(folded)
    suspects = set(words) - lists.ordinary
    unread = lists.harmless_words.unread(suspects)
    known = {word: meaning for word in unread if (meaning := lists.meaning(word))}
    if len(known) < len(unread):
        lists.harmless_words.remember(unread - known.keys())
    if known:
        spans = [match.span() for match in _WORD.finditer(folded)]
        for word, span in zip(words, spans, strict=True):
            if word in known:
                yield _Found(known[word], *span)
    pairs = list(map(add, words, words[1:]))
    if not lists.neighbours.isdisjoint(pairs):
        yield from _phrases(words, folded, lists.phrase_starts)
        yield from _split_in_two(words, pairs, folded, lists)
    if suspects:
        yield from _closer(words, pairs, suspects, folded, lists)
    yield from _with_symbols(folded, lists)
    if lists.foreign and not folded.isascii():
        for term in lists.foreign:
            if (at := folded.lower().find(term)) >= 0:
                yield _Found(Meaning(term), at, at + len(term))


def _closer(
    words: list[str], pairs: list[str], suspects: set[str], folded: str, lists: Lists
) -> Iterator[_Found]:
    """What needs a word that is not an ordinary one."""
    short = [word for word in suspects if len(word) <= _SHORT and not word.isdigit()]
    if short:
        triples = list(map(add, pairs, words[2:]))
        if not lists.singles.isdisjoint(triples):
            yield from _split_in_three(words, triples, folded, lists)
    if sum(len(word) > 1 for word in short) > 1 or (short and _single_letters(words)):
        yield from _spelled_out(folded, lists)
    cases = folded.encode("ascii", "replace").translate(_CASES)
    if b"aA" in cases or b"AAa" in cases:
        yield from _capitals(folded, lists)


def _words(folded: str) -> list[str]:
    return folded.encode("ascii", "replace").translate(_WORDS_ONLY).decode("ascii").split()


def _single_letters(words: list[str]) -> bool:
    """Whether single letters follow each other, at most one digit between them."""
    shape = f" {' '.join(words)} ".encode().translate(_SHAPE)
    return b" a a " in shape or b" a 0 a " in shape


def _span(folded: str, first: int, last: int, pattern: re.Pattern[str] = _WORD) -> tuple[int, int]:
    spans = [match.span() for match in pattern.finditer(folded)]
    return spans[first][0], spans[last][1]


def _phrases(words: list[str], folded: str, starts: dict[str, list[list[str]]]) -> Iterator[_Found]:
    for at, (first, second) in enumerate(zip(words, words[1:], strict=False)):
        for phrase in starts.get(first + second, ()):
            there = words[at : at + len(phrase)]
            if there[:-1] == phrase[:-1] and there[-1] in (phrase[-1], phrase[-1] + "s"):
                meaning = Meaning(" ".join(phrase))
                yield _Found(meaning, *_span(folded, at, at + len(phrase) - 1))


def _split_in_two(
    words: list[str], pairs: list[str], folded: str, lists: Lists
) -> Iterator[_Found]:
    for at, pair in enumerate(pairs):
        if pair in lists.words and _is_split(words[at], words[at + 1], lists.ordinary):
            yield _Found(Meaning(pair, "split word"), *_span(folded, at, at + 1))


def _is_split(first: str, second: str, ordinary: frozenset[str]) -> bool:
    """Whether two words beside each other are more likely one word cut in two."""
    odd = [part for part in (first, second) if part not in ordinary]
    if first in _FUNCTION_WORDS:
        return second in odd and len(second) >= 3
    if second in _FUNCTION_WORDS:
        return first in odd and len(first) >= 2 and len(first) + len(second) >= 4
    if not odd:
        return len(first) + len(second) >= 6
    if len(odd) == 1:
        return min(len(first), len(second)) >= 2 and len(first) + len(second) >= 5
    return len(first) + len(second) >= 4


def _split_in_three(
    words: list[str], triples: list[str], folded: str, lists: Lists
) -> Iterator[_Found]:
    for at, triple in enumerate(triples):
        if len(triple) > 3 and triple in lists.words:
            parts = words[at : at + 3]
            odd = sum(part not in lists.ordinary for part in parts)
            if odd and (odd > 1 or len(triple) >= 6):
                yield _Found(Meaning(triple, "split word"), *_span(folded, at, at + 2))


def _with_symbols(folded: str, lists: Lists) -> Iterator[_Found]:
    """Chunks between spaces that hold more than a word and its punctuation."""
    odd = lists.harmless_chunks.unread({chunk for chunk in folded.split() if not chunk.isalpha()})
    known: dict[str, list[tuple[Meaning, int, int]]] = {}
    renamed = False
    harmless = []
    for chunk in odd:
        core = chunk.strip(_EDGES)
        lower = chunk.lower()
        if _is_odd(chunk, core, lower):
            read = _read_chunk(lower, lists)
            has_phrase_word = _has_phrase_word(lower, lists)
            renamed = renamed or has_phrase_word
            if read:
                known[chunk] = read
            if read or has_phrase_word:
                continue
        harmless.append(chunk)
    if harmless:
        lists.harmless_chunks.remember(harmless)
    if known:
        for match in _CHUNK.finditer(folded):
            for meaning, start, end in known.get(match.group(), ()):
                yield _Found(meaning, match.start() + start, match.start() + end)
    if renamed:
        yield from _disguised_phrases(folded, lists)


def _is_odd(chunk: str, core: str, lower: str) -> bool:
    if len(chunk) > _LONGEST_CHUNK:
        return False
    if core.isalpha() and core == chunk[: len(core)] and chunk[-1] not in "!|+$@(<":
        return False
    return bool(_ODD.search(lower)) or any(map(str.isdigit, core))


def _read_chunk(chunk: str, lists: Lists) -> list[tuple[Meaning, int, int]]:
    """What a chunk with symbols says, with spans in it."""
    weight = _WEIGHT.search(chunk)
    end = weight.start() if weight else len(chunk)
    found = []
    for match in _PIECE.finditer(chunk, 0, end):
        piece = match.group()
        bare = piece.strip("!|+(<{&^#%")
        for candidate in dict.fromkeys(
            (bare, piece.rstrip("!|+(<{&^#%"), piece.lstrip("(<{&^#%+"), piece)
        ):
            if len(candidate) >= 3 and (meaning := lists.meaning(candidate)):
                # A word without its symbols was found as a word.
                if not candidate.isalpha():
                    found.append((meaning, *match.span()))
                break
    if found:
        return found
    core = chunk[:end]
    start = len(core) - len(core.lstrip(_EDGES.replace("*", "").replace("_", "")))
    core = core.strip(
        _EDGES.replace("*", "").replace("_", "").replace("^", "").replace("%", "").replace("-", "")
    ).rstrip("!")
    meaning = lists.masked(core) if core else None
    if meaning is None and any(symbol in core for symbol in "|\\/()[]<>{}"):
        from shared.keywords.spelling import drawn

        shape = drawn(core)
        meaning = lists.meaning(shape) if shape != core and shape.isalnum() else None
        if meaning:
            meaning = Meaning(meaning.term, "letters drawn with symbols")
    return [(meaning, start, start + len(core))] if meaning else []


def _has_phrase_word(chunk: str, lists: Lists) -> bool:
    return any(
        not match.group().isalpha() and lists.phrase_word(match.group())
        for match in _PIECE.finditer(chunk)
    )


def _disguised_phrases(folded: str, lists: Lists) -> Iterator[_Found]:
    """Phrases some of whose words are written with symbols."""
    pieces = [
        (match.group().lower(), match.span())
        for match in _PIECE.finditer(folded)
        if any(map(str.isalnum, match.group()))
    ]
    words = [
        piece if piece.isalpha() else lists.phrase_word(piece) or piece.strip(SYMBOLS)
        for piece, _ in pieces
    ]
    for at, (first, second) in enumerate(zip(words, words[1:], strict=False)):
        for phrase in lists.phrase_starts.get(first + second, ()):
            if words[at : at + len(phrase)] == phrase:
                meaning = Meaning(" ".join(phrase), "digits or symbols for letters")
                yield _Found(meaning, pieces[at][1][0], pieces[at + len(phrase) - 1][1][1])


def _spelled_out(folded: str, lists: Lists) -> Iterator[_Found]:
    """Words whose letters, or pairs of them, stand apart."""
    pieces = [(match.group().lower(), *match.span()) for match in _SPELLED.finditer(folded)]
    for short, group in groupby(pieces, key=lambda piece: len(piece[0]) <= _SHORT):
        run = list(group)
        if short and len(run) >= 3:
            yield from _spelled_in(run, lists)


def _spelled_in(run: list[tuple[str, int, int]], lists: Lists) -> Iterator[_Found]:
    letters = "".join(piece for piece, _, _ in run)
    # Where each piece begins in the letters; and the skeleton with what part of it each letter is.
    begins = [0]
    for piece, _, _ in run:
        begins.append(begins[-1] + len(piece))
    bones = skeleton(letters)
    bone_of = _bones(letters)
    skeletons = lists.skeletons
    longest = min(lists.longest_skeleton, _LONGEST_SPELLED)
    judged: dict[str, str | None] = {}
    at_begin = {begin: index for index, begin in enumerate(begins)}
    starts: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for index, begin in enumerate(begins[:-1]):
        starts.setdefault(bone_of[begin], []).append(index)
        ends.setdefault(bone_of[begins[index + 1] - 1], []).append(index)
    for bone, first in starts.items():
        for size in range(2, longest + 1):
            last = ends.get(bone + size - 1)
            if last is None or bones[bone : bone + size] not in skeletons:
                continue
            for a in {first[0], first[-1]}:
                for b in {last[0], last[-1]}:
                    if b - a < 2:
                        continue
                    written = letters[begins[a] : begins[b + 1]]
                    if written not in judged:
                        judged[written] = lists.named(written)
                    term = judged[written]
                    if (
                        term
                        and _is_spelled([piece for piece, _, _ in run[a : b + 1]], lists)
                        and not _in_longer_word(letters, begins[a], begins[b + 1], lists)
                    ):
                        meaning = Meaning(lists.joined.get(term, term), "letters apart")
                        yield _Found(meaning, run[a][1], run[b][2])


def _in_longer_word(letters: str, start: int, end: int, lists: Lists) -> bool:
    """Whether the letters around spell an ordinary word: g r a p e s."""
    return any(
        letters[first:last] in lists.ordinary
        for first in range(max(0, start - _LONGEST_AROUND), start + 1)
        for last in range(end, min(len(letters), end + _LONGEST_AROUND) + 1)
        if last - first > end - start
    )


def _bones(letters: str) -> list[int]:
    from shared.keywords.spelling import _CLASS_OF

    bones = []
    bone = -1
    before = ""
    for letter in letters.translate(_CLASS_OF):
        bone += letter != before
        before = letter
        bones.append(bone)
    return bones


def _is_spelled(pieces: list[str], lists: Lists) -> bool:
    """Whether pieces that spell a term are no row of ordinary short words."""
    if sum(map(str.isalpha, "".join(pieces))) * 2 < len("".join(pieces)):
        return False
    words = sum(len(piece) > 1 and piece in lists.ordinary for piece in pieces)
    if len("".join(pieces)) >= 6:
        return words < len(pieces)
    return words * 2 < len(pieces)


def _capitals(folded: str, lists: Lists) -> Iterator[_Found]:
    """Words joined by capitals, and a capital i that poses as an l."""
    for match in _CHUNK.finditer(folded):
        chunk = match.group()
        if chunk.islower() or chunk.isupper() or chunk.istitle():
            continue
        parts = list(_CAMEL.finditer(chunk))
        words = [part.group().lower() for part in parts]
        if len(words) > 1:
            for at, word in enumerate(words):
                if len(word) > 2 and word in lists.words:
                    span = parts[at].span()
                    yield _Found(
                        Meaning(word, "joined words"),
                        match.start() + span[0],
                        match.start() + span[1],
                    )
            for at, pair in enumerate(map(add, words, words[1:])):
                for phrase in lists.phrase_starts.get(pair, ()):
                    if words[at : at + len(phrase)] == phrase:
                        span = (parts[at].start(), parts[at + len(phrase) - 1].end())
                        yield _Found(
                            Meaning(" ".join(phrase), "joined words"),
                            match.start() + span[0],
                            match.start() + span[1],
                        )
        if "I" in chunk:
            bare = chunk.strip(_EDGES)
            term = bare.replace("I", "l").lower()
            if term in lists.words:
                yield _Found(Meaning(term, "look-alike letters"), match.start(), match.end())


def _dressed(written: str, folded: str) -> str:
    """How characters were changed, when the word itself was not."""
    if written.lower() == folded.lower():
        return ""
    if written.isascii():
        return "encoded characters"
    visible = [letter for letter in written if fold(letter)]
    return (
        "invisible characters"
        if "".join(visible).lower() == folded.lower()
        else "look-alike letters"
    )


def _outermost(matches: "Iterator[Match] | object") -> list[Match]:
    """Without matches of the same category inside a longer one; in the order of the text."""
    ordered = sorted(matches, key=lambda one: (one.start, -one.end))  # type: ignore[call-overload]
    kept: list[Match] = []
    for match in ordered:
        if not any(
            other.category == match.category
            and other.start <= match.start
            and match.end <= other.end
            for other in kept[-8:]
        ):
            kept.append(match)
    return kept
