"""Undoes what was done to a text's characters: encodings, marks, invisible ones, look-alikes.

A folded text keeps its case, and what has no Latin reading stays as it is. Positions are followed
only when asked for, since hardly any prompt holds a term.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

# What other programs read as something else than its letters: character references and per cent
# encoding (also of themselves), escapes of programming languages, tags, comments, and the weights
# of prompts. Every alternative has a bounded length.
_MARKUP = re.compile(
    r"&(?:amp;){0,2}(?:#x[0-9a-f]{1,8}|#\d{1,9}|[a-z]{2,31}\d?);?"
    r"|(?:%(?:25){0,2}[0-9a-f]{2}){1,400}"
    r"|(?:\\u[0-9a-f]{4}|\\x[0-9a-f]{2}){1,200}"
    r"|</?(?:[abipqsu]|em|strong|span|div|br|wbr|hr|font|su[bp]|small|big|mark|del|ins|code|h[1-6])"
    r"(?:\s[^<>]{0,60})?/?>"
    r"|<!--[^<>]{0,60}-->|\[/[bius]\]|\[[bius]\](?=[^\[\]]{1,60}\[/)"
    r"|:\d{1,2}(?:\.\d{1,3})?(?=[)\]}>])",
    re.IGNORECASE,
)
_STARTS = "&%\\<[:"
_SPACES = "\t\n\v\f\r"
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
    if any(map(text.__contains__, _STARTS)):
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
    if markup[0] in "<[:":
        return ""
    if markup[0] == "&":
        # Its table of names is a tenth of this function's start, and few prompts have an ampersand.
        import html

        return html.unescape(html.unescape(html.unescape(markup)))
    if markup[0] == "%":
        text = unquote(unquote(unquote(markup)))
        # Not every per cent sign encodes something.
        return markup if "\ufffd" in text else text
    return re.sub(r"\\[ux]([0-9a-fA-F]+)", lambda code: chr(int(code.group(1), 16)), markup)


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
        return character if character.isprintable() or character in _SPACES else ""
    table = _look_alikes()
    if ord(character) in table:
        latin = table[ord(character)]
        return latin.upper() if character.isupper() else latin
    expanded = unicodedata.normalize("NFKD", character)
    parts = [
        table.get(ord(part), part)
        for part in expanded
        if unicodedata.category(part) not in _DROPPED and part not in _BLANK
    ]
    return "".join(parts) if len(parts) <= _LONGEST_EXPANSION else " "
