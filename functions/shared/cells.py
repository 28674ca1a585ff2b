"""CSV as RFC 4180 describes it, from bytes: the cells of each record, and where it begins.

Python's csv reads texts and cannot say at which byte a record begins, nor go on behind a quote that
nobody closed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.lines import Place, Window

# Possessive: what has no closing quote must not be tried again from each of the doubled ones.
_QUOTED = re.compile(rb'"([^"]*+(?:""[^"]*+)*+)"')
_PLAIN = re.compile(rb"[^,\n]*+")
_END = re.compile(rb",|\r?\n|\r?\Z")


@dataclass(frozen=True, slots=True)
class Record:
    """One record, its quotes taken off. `cells` is None, and `problem` why, if it is none."""

    place: Place
    cells: list[bytes] | None
    following: Place
    problem: str = ""


def records(window: Window, most: int) -> Iterator[Record]:
    """The records that follow, of at most so many bytes each.

    Of one that is none, the line that it begins in is passed over: problem "long" if this line
    alone has more bytes, else "quotes".
    """
    while window.fill(most + 2):
        yield _next(window, most)


def _next(window: Window, most: int) -> Record:
    place, data, at = window.place, window.data, window.at
    limit = min(len(data), at + most + 2)
    end = data.find(b"\n", at, limit)
    ended = end >= 0
    line = data[at : end if ended else limit].removesuffix(b"\r")
    if len(line) > most:
        return Record(place, None, window.skip_line(), "long")
    if b'"' not in line:
        size = (end + 1 if ended else limit) - at
        return Record(place, line.split(b","), window.take(size, int(ended)))
    cells, behind = _split(data, at, limit, whole=limit - at < most + 2)
    if cells is None:
        return Record(place, None, window.skip_line(), "quotes")
    return Record(place, cells, window.take(behind - at, data.count(b"\n", at, behind)))


def _split(data: bytes, at: int, limit: int, whole: bool) -> tuple[list[bytes] | None, int]:
    """The cells of the record that begins here, and where the next one does.

    None if it does not end before `limit`, which ends the file if what is there is the `whole`.
    """
    cells = []
    while True:
        quoted = data.startswith(b'"', at, limit)
        found = (_QUOTED if quoted else _PLAIN).match(data, at, limit)
        end = found and _END.match(data, found.end(), limit)
        if not found or not end:
            return None, at
        last = end[0] != b","
        cells.append(found[1].replace(b'""', b'"') if quoted else found[0])
        if last and not quoted:
            cells[-1] = cells[-1].removesuffix(b"\r")
        if last:
            return (cells if whole or end[0] else None), end.end()
        at = end.end()
