"""A prompt as words, each with the ways it may be meant.

Folding undoes what is done to letters (case, accents, look-alikes, invisible marks); forms undo
what is done to words (digits for letters, stretched letters, separators inside). Every step is
linear in the prompt, and every word knows its span in the original text.
"""

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

# Letters of other scripts that are read as Latin ones.
_LOOK_ALIKES = dict(
    zip(
        "авеѕіјкмнорстухѵԁԛԝһɡαβεικνορτυχωοаրցոսօԍіӏ",
        "abesijkmhopctyxvdqwhgabeiknoptuxwoapgnuogil",
        strict=True,
    )
)
_LEET = str.maketrans("013457@$!|+€", "oieastasiite")
_LEET_SYMBOLS = frozenset("013457@$!|+€")
# Letters written apart are looked up in parts of up to this many.
_LONGEST_SPELLED = 14
_INSIDE = frozenset(".-_*·~'\"/\\,")


@dataclass(frozen=True)
class Word:
    """One word: its span in the text, and each form it may have with the disguise it then wears."""

    start: int
    end: int
    forms: dict[str, str] = field(default_factory=dict)


def words_of(text: str) -> list[Word]:
    """The words of a prompt in order. A spelled-out word (v i o l) follows its letters."""
    words = []
    for piece in _pieces(_fold(text)):
        words += _words_in(piece)
    return words + list(_spelled_out(words))


def _fold(text: str) -> list[tuple[str, int, bool]]:
    """(character, index in the text, whether it was changed) of the folded text."""
    folded = []
    for index, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character).casefold():
            if unicodedata.category(part) in {"Mn", "Me", "Cf"}:
                continue
            plain = _LOOK_ALIKES.get(part, part)
            folded.append((plain, index, plain != character.lower()))
    return folded


def _pieces(folded: list[tuple[str, int, bool]]) -> Iterator[list[tuple[str, int, bool]]]:
    for is_space, group in itertools.groupby(folded, key=lambda part: part[0].isspace()):
        if not is_space:
            yield list(group)


def _words_in(piece: list[tuple[str, int, bool]]) -> list[Word]:
    """The words of a piece; and the piece as one word, if letters hide behind its symbols."""
    words = []
    for is_word, group in itertools.groupby(piece, key=lambda part: part[0].isalnum()):
        if is_word:
            words.append(_word(list(group)))
    whole = _piece_as_word(piece, len(words))
    return [*words, whole] if whole else words


def _word(parts: list[tuple[str, int, bool]]) -> Word:
    text = "".join(part[0] for part in parts)
    changed = any(part[2] for part in parts)
    forms = {text: "look-alike letters" if changed else ""}
    _add_forms(forms, text)
    return Word(parts[0][1], parts[-1][1] + 1, forms)


def _piece_as_word(piece: list[tuple[str, int, bool]], count: int) -> Word | None:
    symbols = {part[0] for part in piece if not part[0].isalnum()}
    letters = [part for part in piece if part[0].isalnum() or part[0] in _LEET_SYMBOLS]
    leet = symbols & _LEET_SYMBOLS
    # Separators hide a word only when they stand between single letters or pairs.
    separated = count >= 3 and symbols & _INSIDE and len(letters) <= 2 * count
    if not letters or not (leet or separated):
        return None
    text = "".join(part[0] for part in letters).strip("!|+")
    forms: dict[str, str] = {}
    if separated:
        forms[text] = "separators inside the word"
    _add_forms(forms, text)
    return Word(letters[0][1], letters[-1][1] + 1, forms) if forms else None


def _add_forms(forms: dict[str, str], text: str) -> None:
    if not text.isalpha() and any(c.isalpha() or c in "@$" for c in text):
        plain = text.translate(_LEET)
        forms.setdefault(plain, "digits or symbols for letters")
        forms.setdefault(text.replace("1", "l").translate(_LEET), "digits or symbols for letters")
    for form in list(forms):
        runs = [(letter, len(list(run))) for letter, run in itertools.groupby(form)]
        if any(length >= 3 for _, length in runs):
            for most in (1, 2):
                short = "".join(c * (1 if n < 2 else most if n > 2 else 2) for c, n in runs)
                forms.setdefault(short, "stretched letters")


def _spelled_out(words: list[Word]) -> Iterator[Word]:
    """Single letters in a row, joined: every part of them, since an article may stand before."""
    single = lambda word: word.end - word.start == 1  # noqa: E731
    for is_single, group in itertools.groupby(words, key=single):
        run = list(group) if is_single else []
        letters = "".join(next(iter(word.forms))[:1] for word in run)
        for first in range(len(run)):
            for last in range(first + 3, min(first + _LONGEST_SPELLED, len(run)) + 1):
                forms = {letters[first:last]: "spaces inside the word"}
                _add_forms(forms, letters[first:last])
                yield Word(run[first].start, run[last - 1].end, forms)
