"""Rows: what is a request, what is a bad line, and that nothing depends on how the file is cut."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepare_batch.chunks import chunks
from prepare_batch.rows import MAX_LINE_BYTES, Row, begin, is_csv, rows
from shared.lines import Place, Window
from shared.request import InvalidRequest

GOOD = b'{"prompt": "a fox"}'
Found = dict[str, Any] | tuple[str, str] | None


def blocks(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(content: bytes, is_csv: bool = False, size: int = 1000) -> list[Row]:
    window = Window(blocks(content, size), Place())
    return list(rows(window, begin(window, is_csv)))


def plain(row: Row) -> Found:
    if isinstance(row.found, InvalidRequest):
        return row.found.field, row.found.rule
    return row.found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (GOOD, {"prompt": "a fox"}),
        (b" \t\xc2\xa0", None),
        (b'{"prompt": "a", "prompt": "b"}', {"prompt": "b"}),
        (b"null", ("request", "type")),
        (b"[]", ("request", "type")),
        (b'"a fox"', ("request", "type")),
        (b"7", ("request", "type")),
        (b"{}", ("prompt", "required")),
        (b"a fox", ("line", "json")),
        (GOOD + b" " + GOOD, ("line", "json")),
        (b'{"prompt": "a", "seed": NaN}', ("line", "json")),
        (b'{"prompt": "a", "seed": -Infinity}', ("line", "json")),
        (b'{"prompt": "a", "guidance_scale": 1e999}', ("guidance_scale", "number")),
        (b'{"prompt": "a", "seed": 1' + b"0" * 30 + b"}", ("seed", "maximum")),
        (b'{"prompt": "a", "seed": 1' + b"0" * 5000 + b"}", ("line", "json")),
        (b'{"prompt": "a", "metadata": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", ("line", "json")),
        (b"[" * 60_000, ("line", "json")),
        (b'{"prompt": "\\ud83d"}', ("prompt", "unicode")),
        (b'{"prompt": "\xed\xa0\xbd"}', ("line", "utf-8")),
        (b'{"prompt": "\xe4"}', ("line", "utf-8")),
        (b'{"prompt": 7}', ("prompt", "type")),
        (b'{"prompt": ["a"]}', ("prompt", "type")),
        (b'{"prompt": "a", "num_images": "2"}', ("num_images", "type")),
        (b'{"prompt": "a", "promt": "b"}', ("promt", "unknown_field")),
        (b'{"prompt": "' + b"a" * 2001 + b'"}', ("prompt", "maxLength")),
        (b'{"prompt": "a"}' + b" " * MAX_LINE_BYTES, ("line", "max_bytes")),
        (b"x" * 5_000_000, ("line", "max_bytes")),
    ],
    ids=range(27),
)
def test_a_line_of_jsonl_is_a_request_or_bad_and_alone(line: bytes, expected: Found) -> None:
    for end in (b"\n", b"\r\n"):
        found = read(GOOD + end + line + end + GOOD)
        assert [plain(row) for row in found] == [{"prompt": "a fox"}, expected, {"prompt": "a fox"}]
        assert [row.line for row in found] == [1, 2, 3]
    assert plain(read(line)[0]) == expected, "the last line needs no end"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a fox,7,,de,x", {"prompt": "a fox", "seed": 7, "language": "de", "metadata": {"k": "x"}}),
        ('"a fox, and snow",7.0,,,', {"prompt": "a fox, and snow", "seed": 7.0}),
        ('"a\r\nfox",,2e0,,', {"prompt": "a\r\nfox", "guidance_scale": 2.0}),
        (" a fox , 7 ,,, x ", {"prompt": "a fox", "seed": 7, "metadata": {"k": "x"}}),
        ("a fox,,,,,,", {"prompt": "a fox"}),
        ("", None),
        (",,,,", None),
        (" ,, ,,", None),
        (",7,,,", ("prompt", "required")),
        ("a fox", ("line", "cells")),
        ("a fox,,,,,x", ("line", "cells")),
        ("a fox,seven,,,", ("seed", "type")),
        ("a fox,0x7,,,", ("seed", "type")),
        ("a fox,7_000,,,", ("seed", "type")),
        ("a fox,٧,,,", ("seed", "type")),
        ("a fox,NaN,,,", ("seed", "type")),
        ("a fox,7.5,,,", ("seed", "type")),
        ("a fox,-1,,,", ("seed", "minimum")),
        (f"a fox,{'9' * 5000},,,", ("seed", "number")),
        ("a fox,,1e999,,", ("guidance_scale", "number")),
        ("a fox,,,German,", ("language", "pattern")),
        (f"a fox,,,,{'x' * 257}", ("metadata.k", "maxLength")),
        ('"a fox,7,,,', ("line", "quotes")),
        ("x" * 70_000, ("line", "max_bytes")),
    ],
    ids=range(24),
)
def test_a_row_of_csv_is_a_request_or_bad_and_alone(row: str, expected: Found) -> None:
    header = b"\xef\xbb\xbfprompt,seed,guidance_scale, language ,metadata.k\r\n"
    found = read(header + row.encode() + b"\r\na hound,,,,\r\n", is_csv=True)
    assert [plain(one) for one in found] == [expected, {"prompt": "a hound"}]
    assert found[0].line == 2
    if expected != ("line", "quotes"):
        assert plain(read(header + (row or "\n").encode(), is_csv=True)[0]) == expected


def test_invalid_utf8_in_a_cell_is_that_row_alone() -> None:
    found = read(b"prompt\n\xff\n\xe7\x8b\x90\n", is_csv=True)
    assert [plain(row) for row in found] == [("line", "utf-8"), {"prompt": "狐"}]


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        (b"prompt,prompt", "duplicate_column"),
        (b"prompt,metadata", "unknown_column"),
        (b"prompt,metadata.", "unknown_column"),
        (b"prompt,metadata." + b"x" * 65, "unknown_column"),
        (b"Prompt", "unknown_column"),
        (b"prompt,,seed", "unknown_column"),
        (b"seed", "required"),
        (b"prompt;seed", "separator"),
        (b"prompt\tseed", "separator"),
        (b"prompt\rseed", "line_ends"),
        (b'"prompt', "quotes"),
        (b"x" * 70_000, "max_bytes"),
        (b"prompt,\xff", "utf-8"),
    ],
)
def test_a_header_that_is_wrong_refuses_the_file(header: bytes, rule: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(header + b"\na fox\n", is_csv=True)
    assert (raised.value.field, raised.value.rule) == ("file", rule)


@pytest.mark.parametrize("header", [b"prompt,seed,,", b"\n\nprompt,seed", b" prompt , seed "])
def test_a_header_may_be_written_in_more_than_one_way(header: bytes) -> None:
    found = read(header + b"\na fox,7\n", is_csv=True)
    assert [plain(row) for row in found] == [{"prompt": "a fox", "seed": 7}]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("batches/a.jsonl", False),
        ("batches/a.b/c.JSONL", False),
        ("batches/a.csv", True),
        ("a.CSV", True),
    ],
)
def test_the_suffix_says_what_it_is(key: str, expected: bool) -> None:
    assert is_csv(key) is expected


LINES = st.sampled_from(
    [
        GOOD,
        '{"prompt": "ein Füchslein 狐 🦊"}'.encode(),
        b"",
        b"a fox",
        b'{"prompt": "\xff"}',
        b'"a ""fox"", red",7',
        b'"two\nlines",',
        b'"open,1',
        "狐,".encode(),
        b",,",
        b"x" * (MAX_LINE_BYTES + 1),
    ]
)
FILES = st.tuples(
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r\n"])), max_size=12),
    LINES,
).map(lambda parts: parts[0] + b"".join(a + b for a, b in parts[1]) + parts[2])


@given(
    content=FILES,
    with_header=st.booleans(),
    size=st.sampled_from([1, 2, 3, 7, 64, 1000, 100_000]),
    most=st.integers(1, 5),
)
def test_a_file_is_the_same_rows_however_it_is_cut(
    content: bytes, with_header: bool, size: int, most: int
) -> None:
    if with_header:
        content = b"prompt,seed\n" + content.removeprefix(b"\xef\xbb\xbf")
    if size < 64 and len(content) > 5000:
        size = 997
    whole = told(read(content + b" ", with_header)) if content else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prepare_batch.chunks._MAX_ROWS", most)
        assert told(by_chunks(content + b" ", with_header, size)) == whole
    places = [row[1] for row in whole]
    assert places == sorted(places, key=lambda place: place.offset)
    if whole:
        assert places[-1].offset == len(content) + 1


def told(found: list[Row]) -> list[tuple[int, Place, str]]:
    return [(row.line, row.following, json.dumps(plain(row))) for row in found]


def by_chunks(content: bytes, with_header: bool, size: int) -> list[Row]:
    """As calls do that have time for one chunk each, and go on where it ended."""
    seen: list[Row] = []
    window = Window(blocks(content, size), Place())
    columns = begin(window, with_header)
    place = window.place

    def watched() -> Iterator[Row]:
        for row in rows(window, columns):
            seen.append(row)
            yield row

    while (chunk := next(chunks(watched(), place), None)) is not None:
        place = chunk.following
        window = Window(blocks(content[place.offset :], size), place)
    return seen
