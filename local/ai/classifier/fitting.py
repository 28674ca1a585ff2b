"""Logistic regression on hashed features, by L-BFGS: Nocedal and Wright, "Numerical Optimization",
algorithms 7.4 and 7.5. NumPy only; nothing is random, and no sum is left to BLAS, whose order of
adding depends on the machine and whose threads stand in each other's way."""

from array import array
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from local.ai.classifier.features import SIZE, features

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MEMORY = 8
ENOUGH = 1e-5  # of the loss: a step that gains less is the last
ARMIJO = 1e-4


def inner(one: Floats, other: Floats) -> float:
    """The sum of the products."""
    return float(np.sum(one * other))


class Matrix:
    """The features of texts, row by row (compressed sparse rows)."""

    def __init__(
        self,
        lengths: npt.NDArray[np.int64],
        columns: npt.NDArray[np.int32],
        values: npt.NDArray[np.float32],
    ) -> None:
        self.lengths, self.columns, self.values = lengths, columns, values
        self._ends = np.concatenate([[0], np.cumsum(lengths)])

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Matrix":
        lengths, columns, values = array("q"), array("i"), array("f")
        for text in texts:
            row = features(text)
            lengths.append(len(row))
            columns.extend(row)
            values.extend(row.values())
        return cls(
            np.frombuffer(lengths, np.int64),
            np.frombuffer(columns, np.int32),
            np.frombuffer(values, np.float32),
        )

    def rows(self, wanted: npt.NDArray[np.int64]) -> "Matrix":
        lengths = self.lengths[wanted]
        ends = np.cumsum(lengths)
        at = np.arange(ends[-1]) + np.repeat(self._ends[wanted] - ends + lengths, lengths)
        return Matrix(lengths, self.columns[at], self.values[at])

    def times(self, weights: Floats) -> Floats:
        """One sum for each row."""
        sums = np.cumsum(weights.astype(np.float32)[self.columns] * self.values, dtype=np.float64)
        return np.diff(np.concatenate([[0.0], sums])[self._ends])

    def transposed_times(self, rows: Floats) -> Floats:
        """One sum for each feature."""
        spread = np.repeat(rows.astype(np.float32), self.lengths) * self.values
        sums = np.bincount(self.columns, weights=spread, minlength=SIZE)
        return sums.astype(np.float64, copy=False)


class Loss:
    """The weighted mean of the logistic loss, with a penalty on the weights' squares."""

    def __init__(self, matrix: Matrix, wanted: Flags, importance: Floats, penalty: float) -> None:
        self._matrix, self._wanted, self._penalty = matrix, wanted, penalty
        self._importance = importance / importance.sum()

    def at(self, point: Floats) -> tuple[float, Floats]:
        """(loss, gradient) at weights with the bias behind them."""
        weights, bias = point[:-1], point[-1]
        odds = self._matrix.times(weights) + bias
        margins = np.where(self._wanted, odds, -odds)
        loss = inner(self._importance, np.logaddexp(0, -margins))
        loss += self._penalty / 2 * inner(weights, weights)
        slope = self._importance * (0.5 * (1 + np.tanh(odds / 2)) - self._wanted)
        gradient = self._matrix.transposed_times(slope) + self._penalty * weights
        return loss, np.append(gradient, slope.sum())


def fit(loss: Loss, most_steps: int) -> Floats:
    """The weights, and the bias behind them, at which the loss is least."""
    point = np.zeros(SIZE + 1)
    value, gradient = loss.at(point)
    steps: list[tuple[Floats, Floats]] = []
    for _ in range(most_steps):
        direction = -_curved(gradient, steps)
        length, least = 1.0, ARMIJO * inner(gradient, direction)
        while True:
            reached = point + length * direction
            new_value, new_gradient = loss.at(reached)
            if new_value <= value + length * least or length < ARMIJO:
                break
            length /= 2
        steps = [*steps[1 - MEMORY :], (reached - point, new_gradient - gradient)]
        gain = value - new_value
        point, value, gradient = reached, new_value, new_gradient
        if gain < ENOUGH * value:
            break
    return point


def _curved(gradient: Floats, steps: list[tuple[Floats, Floats]]) -> Floats:
    """The gradient times the inverse Hessian that the last steps let guess."""
    if not steps:
        return gradient / max(1.0, float(np.abs(gradient).sum()) / 10)
    result = gradient.copy()
    shares = []
    for moved, changed in reversed(steps):
        share = inner(moved, result) / inner(moved, changed)
        shares.append(share)
        result -= share * changed
    moved, changed = steps[-1]
    result *= inner(moved, changed) / inner(changed, changed)
    for (moved, changed), share in zip(steps, reversed(shares), strict=True):
        result += moved * (share - inner(changed, result) / inner(moved, changed))
    return result
