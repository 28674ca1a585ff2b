"""How a word may be spelled so that people still read it: symbols, stretched letters, sounds."""

import itertools
import re

# What may stand for each letter. A symbol may stand for several.
_STANDS_FOR = {
    "a": "4@&^", "b": "86", "c": "(<{", "d": "", "e": "3", "f": "", "g": "96", "h": "#",
    "i": "1!|", "k": "", "l": "1!|7", "n": "", "o": "0", "r": "", "s": "5$z", "t": "7+1", "u": "v",
    "v": "u", "w": "", "x": "%", "y": "", "z": "2s%",
}  # fmt: skip
ALTERNATIVES = {letter: frozenset(letter + more) for letter, more in _STANDS_FOR.items()}
# Letters and symbols that may stand for each other are one class, so that one look-up finds all.
_CLASSES = ("o0", "ilt1!|7+", "e3", "a4@&^", "sz5$2%x", "bg869", "c(<{", "uv", "h#")
_CLASS_OF = {ord(character): group[0] for group in _CLASSES for character in group}
SYMBOLS = "@$!|+(<{&^#%"
# Shapes drawn with several characters, longest first.
_DRAWN = (
    (r"|\/|", "m"), (r"/\/\ ".strip(), "m"), (r"\/\/", "w"), (r"|\|", "n"), (r"/\/", "n"),
    ("|-|", "h"), ("|_|", "u"), ("(_)", "u"), ("|<", "k"), ("|{", "k"), ("|)", "d"), ("|>", "p"),
    ("|2", "r"), ("|3", "b"), ("|_", "l"), ("_|", "j"), ("|=", "f"), ("|*", "p"), ("|°", "p"),
    ("()", "o"), ("[]", "o"), ("><", "x"), ("}{", "x"), (r"/\ ".strip(), "a"), (r"\/", "v"),
)  # fmt: skip
# English doubles these hardly ever, so that two of them are stretched already.
_SELDOM_DOUBLED = frozenset("ahijkquvwxy")


def skeleton(word: str) -> str:
    """One key for all spellings of a word that differ by symbols and by repeated letters."""
    return "".join(letter for letter, _ in itertools.groupby(word.translate(_CLASS_OF)))


def drawn(text: str) -> str:
    """The text with shapes made of several characters read as letters."""
    for shape, letter in _DRAWN:
        text = text.replace(shape, letter)
    return text


def spells(term: str, written: str, doubled: bool = False) -> bool:
    """Whether `written` (same skeleton) is the term with symbols for letters or stretched letters.

    A letter is stretched when it stands three times or more, or twice where English never doubles
    it, or when every letter is repeated. With `doubled`, two of any letter are enough.
    """
    lengths = _runs(term, written)
    if lengths is None:
        return False
    if len(lengths) > 1 and all(found >= 2 for _, _, found in lengths):
        return True
    return all(
        found == wanted
        or found >= 3
        or (found == 2 and (doubled or letter in _SELDOM_DOUBLED))
        or (doubled and found == 1 and wanted == 2)
        for letter, wanted, found in lengths
    )


def _runs(term: str, written: str) -> list[tuple[str, int, int]] | None:
    """(letter, how often the term has it in a row, how often it is written); None if none fits.

    Each letter takes what can stand for it, but leaves the next letter what only that can read.
    """
    runs = [(letter, len(list(same))) for letter, same in itertools.groupby(term)]
    lengths = []
    at = 0
    for index, (letter, wanted) in enumerate(runs):
        readings = ALTERNATIVES.get(letter, frozenset(letter))
        following = runs[index + 1] if index + 1 < len(runs) else None
        start = at
        while at < len(written) and written[at] in readings:
            if following and at - start >= wanted and _reads(following[0], written[at]):
                # Readable as both: the next letter needs its share of what is left in this run.
                if _left(written, at, readings) <= following[1] or written[at] == following[0]:
                    break
            at += 1
        if at == start:
            return None
        lengths.append((letter, wanted, at - start))
    return lengths if at == len(written) else None


def _reads(letter: str, written: str) -> bool:
    return written in ALTERNATIVES.get(letter, letter)


def _left(written: str, at: int, readings: frozenset[str]) -> int:
    end = at
    while end < len(written) and written[end] in readings:
        end += 1
    return end - at


_SOUNDS = (
    ("ph", "f"), ("sch", "sh"), ("cks", "ks"), ("ck", "k"), ("cc", "k"), ("ch", "ç"), ("kn", "n"),
    ("aw", "o"), ("oo", "u"), ("ou", "u"), ("ee", "i"), ("ea", "i"), ("ie", "i"), ("x", "ks"),
    ("c", "k"), ("q", "k"), ("v", "u"), ("w", "u"), ("z", "s"), ("y", "i"),
)  # fmt: skip
_ENDINGS = re.compile(r"(?:a|ah|er|or|uh)$")


def sound(word: str) -> str:
    """A rough key of how a word sounds; two spellings of a word share it more often than not."""
    for letters, key in _SOUNDS:
        word = word.replace(letters, key)
    word = "".join(letter for letter, _ in itertools.groupby(word))
    return _ENDINGS.sub("a", word)
