"""The rows of a batch's file, JSONL or CSV: each a request, a bad line, or blank."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from prepare_batch.columns import check_first_line, read_header, to_request
from shared.cells import Record, records
from shared.lines import Line, Place, Window, lines
from shared.request import InvalidRequest, normalised, parse_json

# As much as a prompt file of its own may have.
MAX_LINE_BYTES = 64 * 1024
_SUFFIX = re.compile(r"\.([a-z0-9]{1,8})$")
_NOT_UTF8 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Row:
    """A request as it was written, or what is wrong with it; None for a blank line."""

    line: int
    following: Place
    found: dict[str, Any] | InvalidRequest | None


def is_csv(key: str) -> bool:
    """Whether it is CSV, else it is JSONL. Raises InvalidRequest for any other suffix."""
    found = _SUFFIX.search(key.lower())
    suffix = found[1] if found else ""
    if suffix in {"json", "txt"}:
        message = f"a .{suffix} file holds one prompt: drop it under prompts/"
        raise InvalidRequest("file", "suffix", message)
    if suffix not in {"jsonl", "csv"}:
        raise InvalidRequest("file", "suffix", "a file of prompts must end in .jsonl or .csv")
    return suffix == "csv"


def begin(window: Window, with_header: bool) -> list[str]:
    """Goes to the first row; returns the columns' names, none in JSONL. Raises InvalidRequest."""
    if not window.fill(MAX_LINE_BYTES):
        raise InvalidRequest("file", "not_empty", "the file is empty")
    if window.data.startswith(_NOT_UTF8):
        raise InvalidRequest("file", "utf-8", "the file is UTF-16: save it as UTF-8")
    if window.data.startswith(codecs.BOM_UTF8):
        window.take(len(codecs.BOM_UTF8), 0)
    if not with_header:
        return []
    check_first_line(window.data[window.at :].partition(b"\n")[0])
    for record in records(window, MAX_LINE_BYTES):
        try:
            cells = _texts(record)
        except InvalidRequest as invalid:
            message = f"in the first line, {invalid.message}"
            raise InvalidRequest("file", invalid.rule, message) from None
        if any(cells):
            return read_header(cells)
    return []


def rows(window: Window, columns: list[str]) -> Iterator[Row]:
    """The rows that follow: of CSV if there are columns, else of JSONL."""
    if columns:
        for record in records(window, MAX_LINE_BYTES):
            yield _row(record, partial(_from_cells, columns, record))
    else:
        for line in lines(window, MAX_LINE_BYTES):
            yield _row(line, partial(_from_json, line))


def _row(at: Record | Line, read: Callable[[], Any]) -> Row:
    try:
        found = read()
        if found is not None:
            # What is handed on is what was written: AcceptRequest reads a row as it reads a file.
            normalised(found)
    except InvalidRequest as invalid:
        found = invalid
    return Row(at.place.line, at.following, found)


def _from_json(line: Line) -> object:
    """What the line says; None if it is blank. Raises InvalidRequest."""
    if line.content is None:
        raise _too_long()
    text = _text(line.content)
    if not text.strip():
        return None
    body = parse_json(text, "line")
    if body is None:
        raise InvalidRequest("request", "type", "the request must be a JSON object")
    return body


def _from_cells(columns: list[str], record: Record) -> object:
    return to_request(columns, _texts(record)) or None


def _texts(record: Record) -> list[str]:
    if record.cells is None:
        raise _too_long() if record.problem == "long" else _unclosed()
    return [_text(cell) for cell in record.cells]


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InvalidRequest("line", "utf-8", "the line is not UTF-8") from None


def _too_long() -> InvalidRequest:
    return InvalidRequest("line", "max_bytes", f"the line has more than {MAX_LINE_BYTES} bytes")


def _unclosed() -> InvalidRequest:
    return InvalidRequest(
        "line",
        "quotes",
        "a quoted cell does not end with its quote (within one, a quote is written twice)",
    )
