"""CSV: as Python's csv reads it where it is well-formed, and never lost where it is not."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cells import Record, records
from shared.lines import Place, Window

MOST = 40


def blocks(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(
    content: bytes, size: int = 1000, place: Place | None = None, most: int = MOST
) -> list[Record]:
    place = place or Place()
    return list(records(Window(blocks(content[place.offset :], size), place), most))


def cells(content: bytes) -> list[tuple[int, list[bytes] | str]]:
    return [(one.place.line, one.cells or one.problem) for one in read(content)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a,b", [(1, [b"a", b"b"])]),
        (b"a,b\r\nc,\r\n", [(1, [b"a", b"b"]), (2, [b"c", b""])]),
        (b"\n,\n", [(1, [b""]), (2, [b"", b""])]),
        (b'"a,b","c ""d"" e"\r\n"",f', [(1, [b"a,b", b'c "d" e']), (2, [b"", b"f"])]),
        (b'"a\r\nb\n",c\nd', [(1, [b"a\r\nb\n", b"c"]), (4, [b"d"])]),
        (b'5" x,7"\r\nb', [(1, [b'5" x', b'7"']), (2, [b"b"])]),
        (b'"a"\r', [(1, [b"a"])]),
        (b'"a",', [(1, [b"a", b""])]),
        # What is not closed, or goes on behind its quote, is one bad line.
        (b'"a,b\nc,d\n', [(1, "quotes"), (2, [b"c", b"d"])]),
        (b'a,"b\nc,d', [(1, "quotes"), (2, [b"c", b"d"])]),
        (b'"a"b,c\n"d",e\n', [(1, "quotes"), (2, [b"d", b"e"])]),
        (b'"a\n"b"\nc', [(1, "quotes"), (2, [b"b"]), (3, [b"c"])]),
        (b'"a""\nb\n"c"', [(1, "quotes"), (2, [b"b"]), (3, [b"c"])]),
        # Longer than a record may be: the line, or all its lines.
        (b"x" * 40 + b"\ny", [(1, [b"x" * 40]), (2, [b"y"])]),
        (b"x" * 41 + b"\ny", [(1, "long"), (2, [b"y"])]),
        (b'"' + b"x" * 38 + b'"\ny', [(1, [b"x" * 38]), (2, [b"y"])]),
        (b'"' + b"x" * 39 + b'"\ny', [(1, "long"), (2, [b"y"])]),
        (
            b'"' + b"x" * 30 + b"\n" + b"y" * 30 + b'"\nz',
            [(1, "quotes"), (2, [b"y" * 30 + b'"']), (3, [b"z"])],
        ),
    ],
)
def test_records(content: bytes, expected: list[tuple[int, list[bytes] | str]]) -> None:
    assert cells(content) == expected


PIECES = st.sampled_from(
    ["a", "b ", ",", ",", '"', '"', '""', "\n", "\r\n", "\r", "狐", "x" * 15, " "]
)


@given(content=st.lists(PIECES, max_size=30).map("".join), size=st.integers(1, 50))
def test_block_size_and_beginning_change_nothing(content: str, size: int) -> None:
    raw = content.encode()
    whole = read(raw)
    assert read(raw, size) == whole
    for number, record in enumerate(whole):
        assert read(raw, size, record.place) == whole[number:]
        assert record.place.line == 1 + raw[: record.place.offset].count(b"\n")
    ends = [one.following.offset for one in whole]
    assert [one.place.offset for one in whole] == [0, *ends][: len(whole)]
    assert ends[-1:] == ([len(raw)] if raw else [])


CELLS = st.lists(st.sampled_from(["a", " ", ",", '"', "\n", "\r\n", ";", "狐"]), max_size=5)
TABLES = st.lists(st.lists(CELLS.map("".join), min_size=1, max_size=4), max_size=8)


@given(
    table=TABLES,
    end=st.sampled_from(["\n", "\r\n"]),
    quoted=st.booleans(),
    size=st.integers(1, 50),
)
def test_it_agrees_with_csv_on_what_csv_writes(
    table: list[list[str]], end: str, quoted: bool, size: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    )
    writer.writerows(table)
    content = text.getvalue()
    expected = list(csv.reader(io.StringIO(content, newline="")))
    found = [one.cells for one in read(content.encode(), size, most=1000)]
    assert [[cell.decode() for cell in row or ()] for row in found] == [
        row or [""] for row in expected
    ]


def test_a_line_of_5_mb_is_passed_over_block_by_block() -> None:
    held = []

    def watched() -> Iterator[bytes]:
        for _ in range(5000):
            held.append(len(window.data))
            yield b'",' * 500
        yield b"\nrest\n"

    window = Window(watched(), Place())
    found = [one.cells or one.problem for one in records(window, 64 * 1024)]
    assert found == ["long", [b"rest"]]
    assert max(held) <= 66_000


def test_quotes_that_nobody_closes_cost_no_more_than_what_is_held() -> None:
    """Each line alone is bad; none of them may cost a look at all that follow."""
    content = b'"""\n' * 2 + b'"a ""\n' * 20_000
    found = read(content, 64 * 1024, most=1000)
    assert found[-1].following.offset == len(content)
