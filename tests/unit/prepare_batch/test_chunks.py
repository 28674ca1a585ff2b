"""Chunks: bounded by rows, bytes and bad lines, whatever the rows are."""

from collections.abc import Iterator

import pytest

from prepare_batch.chunks import chunks
from prepare_batch.rows import Row
from shared.lines import Place
from shared.request import InvalidRequest

BAD = InvalidRequest("line", "json", "not JSON")


def made(*found: object, size: int = 10) -> Iterator[Row]:
    for line, one in enumerate(found, 1):
        content = one if isinstance(one, dict | InvalidRequest) else None
        yield Row(line, Place(line * size, line + 1), content)


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        (made(), []),
        (made({}), [1]),
        (made(*[{}] * 1000), [1000]),
        (made(*[{}] * 2001), [1000, 1000, 1]),
        (made(*[None] * 1001), [1000, 1]),
        (made(*[BAD] * 101), [100, 1]),
        (made(*[{}] * 5, size=2 * 1024 * 1024), [2, 2, 1]),
        (made(*[BAD, {}] * 100), [199, 1]),
    ],
)
def test_a_chunk_ends_where_it_is_full(rows: Iterator[Row], sizes: list[int]) -> None:
    found = list(chunks(rows, Place()))
    assert [chunk.rows for chunk in found] == sizes
    starts = [chunk.start for chunk in found]
    assert starts == [Place(), *(chunk.following for chunk in found)][: len(found)]


def test_blank_rows_are_neither_good_nor_bad() -> None:
    (chunk,) = chunks(made({"prompt": "a"}, None, BAD), Place())
    assert (chunk.good, chunk.bad) == ([(1, {"prompt": "a"})], [(3, BAD)])
    assert chunk.following == Place(30, 4)
