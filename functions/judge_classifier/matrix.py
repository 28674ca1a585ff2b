"""The confusion matrix in output.tar.gz, the archive that a training of Comprehend leaves.

Developer guide, "Classifier training output": confusion_matrix.json holds `labels`, and a row of
`confusion_matrix` for each of them: how often a text of this label was given each label, in their
order. Held-out texts are counted, those of the test file if there was one.
"""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NAME = "confusion_matrix.json"
# A thousand labels, which are the most, have a matrix of 4 MB.
MOST_BYTES = 16 * 1024 * 1024
_BLOCK = 512
_GZIP = 16 + zlib.MAX_WBITS
_SIZE = re.compile(rb" *([0-7]+)[ \0]*")
_REGULAR = (b"0", b"\0")


class UnreadableMatrix(Exception):
    """The archive holds no confusion matrix that can be read; the message says why."""


@dataclass(frozen=True)
class Matrix:
    """`counts[i][j]` texts of `labels[i]` were given `labels[j]`."""

    labels: list[str]
    counts: list[list[int]]

    def recalls(self) -> dict[str, float | None]:
        """How much of each label was found again, 0 to 1; None where nothing was asked of it."""
        return {
            label: row[number] / sum(row) if any(row) else None
            for number, (label, row) in enumerate(zip(self.labels, self.counts, strict=True))
        }


def read_matrix(archive: bytes) -> Matrix:
    """Raises UnreadableMatrix, whatever the bytes are."""
    for name, content in _files(_unpacked(archive)):
        if name.rpartition("/")[2] == NAME:
            return _matrix(content)
    raise UnreadableMatrix(f"the archive holds no {NAME}")


def _unpacked(archive: bytes) -> bytes:
    """The archive without its compression, never more of it than a matrix can have."""
    try:
        unpacked = zlib.decompressobj(_GZIP).decompress(archive, MOST_BYTES + 1)
    except zlib.error:
        raise UnreadableMatrix("the archive is not gzip") from None
    if len(unpacked) > MOST_BYTES:
        raise UnreadableMatrix(f"the archive holds more than {MOST_BYTES:,} bytes")
    return unpacked


def _files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each regular file.

    Not by tarfile: it follows headers that lead backwards, for ever before Python 3.13.6
    (CVE-2025-8194), and reads much that no archive of Comprehend has.
    """
    at = 0
    while any(header := archive[at : at + _BLOCK]):
        found = _SIZE.fullmatch(header, 124, 136)
        if not found:
            raise UnreadableMatrix("the archive is not tar")
        size, start = int(found[1], 8), at + _BLOCK
        if start + size > len(archive):
            raise UnreadableMatrix("the archive is cut off")
        if header[156:157] in _REGULAR:
            name = header[:100].partition(b"\0")[0].decode(errors="replace")
            yield name, archive[start : start + size]
        at = start + -(-size // _BLOCK) * _BLOCK


def _matrix(content: bytes) -> Matrix:
    try:
        told: Any = json.loads(content)
        labels, counts = told["labels"], told["confusion_matrix"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise UnreadableMatrix(f"{NAME} is not what is documented") from None
    if not _are_labels(labels) or not _are_counts(counts, len(labels)):
        raise UnreadableMatrix(f"{NAME} holds no labels with a row each")
    return Matrix(labels, counts)


def _are_labels(labels: object) -> bool:
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return False
    return 0 < len(labels) == len(set(labels))


def _are_counts(counts: object, size: int) -> bool:
    return _is_list(counts, size) and all(
        _is_list(row, size) and all(type(count) is int and count >= 0 for count in row)
        for row in counts  # type: ignore[attr-defined]
    )


def _is_list(value: object, size: int) -> bool:
    return isinstance(value, list) and len(value) == size
