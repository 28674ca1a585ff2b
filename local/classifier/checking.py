"""What PrepareTraining will say of training files, before they are sent."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import local.policy  # noqa: F401 - makes the functions' modules importable
from prepare_training.check import Checked, Problem, check_test, check_training

_BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class CheckedFiles:
    """Both files, as the function reads them; `test` is None where there is none."""

    training: Checked
    test: Checked | None

    @property
    def problems(self) -> list[Problem]:
        """Of both, 20 each at most."""
        return [*self.training.problems, *(self.test.problems if self.test else ())]

    @property
    def unlisted(self) -> int:
        """How many more there are."""
        both = [self.training, *([self.test] if self.test else ())]
        return sum(checked.found - len(checked.problems) for checked in both)


def check_files(training: Path, test: Path | None, policy_labels: Collection[str]) -> CheckedFiles:
    """By the function's own rules. Raises OSError."""
    learned = check_training(_blocks(training), policy_labels, io.BytesIO())
    return CheckedFiles(learned, check_test(_blocks(test), learned, io.BytesIO()) if test else None)


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while block := content.read(_BLOCK_BYTES):
            yield block
