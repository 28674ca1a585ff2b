"""How a word may be spelled so that people still read it: symbols, stretched letters, sounds."""

import functools
import itertools
import operator
import re

# What may stand for each letter. A symbol may stand for several.
_STANDS_FOR = {
    "a": "4@&^", "b": "86", "c": "(<{", "d": "", "e": "3", "f": "", "g": "96", "h": "#",
    "i": "1!|l", "k": "", "l": "1!|7i", "n": "", "o": "0", "r": "", "s": "5$z", "t": "7+1",
    "u": "v", "v": "u", "w": "", "x": "%", "y": "", "z": "2s%",
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
# More than the longest term with every letter stretched as far as people do.
_LONGEST_WRITTEN = 80
_REPEATED = re.compile(r"(.)\1+")
_FIRST_LETTER = operator.itemgetter(1)
_LONG_RUN = re.compile(r"(.)\1{3,}")


DRAWN = re.compile("|".join(re.escape(shape) for shape, _ in _DRAWN))
# Letters that look like one when they stand close.
_PAIRS = (("rn", "m"), ("cl", "d"), ("vv", "w"), ("ph", "f"))
_FLIPPED = str.maketrans("nudpbq69", "unpdqb96")


def flipped(word: str) -> str:
    """A word of letters that stand on their heads, read from its other end."""
    return word[::-1].translate(_FLIPPED)


def paired(word: str) -> str:
    """A word whose pairs of letters that look like one are read as one."""
    for pair, letter in _PAIRS:
        word = word.replace(pair, letter)
    return word


def once(word: str) -> str:
    """A word with every letter once where it stands several times in a row."""
    return _REPEATED.sub(_FIRST_LETTER, word)


def shortened(word: str, longest: int) -> str:
    """A word of more letters than that with no letter more than three times in a row."""
    return _LONG_RUN.sub(r"\1\1\1", word) if len(word) > longest else word


@functools.lru_cache(maxsize=2048)
def skeleton(word: str) -> str:
    """One key for all spellings of a word that differ by symbols and by repeated letters."""
    return once(word.translate(_CLASS_OF))


def bones(word: str) -> list[int]:
    """For every letter of a word, which letter of its skeleton it became."""
    runs = itertools.groupby(word.translate(_CLASS_OF))
    return [bone for bone, (_, same) in enumerate(runs) for _ in same]


def drawn(text: str) -> str:
    """The text with shapes made of several characters read as letters."""
    for shape, letter in _DRAWN:
        text = text.replace(shape, letter)
    return text


def spells(term: str, written: str, doubled: bool = False) -> bool:
    """Whether `written` (of the same skeleton) is the term, symbols and stretches allowed.

    A letter is stretched when it stands three times or more, or twice where English never doubles
    it, or when every letter is repeated. With `doubled`, two of any letter are enough.
    """
    written = shortened(written, _LONGEST_WRITTEN)
    if len(written) > _LONGEST_WRITTEN:
        return False
    if not (_reads(term[0], written[0]) and _reads(term[-1], written[-1])):
        return False
    runs = [(letter, len(list(same))) for letter, same in itertools.groupby(term)]
    return _fits(runs, written, doubled) or (
        1 < len(runs) <= len(written) // 2 and _fits(runs, written, None)
    )


def _reads(letter: str, written: str) -> bool:
    return written in ALTERNATIVES.get(letter, letter)


def _fits(runs: list[tuple[str, int]], written: str, doubled: bool | None) -> bool:
    """Whether the runs of a term's letters can be laid over what is written, end to end.

    With `doubled` None every letter stands at least twice, however often the term has it.
    """
    ends = {0}
    for letter, wanted in runs:
        readings = ALTERNATIVES.get(letter, frozenset(letter))
        reached = set()
        for start in ends:
            end = start
            while end < len(written) and written[end] in readings:
                end += 1
                if _is_stretch(letter, wanted, end - start, doubled):
                    reached.add(end)
        ends = reached
        if not ends:
            return False
    return len(written) in ends


def _is_stretch(letter: str, wanted: int, found: int, doubled: bool | None) -> bool:
    if doubled is None:
        return found >= 2
    if found == wanted or found >= 3:
        return True
    return found == 2 and wanted == 1 and (doubled or letter in _SELDOM_DOUBLED)


# Letters that people put for others of the same sound, and that stand so in few English words.
RESPELLED = re.compile(r"ph|cc|k|q|x|z|oo|aw|[b-df-hj-np-tw-z]v[b-df-hj-np-tw-z]")
_SOUNDS = (
    ("ph", "f"), ("sch", "sh"), ("cks", "ks"), ("ck", "k"), ("cc", "k"), ("ch", "ç"), ("kn", "n"),
    ("aw", "o"), ("oo", "u"), ("x", "ks"), ("c", "k"), ("q", "k"), ("v", "u"), ("z", "s"),
)  # fmt: skip
_ENDINGS = re.compile(r"(?:a|ah|er|or|uh)$")


def sound(word: str) -> str:
    """A rough key of how a word sounds; two spellings of a word share it more often than not."""
    for letters, key in _SOUNDS:
        word = word.replace(letters, key)
    return _ENDINGS.sub("a", once(word))
