"""Words whose letters, or pairs of them, stand apart."""

import re
from collections.abc import Iterator
from itertools import compress, pairwise, product

from shared.keywords.lists import NUMBER_AND_UNIT, Lists
from shared.keywords.reading import Found, Reading
from shared.keywords.spelling import bones, skeleton


def _patterns(letters: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Runs of at least three pieces of at most three letters each, and a piece."""
    piece = rf"[{letters}]{{1,3}}(?![{letters}])"
    return (
        re.compile(rf"(?<![{letters}])(?:{piece}[^{letters}]*){{3,}}"),
        re.compile(rf"[{letters}]+"),
    )


_PLAIN = _patterns("0-9A-Za-z")
# Symbols may be letters, or stand between them.
_WITH_SYMBOLS = _patterns("0-9A-Za-z@$!|+(<")
_SYMBOLS = frozenset("@$!|+(<")
_SHORT = 3
_NEAR = 2
_CHARACTERS = bytes(120 if code > 32 else code for code in range(256))
_LONGEST = 24
# How far around a term the rest of a longer word is looked for, in letters.
_AROUND = 8
_Piece = tuple[str, int, int]


def spelled_out(reading: Reading, lists: Lists) -> Iterator[Found]:
    """Terms spelled by runs of short pieces."""
    if not _has_short_pieces(reading):
        return
    plain = _SYMBOLS.isdisjoint(reading.folded)
    for runs, piece in (_PLAIN,) if plain else (_PLAIN, _WITH_SYMBOLS):
        for match in runs.finditer(reading.folded):
            at = match.start()
            run = [
                (one.group().lower(), at + one.start(), at + one.end())
                for one in piece.finditer(match.group())
            ]
            if _may_spell([one for one, _, _ in run], lists.ordinary):
                yield from _spelled_in(run, lists)


def _has_short_pieces(reading: Reading) -> bool:
    """Whether two short pieces that are no words are near each other, or four characters apart.

    Asked of every prompt, and so as cheap as can be.
    """
    words = reading.words
    odd = {word for word in reading.suspects if len(word) <= _SHORT and not word.isdigit()}
    odd = {word for word in odd if len(word) == 1 or not NUMBER_AND_UNIT.fullmatch(word)}
    if len(odd) < 2:
        return False
    places = list(compress(range(len(words)), map(odd.__contains__, words)))
    if any(after - before <= _NEAR for before, after in pairwise(places)):
        return True
    return b" x x x x " in f" {' '.join(words)} ".encode().translate(_CHARACTERS)


def _may_spell(pieces: list[str], ordinary: frozenset[str]) -> bool:
    """Whether some pieces are no words, or are single letters or digits in a row."""
    if sum(len(piece) > 1 and piece not in ordinary for piece in pieces) > 1:
        return True
    singles = "".join(piece if len(piece) == 1 else " " for piece in pieces).split()
    return any(len(row) > 3 or sum(map(str.isalpha, row)) > 1 for row in singles)


def _spelled_in(run: list[_Piece], lists: Lists) -> Iterator[Found]:
    """Terms whose skeleton is that of some pieces in a row.

    Every piece is tried as a beginning, with every length that a term may have, so that time is
    linear in the run.
    """
    letters = "".join(piece for piece, _, _ in run)
    key, bone_of = skeleton(letters), bones(letters)
    # Which pieces begin and end with which bone: several, where letters are repeated.
    starts: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    at = 0
    for index, (piece, _, _) in enumerate(run):
        starts.setdefault(bone_of[at], []).append(index)
        at += len(piece)
        ends.setdefault(bone_of[at - 1], []).append(index)
    judged: dict[tuple[str, ...], str | None] = {}
    sizes = range(2, min(lists.longest_skeleton, _LONGEST) + 1)
    for bone, firsts in starts.items():
        for size in [size for size in sizes if key[bone : bone + size] in lists.skeletons]:
            lasts = ends.get(bone + size - 1, ())
            for first, last in product({*firsts[:1], *firsts[-1:]}, {*lasts[:1], *lasts[-1:]}):
                pieces = tuple(piece for piece, _, _ in run[first : last + 1])
                if len(pieces) >= 3 and pieces not in judged:
                    judged[pieces] = _term(pieces, lists)
                term = judged.get(pieces)
                if term and not _in_longer_word(run, first, last + 1, lists):
                    yield Found(lists.meant(term, "letters apart"), run[first][1], run[last][2])


def _term(pieces: tuple[str, ...], lists: Lists) -> str | None:
    """The term that pieces spell, if they are no row of numbers or of ordinary short words."""
    letters = "".join(pieces)
    fewest = len(letters) / (4 if len(letters) >= 5 else 2)
    words = sum(len(piece) > 1 and piece in lists.ordinary for piece in pieces)
    most = len(pieces) - 1 if len(letters) >= 6 else (len(pieces) - 1) // 2
    if sum(map(str.isalpha, letters)) < fewest or words > most:
        return None
    if len(letters) == 3 and not (letters[0] + letters[2]).isalpha():
        return None
    return lists.named(letters)


def _in_longer_word(run: list[_Piece], first: int, last: int, lists: Lists) -> bool:
    """Whether the single letters around spell an ordinary word: g r a p e s."""
    begin, end = first, last
    while begin > max(0, first - _AROUND) and len(run[begin - 1][0]) == 1:
        begin -= 1
    while end < min(len(run), last + _AROUND) and len(run[end][0]) == 1:
        end += 1
    if end - begin == last - first or any(len(piece) > 1 for piece, _, _ in run[first:last]):
        return False
    letters = "".join(piece for piece, _, _ in run[begin:end])
    return any(
        letters[start:stop] in lists.ordinary
        for start in range(first - begin + 1)
        for stop in range(last - begin, end - begin + 1)
        if stop - start > last - first
    )
