"""A CSV of labelled texts: what is refused, by line; and the copy of what is not."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prepare_training.check as module
from prepare_training.check import Checked, check_test, check_training

SECRET = "SECRET-OF-A-TEXT"
UNSAFE = frozenset({"unsafe"})


def blocks(content: bytes, size: int = 1000) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def rows(number: int = 50, labels: tuple[str, ...] = ("safe", "unsafe"), tag: str = "t") -> bytes:
    return "".join(
        f"{label},{tag}{n} {label}\n" for n in range(number) for label in labels
    ).encode()


def trained(content: bytes, clean: BinaryIO | None = None) -> Checked:
    return check_training(blocks(content), UNSAFE, clean or io.BytesIO())


def problems(checked: Checked) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.rule) for problem in checked.problems]


def parsed(clean: io.BytesIO) -> list[list[str]]:
    text = io.StringIO(clean.getvalue().decode(), newline="")
    return list(csv.reader(text, strict=True))


def test_a_sound_file() -> None:
    clean = io.BytesIO()
    checked = trained(rows() + b'safe,"t0 safe"\r\nsafe, t0\t safe \n\nother,a\n', clean)
    # One text of a label is too few; everything else is sound.
    assert problems(checked) == [(None, "least_texts")]
    assert (checked.rows, checked.duplicates) == (103, 2)
    assert checked.texts == {"other": 1, "safe": 50, "unsafe": 50}
    assert clean.getvalue().startswith(b'safe,"t0 safe"\nunsafe,"t0 unsafe"\n')
    assert len(parsed(clean)) == 101


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_no_part_of_a_label(mark: bytes) -> None:
    clean = io.BytesIO()
    checked = trained(mark + rows(), clean)
    assert not checked.problems
    assert parsed(clean)[0] == ["safe", "t0 safe"]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (b"unsafe", "columns"),
        (b"unsafe,a,b", "columns"),
        (b"unsafe;a", "columns"),
        (b",a", "label"),
        (b"  ,a", "label"),
        (b'"un,safe",a', "label"),
        (b'un"safe,a', "label"),
        (b"x" * 65 + b",a", "label"),
        (b"unsafe,", "text"),
        (b'unsafe," \x01\n\t "', "text"),
        (b"unsafe,\xff", "utf-8"),
        (b"\xff,a", "utf-8"),
        (b'unsafe,"a', "quotes"),
        (b'unsafe,"a"b', "quotes"),
        (b'unsafe, "a"', "quotes"),
        (b"unsafe," + b"x" * 10_241, "max_text_bytes"),
        (b"unsafe," + b"x" * 66_000, "max_row_bytes"),
        (b"unsafe,t3  safe", "two_labels"),
    ],
)
def test_a_bad_row_is_told_by_its_line(row: bytes, rule: str) -> None:
    checked = trained(rows() + row + b"\n" + rows(1, tag="u"))
    assert problems(checked) == [(101, rule)]
    assert checked.texts == {"safe": 51, "unsafe": 51}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (b"unsafe," + b"x" * 10_240, "x" * 10_240),
        (b'unsafe,"a ""b"" c, d\ne"', 'a "b" c, d e'),
        (b'unsafe,5" nails', '5" nails'),
        (b"unsafe, a\r\n", "a"),
        ("unsafe,Übermaß 狐".encode(), "Übermaß 狐"),
    ],
)
def test_what_only_looks_odd_is_sound(row: bytes, text: str) -> None:
    clean = io.BytesIO()
    assert not trained(rows() + row, clean).problems
    assert parsed(clean)[-1] == ["unsafe", text]


@pytest.mark.parametrize("header", [b"label,text", b"Text,Label", b'"class"," Prompt"'])
def test_a_header_is_refused_in_the_first_row_only(header: bytes) -> None:
    assert problems(trained(b"\n" + header + b"\n" + rows())) == [(2, "header")]
    assert all(line is None for line, _ in problems(trained(rows() + header)))


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (b"", ["not_empty"]),
        (b"\n\r\n", ["not_empty"]),
        ("safe,a\n".encode("utf-16"), ["utf-8"]),
        (rows(labels=("unsafe",)), ["least_labels"]),
        (rows(labels=("safe", "odd")), ["policy_labels"]),
        (rows(49), ["least_texts"]),
        (rows() + b"".join(b"l%d,a%d\n" % (n, n) for n in range(99)), ["max_labels"]),
    ],
)
def test_what_is_wrong_with_a_whole_file(content: bytes, rules: list[str]) -> None:
    assert problems(trained(content)) == [(None, rule) for rule in rules]


def test_a_file_without_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    checked = check_training(endless(), UNSAFE, io.BytesIO())
    assert problems(checked) == [(None, "max_bytes")]
    monkeypatch.setattr(module, "MOST_ROWS", 60)
    assert problems(trained(rows(50))) == [(None, "max_rows")]
    monkeypatch.setattr(module, "MOST_BAD_ROWS", 30)
    checked = trained(b"unsafe\n" * 31 + rows())
    assert problems(checked)[0] == (None, "max_bad_rows")
    assert (checked.rows, checked.found) == (31, 32)


def test_only_labels_of_the_policy_are_named() -> None:
    checked = trained(rows(3, ("unsafe", SECRET)))
    (problem,) = checked.problems
    assert problem.message.endswith("there are 3 of unsafe, 3 of the label of line 2")
    many = trained(rows(1, tuple(f"l{number}" for number in range(30))))
    assert "and 20 more" in many.problems[0].message + many.problems[1].message


def test_twenty_problems_are_told_and_the_rest_is_counted() -> None:
    checked = trained(b"unsafe\n" * 30)
    assert (len(checked.problems), checked.found) == (20, 32)
    # What is wrong with all of it comes first.
    assert [line for line, _ in problems(checked)][:4] == [None, None, 1, 2]
    assert {problem.field for problem in checked.problems} == {"key"}


def test_a_test_file_is_measured_on_and_not_learned() -> None:
    training = trained(rows())
    clean = io.BytesIO()
    sound = check_test(blocks(rows(10, tag="u") + rows(10, tag="u")), training, clean)
    assert not sound.problems
    assert (sound.duplicates, len(parsed(clean))) == (20, 20)

    content = rows(9, tag="u") + b"unsafe,t3  unsafe\nodd,a\nsafe,u1 unsafe\n"
    checked = check_test(blocks(content), training, io.BytesIO())
    assert problems(checked) == [
        (None, "least_texts"),
        (19, "leak"),
        (20, "unknown_label"),
        (21, "two_labels"),
    ]
    assert {problem.field for problem in checked.problems} == {"test_key"}
    assert "in line 8 of the training file" in checked.problems[1].message


TEXTS = st.lists(
    st.sampled_from(["a", "b", " ", ",", '"', "\n", "\r\n", "\t", "狐", "e\u0301", "\x00", "'"]),
    max_size=8,
).map("".join)
TABLE = st.lists(
    st.tuples(st.sampled_from(["safe", "unsafe", " unsafe", "x y"]), TEXTS), max_size=20
)


@given(
    table=TABLE,
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    size=st.integers(1, 60),
)
def test_the_copy_of_a_sound_file_has_its_rows_once(
    table: list[tuple[str, str]], end: str, quoting: int, size: int
) -> None:
    """With the bounds on numbers left out, which would want hundreds of rows."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    clean = io.BytesIO()
    checked = check_training(blocks(text.getvalue().encode(), size), UNSAFE, clean)
    if any(problem.line is not None for problem in checked.problems):
        return
    expected = list(dict.fromkeys((plain(label), plain(text)) for label, text in table))
    assert [tuple(row) for row in parsed(clean)] == expected
    assert checked.rows == len(expected) + checked.duplicates
    assert sum(checked.texts.values()) == len(expected)
    again = io.BytesIO()
    check_training(blocks(clean.getvalue()), UNSAFE, again)
    assert again.getvalue() == clean.getvalue()


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text.replace("\x00", "")).split())


@settings(max_examples=200)
@given(content=st.binary(max_size=200), size=st.integers(1, 50))
def test_nothing_in_a_file_is_more_than_a_problem(content: bytes, size: int) -> None:
    clean = io.BytesIO()
    checked = check_training(blocks(content, size), UNSAFE, clean)
    assert checked.problems
    whole = io.BytesIO()
    assert check_training([content], UNSAFE, whole).problems == checked.problems
    assert clean.getvalue() == whole.getvalue()
    check_test(blocks(content, size), checked, io.BytesIO())
