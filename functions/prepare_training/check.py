"""Whether Comprehend can learn from a CSV of labelled texts, and the copy of it that it is given.

Comprehend's own limits are in its developer guide, "Guidelines and quotas" and "Classifier training
file formats": UTF-8, two columns without a header, 50 texts a label, no spaces around the comma. It
is to learn what it will be asked: the copy holds texts as a prompt is normalised, each one once.

Of each text only a digest is kept. A million rows take about 140 MB, whatever they hold: 64 bytes
for a digest as an object, 32 for its line and label, 44 in the dict. A test file takes as much
again, for texts that stand in both files are looked for.
"""

import codecs
import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from shared.cells import Record, records
from shared.lines import Place, Window
from shared.request import normalised_text

LEAST_LABELS = 2
# Ours: Comprehend takes 1,000, but what is told of each goes into the job's record and its event.
MOST_LABELS = 100
MOST_LABEL_CHARACTERS = 64
LEAST_TEXTS = 50
# Ours: what was measured on fewer says little.
LEAST_TEST_TEXTS = 10
# As much as ClassifyDocument takes.
MOST_TEXT_BYTES = 10 * 1024
MOST_ROWS = 1_000_000
MOST_BYTES = 100 * 1024 * 1024
# Beyond them it is not a file with bad rows, but a bad file.
MOST_BAD_ROWS = 10_000
MOST_PROBLEMS = 20
# Before white space and doubled quotes are taken out.
_MOST_ROW_BYTES = 64 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LABEL_HEADERS = frozenset({"label", "labels", "class", "category", "target"})
_TEXT_HEADERS = frozenset({"text", "prompt", "document", "sentence", "content", "comment"})
_LABEL_BITS = MOST_LABELS.bit_length()
_LABEL_MASK = (1 << _LABEL_BITS) - 1


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, without a text of the file; `line` counts from 1, None is the whole file.

    `field` is key for the training file, test_key for the test file.
    """

    field: str
    line: int | None
    rule: str
    message: str


@dataclass
class Label:
    """One label of a file: its number, the line that it comes first in, its different texts."""

    number: int
    line: int
    texts: int = 0


@dataclass
class Checked:
    """A file that was read: it is sound if there are no `problems`.

    Of `found` problems `problems` has the first 20; those of the whole file come before those of
    its lines. `where` is the field of all. `digests` are of the texts, with line and label.
    """

    where: str
    policy_labels: frozenset[str]
    rows: int = 0
    duplicates: int = 0
    found: int = 0
    problems: list[Problem] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    digests: dict[bytes, int] = field(default_factory=dict, repr=False)

    @property
    def texts(self) -> dict[str, int]:
        """How many different texts each label has."""
        return {name: label.texts for name, label in sorted(self.labels.items())}

    def tell(self, line: int | None, rule: str, message: str) -> None:
        """One more problem."""
        self.found += 1
        problem = Problem(self.where, line, rule, message)
        if line is None:
            self.problems.insert(0, problem)
            del self.problems[MOST_PROBLEMS:]
        elif len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


class _BadFile(Exception):
    """Nothing more can be said of the file; the arguments are a rule and a message."""


class _BadRow(Exception):
    """The row cannot be learned from; the arguments are a rule and a message."""


def check_training(
    blocks: Iterable[bytes], policy_labels: Collection[str], clean: BinaryIO
) -> Checked:
    """The file to learn from, which must have every label that the policy asks the classifier for.

    Writes the copy of what is sound to `clean`: UTF-8, lines end with LF, texts are quoted.
    """
    checked = Checked("key", frozenset(policy_labels))
    if not _read(blocks, checked, None, clean):
        return checked
    missing = ", ".join(sorted(checked.policy_labels - checked.labels.keys()))
    if missing:
        checked.tell(None, "policy_labels", f"no text has the policy's label {missing}")
    if len(checked.labels) < LEAST_LABELS:
        checked.tell(None, "least_labels", f"there must be {LEAST_LABELS} different labels")
    _check_counts(checked, checked, LEAST_TEXTS)
    return checked


def check_test(blocks: Iterable[bytes], training: Checked, clean: BinaryIO) -> Checked:
    """The file to measure on: the same labels, and not one text that was learned.

    Writes its copy as `check_training` does.
    """
    checked = Checked("test_key", training.policy_labels)
    if _read(blocks, checked, training, clean):
        _check_counts(checked, training, LEAST_TEST_TEXTS)
    return checked


def _read(
    blocks: Iterable[bytes], checked: Checked, training: Checked | None, clean: BinaryIO
) -> bool:
    """Takes in all rows; False if it gave up before the last."""
    window = Window(_limited(blocks), Place())
    try:
        _begin(window)
        for record in records(window, _MOST_ROW_BYTES):
            if record.cells != [b""]:
                _read_row(record, checked, training, clean)
        if not checked.rows:
            raise _BadFile("not_empty", "the file has no rows")
    except _BadFile as bad:
        checked.tell(None, *bad.args)
        return False
    return True


def _read_row(record: Record, checked: Checked, training: Checked | None, clean: BinaryIO) -> None:
    if checked.rows == MOST_ROWS:
        raise _BadFile("max_rows", f"the file has more than {MOST_ROWS:,} rows")
    checked.rows += 1
    line = record.place.line
    try:
        name, text = _label_and_text(record, is_first=checked.rows == 1)
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        if training is not None:
            _check_unlearned(training, name, digest)
        if _is_new(checked, name, digest, line):
            quoted = text.replace('"', '""')
            clean.write(f'{name},"{quoted}"\n'.encode())
    except _BadRow as bad:
        checked.tell(line, *bad.args)
        if checked.found > MOST_BAD_ROWS:
            message = f"more than {MOST_BAD_ROWS:,} rows are bad: the rest was not read"
            raise _BadFile("max_bad_rows", message) from None


def _limited(blocks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > MOST_BYTES:
            raise _BadFile("max_bytes", f"the file has more than {MOST_BYTES:,} bytes")
        yield block


def _begin(window: Window) -> None:
    """Goes behind a byte order mark, which would become a part of the first label."""
    window.fill(len(codecs.BOM_UTF8))
    if window.data.startswith(_UTF16):
        raise _BadFile("utf-8", "the file is UTF-16: save it as UTF-8")
    if window.data.startswith(codecs.BOM_UTF8):
        window.take(len(codecs.BOM_UTF8), 0)


def _label_and_text(record: Record, is_first: bool) -> tuple[str, str]:
    """Both cells, normalised. Raises _BadRow."""
    try:
        name, text = (normalised_text(cell.decode()) for cell in _two_cells(record))
    except UnicodeDecodeError:
        raise _BadRow("utf-8", "the row is not UTF-8") from None
    if is_first and _are_headers(name.lower(), text.lower()):
        raise _BadRow("header", "the row names columns, and would be learned as a text")
    if not name or len(name) > MOST_LABEL_CHARACTERS or "," in name or '"' in name:
        raise _BadRow(
            "label", f"a label has 1 to {MOST_LABEL_CHARACTERS} characters, no comma and no quote"
        )
    if not text:
        raise _BadRow("text", "there is no text behind the label")
    if len(text.encode()) > MOST_TEXT_BYTES:
        raise _BadRow("max_text_bytes", f"the text has more than {MOST_TEXT_BYTES:,} bytes")
    return name, text


def _two_cells(record: Record) -> list[bytes]:
    if record.problem == "long":
        raise _BadRow("max_row_bytes", f"the row has more than {_MOST_ROW_BYTES:,} bytes")
    if record.cells is None:
        raise _BadRow(
            "quotes",
            "a quoted cell does not end with its quote (within one, a quote is written twice)",
        )
    if len(record.cells) != 2:
        raise _BadRow(
            "columns",
            "a row is a label, a comma and a text (which is quoted if it has commas of its own);"
            f" cells in this row: {len(record.cells)}",
        )
    if record.cells[1].startswith(b" ") and record.cells[1].lstrip().startswith(b'"'):
        raise _BadRow("quotes", "there is a space between the comma and the quote")
    return record.cells


def _are_headers(one: str, other: str) -> bool:
    return (one in _LABEL_HEADERS and other in _TEXT_HEADERS) or (
        one in _TEXT_HEADERS and other in _LABEL_HEADERS
    )


def _is_new(checked: Checked, name: str, digest: bytes, line: int) -> bool:
    """False for a text that has this label already. Raises _BadRow if it has another."""
    if name not in checked.labels:
        if len(checked.labels) == MOST_LABELS:
            raise _BadFile(
                "max_labels",
                f"the file has more than {MOST_LABELS} labels: is the label the first column?",
            )
        checked.labels[name] = Label(len(checked.labels), line)
    label = checked.labels[name]
    known = checked.digests.get(digest)
    if known is None:
        checked.digests[digest] = line << _LABEL_BITS | label.number
        label.texts += 1
        return True
    if known & _LABEL_MASK != label.number:
        first = known >> _LABEL_BITS
        raise _BadRow("two_labels", f"the text stands in line {first} under another label")
    checked.duplicates += 1
    return False


def _check_unlearned(training: Checked, name: str, digest: bytes) -> None:
    """Raises _BadRow for a text of the training file, which flatters every metric."""
    known = training.digests.get(digest)
    if known is not None:
        line = known >> _LABEL_BITS
        raise _BadRow("leak", f"the text stands in line {line} of the training file")
    if name not in training.labels:
        raise _BadRow("unknown_label", "no text of the training file has this label")


def _check_counts(checked: Checked, training: Checked, least: int) -> None:
    few = []
    for name, label in training.labels.items():
        number = checked.labels[name].texts if name in checked.labels else 0
        if number < least:
            # What the policy does not name may be a text: columns can be exchanged.
            known = name in training.policy_labels
            few.append(f"{number} of {name if known else f'the label of line {label.line}'}")
    if few:
        many = f" and {len(few) - 10} more" if len(few) > 10 else ""
        told = ", ".join(few[:10]) + many
        message = f"of each label there must be {least} different texts, and there are {told}"
        checked.tell(None, "least_texts", message)
