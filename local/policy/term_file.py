"""Lists of terms as others write them: a term a line, with comments, or a CSV's first column."""

import csv
from dataclasses import dataclass
from pathlib import Path

_COMMENTS = ("#", "//")
_HEADERS = frozenset({"term", "terms", "word", "words", "phrase", "text"})


@dataclass(frozen=True)
class Line:
    """One entry, with the number of its line for people who look for it."""

    number: int
    text: str


def read_terms(path: Path) -> tuple[list[Line], list[int]]:
    """(the entries, the numbers of lines that are not UTF-8)."""
    entries: list[Line] = []
    unreadable: list[int] = []
    for number, raw in enumerate(path.read_bytes().splitlines(), 1):
        try:
            text = raw.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            unreadable.append(number)
            continue
        if text and not text.startswith(_COMMENTS):
            entries.append(Line(number, _first_column(text)))
    if entries and "," in path.read_bytes().splitlines()[entries[0].number - 1].decode():
        entries = [e for e in entries if e is not entries[0] or e.text.lower() not in _HEADERS]
    return entries, unreadable


def _first_column(text: str) -> str:
    return next(csv.reader([text]), [""])[0].strip()
