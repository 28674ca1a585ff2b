"""Rows by chunks whose bounds depend on the file alone, so that a retry writes the same ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from prepare_batch.rows import Row
from shared.lines import Place
from shared.request import InvalidRequest

# Of a chunk; the last of them may go beyond the bytes, but not by more than one line.
_MAX_ROWS = 1000
_MAX_BYTES = 4 * 1024 * 1024
# Each is three calls, so that a chunk of them still takes seconds.
_MAX_BAD = 100


@dataclass
class Chunk:
    """Rows that follow each other, by line: those to be run, and what is wrong with the others."""

    start: Place
    following: Place
    good: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    bad: list[tuple[int, InvalidRequest]] = field(default_factory=list)
    rows: int = 0

    def add(self, row: Row) -> None:
        """One more row; blank ones are only counted."""
        self.rows += 1
        self.following = row.following
        if isinstance(row.found, InvalidRequest):
            self.bad.append((row.line, row.found))
        elif row.found is not None:
            self.good.append((row.line, row.found))

    @property
    def is_full(self) -> bool:
        """Whether the next row begins another one."""
        size = self.following.offset - self.start.offset
        return self.rows >= _MAX_ROWS or size >= _MAX_BYTES or len(self.bad) >= _MAX_BAD


def chunks(rows: Iterable[Row], start: Place) -> Iterator[Chunk]:
    """All rows, in chunks of which only the last is not full."""
    chunk = Chunk(start, start)
    for row in rows:
        chunk.add(row)
        if chunk.is_full:
            yield chunk
            chunk = Chunk(chunk.following, chunk.following)
    if chunk.rows:
        yield chunk
