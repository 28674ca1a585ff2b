"""The demo's training files, written from words of ours: broken, good, mislabelled, larger."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from pathlib import Path

from local.ai.classifier.templates import written

SAFE, UNSAFE = "safe", "unsafe"
GOOD_TEXTS, MORE_TEXTS = 6_000, 12_000
_SEED = 3
# One below what Comprehend learns a label from.
_TOO_FEW = 49
Pair = tuple[str, str]


def texts(count: int) -> list[Pair]:
    """(label, text), about as many of each label; `count` with repetitions, which are left out."""
    rows = {row.text: UNSAFE if row.unsafe else SAFE for row in written(count, _SEED)}
    return [(label, text) for text, label in rows.items()]


def broken() -> list[Pair]:
    """A header, a text under two labels, and too few texts of one label."""
    pairs = texts(1_000)
    safe = [pair for pair in pairs if pair[0] == SAFE]
    unsafe = [pair for pair in pairs if pair[0] == UNSAFE][:_TOO_FEW]
    return [("label", "text"), *safe, *unsafe, (UNSAFE, safe[0][1])]


def mislabelled() -> list[Pair]:
    """The texts of the good file, their labels drawn by lot."""
    chance = random.Random(_SEED)  # noqa: S311 - not for secrets
    return [(chance.choice((SAFE, UNSAFE)), text) for _, text in texts(GOOD_TEXTS)]


def write(file: Path, pairs: Iterable[Pair]) -> Path:
    """The file that Comprehend would take."""
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(pairs)
    return file
