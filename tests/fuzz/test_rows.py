"""Whatever a file of prompts holds: each of its bytes is in one row, and each row has an end."""

import json
from pathlib import Path

from fuzz.budget import fuzzed, within
from fuzz.mutation import damaged, documents, mutated, nested, raw
from hypothesis import example, given
from hypothesis import strategies as st

from prepare_batch.rows import MAX_LINE_BYTES, Row, begin, rows
from shared.lines import Place, Window
from shared.request import InvalidRequest, normalised

SECRET = "SECRET-OF-A-PROMPT"
SAMPLES = Path(__file__).parents[2] / "events" / "batches"
JSONL = [(SAMPLES / name).read_bytes() for name in ("mixed.jsonl", "clean.jsonl")]
CSV = [
    (SAMPLES / "mixed.csv").read_bytes(),
    f'prompt,seed,metadata.a\r\n"{SECRET}\r\n""{SECRET}""",7,{SECRET}\r\n'.encode(),
    b"prompt\n" + b'"\n' * 300,
]
BODIES = [{"prompt": f"a fox {SECRET}", "seed": 7, "metadata": {"a": SECRET}}]
SPARKS = [
    *(b"\n", b"\r\n", b"\r", b"\n\n", b'"', b'""', b'"\n', b'",', b",", b",,", b";", b"\t"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\xbd", b"\\ud83d", b"NaN", b"1e999", b"9" * 400),
    *(b"x" * MAX_LINE_BYTES, b'"' * 999, b"\x00", b"null"),
]
LINES = st.lists(mutated(BODIES).map(raw) | documents().map(raw), max_size=6).map(b"\n".join)
SIZES = st.sampled_from([997, 65_536, 10**7])


def read(content: bytes, with_header: bool, size: int) -> list[Row]:
    """All rows of a file that comes in blocks of this size; none if it is refused as a whole."""
    starts = range(0, len(content), size)
    window = Window((content[start : start + size] for start in starts), Place())
    try:
        columns = begin(window, with_header)
    except InvalidRequest as invalid:
        check_problem(invalid)
        return []
    first, found = window.place, list(rows(window, columns))
    place = first
    for row in found:
        assert row.line == place.line
        assert row.following.offset > place.offset
        assert row.following.line - place.line == content.count(
            b"\n", place.offset, row.following.offset
        )
        place = row.following
    assert place.offset == len(content) or not content
    return found


def check_problem(invalid: InvalidRequest) -> None:
    assert invalid.rule
    assert len(invalid.message) <= 300
    # A field's name may come from the caller; what stands in it never does.
    assert SECRET not in invalid.message.replace(invalid.field, "")


def check(content: bytes, with_header: bool, size: int) -> None:
    with within(2):
        found = read(content, with_header, size)
    for row in found:
        if isinstance(row.found, InvalidRequest):
            check_problem(row.found)
        elif row.found is not None:
            normalised(row.found)
            written = json.dumps(row.found, ensure_ascii=False, allow_nan=False).encode()
            assert len(written) < 8 * MAX_LINE_BYTES
            assert b"\n" not in written
    assert [row.following for row in read(content, with_header, 10**8)] == [
        row.following for row in found
    ]


@fuzzed(80)
@given(content=damaged(JSONL, SPARKS) | LINES | st.binary(max_size=60), size=SIZES)
@example(content=nested(30_000).encode() + b"\n" + raw(BODIES[0]), size=997)
@example(content=b"\n" * 50_000, size=997)
def test_any_jsonl(content: bytes, size: int) -> None:
    check(content, False, size)


@fuzzed(80)
@given(content=damaged(CSV, SPARKS) | st.binary(max_size=60).map(b"prompt\n".__add__), size=SIZES)
@example(content=b"prompt\n" + b'"a ""\n' * 3000, size=997)
@example(content=b"prompt\n" + b'"' * 200_001, size=997)
@example(content=b"prompt," + b"metadata.a," * 9000, size=997)
@example(content=b"prompt\n" + b"," * 60_000, size=997)
def test_any_csv(content: bytes, size: int) -> None:
    check(content, True, size)
