"""Lines: the same at any block size and from any of their beginnings, and of bounded length."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.lines import Line, Place, Window, lines

MOST = 8
TEXTS = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"", b"a", "ä狐".encode(), b"12345678", b"x" * 30]),
    max_size=20,
).map(b"".join)


def blocks(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(content: bytes, size: int = 1000, place: Place | None = None) -> list[Line]:
    place = place or Place()
    return list(lines(Window(blocks(content[place.offset :], size), place), MOST))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [(1, b"a")]),
        (b"a\n", [(1, b"a")]),
        (b"a\r\n\r\nb\r", [(1, b"a"), (2, b""), (3, b"b")]),
        (b"\n\n", [(1, b""), (2, b"")]),
        (b"a\rb\n", [(1, b"a\rb")]),
        (b"12345678\r\n9", [(1, b"12345678"), (2, b"9")]),
        (b"123456789\n9", [(1, None), (2, b"9")]),
        (b"123456789\r\n9", [(1, None), (2, b"9")]),
        (b"1234567890123", [(1, None)]),
        (b"123456789", [(1, None)]),
    ],
)
def test_lines_end_with_lf_or_crlf_or_the_stream(
    content: bytes, expected: list[tuple[int, bytes | None]]
) -> None:
    for size in (1, 2, 3, 1000):
        assert [(line.place.line, line.content) for line in read(content, size)] == expected


@given(content=TEXTS, size=st.integers(1, 20))
def test_block_size_and_beginning_change_nothing(content: bytes, size: int) -> None:
    whole = read(content)
    assert read(content, size) == whole
    for number, line in enumerate(whole):
        assert read(content, size, line.place) == whole[number:]
        assert line.following == (
            whole[number + 1].place
            if number + 1 < len(whole)
            else Place(len(content), 1 + content.count(b"\n"))
        )
    kept = [line.content for line in whole]
    expected = [one.removesuffix(b"\r") for one in content.split(b"\n")]
    if not content or content.endswith(b"\n"):
        expected.pop()
    assert kept == [one if len(one) <= MOST else None for one in expected]


def test_a_long_line_is_passed_over_block_by_block() -> None:
    held = []

    def watched() -> Iterator[bytes]:
        for _ in range(1000):
            held.append(len(window.data))
            yield b"x" * 100
        yield b"\nrest\n"

    window = Window(watched(), Place())
    found = list(lines(window, MOST))
    assert [line.content for line in found] == [None, b"rest"]
    assert max(held) <= 100
