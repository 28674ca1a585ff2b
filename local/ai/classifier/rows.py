"""The texts that a model learns from: a CSV in Comprehend's format, and prompts in JSON lines."""

import csv
import hashlib
import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from local.ai.classifier.features import features

UNSAFE_NAMES = ("unsafe", "toxic", "UNSAFE_PROMPT")
# Custom classification, "Preparing classifier training data": 10 texts for each class.
LEAST_OF_A_LABEL = 10
KINDS = {
    "sexual": ("SEXUAL",),
    "violence": ("VIOLENCE_OR_THREAT",),
    "self-harm": ("VIOLENCE_OR_THREAT",),
    "shocking": ("GRAPHIC",),
    "hate": ("HATE_SPEECH",),
    "harassment": ("HARASSMENT_OR_ABUSE",),
}


class DataError(Exception):
    """The training data cannot be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True)
class Row:
    """One text. `labels` names its kinds of toxicity where they are known; `subset` only sorts
    the figures."""

    text: str
    unsafe: bool
    source: str
    labels: tuple[str, ...] = ()
    subset: str = ""


def read_csv(path: Path, unsafe_label: str | None = None) -> list[Row]:
    """The rows of a two-column CSV without a header: label, text. Raises DataError.

    One text must not stand under both labels; a text that is repeated counts once.
    """
    lines = list(_lines_of(path))
    counts = Counter(label for _, label, _ in lines)
    unsafe = _unsafe_label(path, counts, unsafe_label)
    seen: dict[str, str] = {}
    for number, label, text in lines:
        if seen.setdefault(text, label) != label:
            raise DataError(f"{path}:{number}: the same text stands under both labels")
    return [Row(text, label == unsafe, path.stem) for text, label in seen.items()]


def read_prompts(path: Path) -> list[Row]:
    """The rows of JSON lines: {prompt, label: safe | unsafe, source, category?, subset?}.

    Categories that KINDS does not name teach safe from unsafe only. Raises DataError.
    """
    rows = []
    for number, line in enumerate(_text_of(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            prompt, source = fields["prompt"], fields["source"]
            unsafe = {"safe": False, "unsafe": True}[fields["label"]]
            kinds = KINDS.get(str(fields.get("category")), ())
        except (ValueError, KeyError, TypeError, RecursionError) as wrong:
            raise DataError(
                f"{path}:{number}: not an object of prompt, source and label safe or unsafe"
            ) from wrong
        subset = str(fields.get("subset", ""))
        rows.append(Row(str(prompt), unsafe, str(source), kinds if unsafe else (), subset))
    return rows


def sha256_of(path: Path) -> str:
    """Of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as missing:
        raise DataError(f"{path}: {missing.strerror}") from missing
    except UnicodeDecodeError as wrong:
        raise DataError(f"{path}: not UTF-8 at byte {wrong.start}") from wrong


def labelled_lines(content: str, name: str) -> list[tuple[int, str, str]]:
    """[(line, label, text)] of a two-column CSV; DataError, which calls the file by the name."""
    found = []
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        for fields in reader:
            if len(fields) != 2:
                raise DataError(
                    f"{name}:{reader.line_num}: {len(fields)} columns, not two: label, text"
                )
            label, text = fields[0].strip(), fields[1].strip()
            if not label or not text:
                raise DataError(f"{name}:{reader.line_num}: the label or the text is empty")
            found.append((reader.line_num, label, text))
    except csv.Error as wrong:
        raise DataError(f"{name}:{reader.line_num}: {wrong}") from wrong
    return found


def _lines_of(path: Path) -> list[tuple[int, str, str]]:
    """[(line, label, text)], each text with words that the model knows how to read."""
    found = labelled_lines(_text_of(path), str(path))
    for number, _, text in found:
        if not features(text):
            raise DataError(f"{path}:{number}: the label or the text is empty")
    return found


def _unsafe_label(path: Path, counts: Counter[str], wanted: str | None) -> str:
    if len(counts) != 2:
        shown = ", ".join(sorted(counts)[:5]) or "none"
        raise DataError(f"{path}: needs two labels, has {len(counts)}: {shown}; is there a header?")
    for label, count in counts.items():
        if count < LEAST_OF_A_LABEL:
            raise DataError(
                f"{path}: {count} rows of the label {label}; at least {LEAST_OF_A_LABEL} are needed"
            )
    names = [wanted] if wanted else UNSAFE_NAMES
    for name in names:
        if name in counts:
            return name
    raise DataError(
        f"{path}: which label is the unsafe one? It has {' and '.join(sorted(counts))}; "
        "name it with --unsafe-label"
    )
