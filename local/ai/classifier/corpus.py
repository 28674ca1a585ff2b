"""The rows that are trained on, with their features, and the heads that are trained on them.

No source counts for more than CAP texts of a class, small ones for more than they are, and safe
for as much as unsafe: ten thousand posts must not drown a few hundred prompts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from local.ai.classifier.fitting import Flags, Floats, Loss, Matrix, fit
from local.ai.classifier.model import Head
from local.ai.classifier.rows import Row
from local.ai.classifier.templates import written

TEMPLATES = 16_000
CAP = 200
PENALTY = 1e-4
STEPS = 40


@dataclass(frozen=True)
class Weighted:
    """What a head weighs, and the bias behind it: Platt's scaling changes both."""

    weights: Floats
    bias: float

    @classmethod
    def of(cls, fitted: Floats) -> "Weighted":
        return cls(fitted[:-1], float(fitted[-1]))

    def log_odds(self, matrix: Matrix) -> Floats:
        return matrix.times(self.weights) + self.bias

    def scaled(self, slope: float, offset: float) -> "Weighted":
        return Weighted(self.weights * slope, self.bias * slope + offset)

    def quantised(self) -> Head:
        """In signed bytes."""
        scale = float(np.abs(self.weights).max()) / 127 or 1.0
        rounded = np.rint(self.weights / scale).astype(np.int8)
        return Head(memoryview(rounded.tobytes()).cast("b"), scale, round(self.bias, 6))


class Corpus:
    """Rows with their features: those given, then those of the templates."""

    def __init__(self, given: Sequence[Row]) -> None:
        self.rows = [*given, *written(TEMPLATES)]
        self.matrix = Matrix.of(row.text for row in self.rows)
        self.unsafe: Flags = np.array([row.unsafe for row in self.rows])
        self.origins = np.array([origin(row) for row in self.rows])

    def unsafe_head(self, left_out: Flags | None = None) -> Weighted:
        """Trained on all rows but those left out."""
        at = np.arange(len(self.rows)) if left_out is None else np.flatnonzero(~left_out)
        return self._fitted(at, self.unsafe[at])

    def label_head(self, label: str) -> Weighted:
        """Trained to tell this kind of unsafe text from the others, where the kind is known."""
        at = np.array([n for n, row in enumerate(self.rows) if row.labels])
        return self._fitted(at, np.array([label in self.rows[n].labels for n in at]))

    def _fitted(self, at: npt.NDArray[np.int64], wanted: Flags) -> Weighted:
        importance = _evened(self.origins[at], wanted)
        for side in (wanted, ~wanted):
            importance[side] /= importance[side].sum()
        return Weighted.of(fit(Loss(self.matrix.rows(at), wanted, importance, PENALTY), STEPS))


def origin(row: Row) -> str:
    """The source; of one that another was made from (`captions+styles`), that other."""
    return row.source.partition("+")[0]


def _evened(origins: npt.NDArray[np.str_], wanted: Flags) -> Floats:
    """What each row counts: a source as the geometric mean of its texts of a class and CAP, and as
    CAP at most."""
    groups = Counter(zip(origins, wanted, strict=True))
    each = {group: min((CAP * count) ** 0.5, CAP) / count for group, count in groups.items()}
    return np.array([each[group] for group in zip(origins, wanted, strict=True)])
