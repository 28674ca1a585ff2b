"""Undoes what was done to a text's characters: encodings, marks, invisible ones, look-alikes.

A folded text keeps its case, and what has no Latin reading stays as it is. Positions are followed
only when asked for, since hardly any prompt holds a term.
"""

import functools
import html
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

# Character references, per cent encoding, and HTML tags; each alternative has a bounded length.
_MARKUP = re.compile(
    r"&(?:#x[0-9a-f]{1,8}|#\d{1,9}|[a-z]{2,8}\d?);?|(?:%[0-9a-f]{2}){1,400}"
    r"|</?[a-z]{1,10}[1-6]?(?:\s[^<>]{0,60})?/?>",
    re.IGNORECASE,
)
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cc", "Cs"})
# Letters and symbols by category that show nothing, or next to nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Compatibility forms of more letters than this are words or sentences, never one letter.
_LONGEST_EXPANSION = 4


@functools.cache
def _look_alikes() -> dict[int, str]:
    """Characters that are read as Latin ones and whose compatibility form is not."""
    lines = (Path(__file__).parent / "look_alikes.txt").read_text("utf-8").splitlines()
    table = {}
    for latin, _, alike in (line.partition(" ") for line in lines):
        table.update(dict.fromkeys(map(ord, alike), latin))
    return table


def fold(text: str) -> str:
    """The text as a reader of Latin letters sees it."""
    if "&" in text or "%" in text or "<" in text:
        text = _MARKUP.sub(_decoded, text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_seen_as, text))


def origins(text: str) -> list[tuple[int, int]]:
    """For every character of the folded text, the span in the text that it came from."""
    spans = []
    for piece, start, end in _decoded_pieces(text):
        # What one reference or tag became came from all of it; other characters from themselves.
        whole = end - start != len(piece)
        for offset, character in enumerate(piece):
            span = (start, end) if whole else (start + offset, start + offset + 1)
            spans += [span] * len(_seen_as(character))
    return spans


def _decoded(match: re.Match[str]) -> str:
    markup = match.group()
    if markup[0] == "<":
        return ""
    return html.unescape(markup) if markup[0] == "&" else unquote(markup)


def _decoded_pieces(text: str) -> Iterator[tuple[str, int, int]]:
    done = 0
    for match in _MARKUP.finditer(text):
        yield text[done : match.start()], done, match.start()
        yield _decoded(match), match.start(), match.end()
        done = match.end()
    yield text[done:], done, len(text)


@functools.lru_cache(maxsize=4096)
def _seen_as(character: str) -> str:
    """What one character is folded to: nothing for an invisible one."""
    if character.isascii():
        dropped = unicodedata.category(character) == "Cc" and not character.isspace()
        return "" if dropped else character
    table = _look_alikes()
    if ord(character) in table:
        return table[ord(character)]
    expanded = unicodedata.normalize("NFKD", character)
    parts = [
        table.get(ord(part), part)
        for part in expanded
        if unicodedata.category(part) not in _DROPPED and part not in _BLANK
    ]
    return "".join(parts) if len(parts) <= _LONGEST_EXPANSION else " "
