"""A model that tells the labels of some documents apart, trained on these documents alone.

It is the shipped classifier's kind of model (hashed features, logistic regression) with one head
for each label. The same documents give the same model on one machine.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from local.ai.classifier.corpus import PENALTY, STEPS, Weighted
from local.ai.classifier.features import features
from local.ai.classifier.fitting import Loss, Matrix, fit
from local.ai.classifier.model import Head, probability
from local.ai.wire import Json

HELD_BACK = 10  # one document in so many is tested with where no test documents are given


class Document(NamedTuple):
    """One row of a training file."""

    label: str
    text: str


@dataclass(frozen=True)
class Learned:
    """A head for each label."""

    heads: dict[str, Head]

    def scores(self, text: str) -> dict[str, float]:
        """For each label 0 to 1; together 1."""
        found = features(text)
        shares = {label: probability(head.log_odds(found)) for label, head in self.heads.items()}
        total = sum(shares.values()) or 1.0
        return {label: share / total for label, share in shares.items()}


def learn(documents: Sequence[Document]) -> Learned:
    """Each label counts for as much as all others together, however few documents it has."""
    matrix = Matrix.of(document.text for document in documents)
    given = np.array([document.label for document in documents])
    labels = sorted({document.label for document in documents})
    fitted = {label: _fitted(matrix, given == label) for label in labels[len(labels) == 2 :]}
    if len(labels) == 2:
        other = fitted[labels[1]]
        fitted = {labels[0]: Weighted(-other.weights, -other.bias), **fitted}
    return Learned({label: weighted.quantised() for label, weighted in fitted.items()})


def _fitted(matrix: Matrix, wanted: "np.typing.NDArray[np.bool_]") -> Weighted:
    importance = np.where(wanted, 0.5 / wanted.sum(), 0.5 / (~wanted).sum())
    return Weighted.of(fit(Loss(matrix, wanted, importance, PENALTY), STEPS))


def held_back(documents: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """(to train with, to test with): of each label a tenth, picked by the hashes of the texts."""
    by_label: dict[str, list[Document]] = {}
    for document in documents:
        by_label.setdefault(document.label, []).append(document)
    train: list[Document] = []
    test: list[Document] = []
    for group in by_label.values():
        group.sort(key=lambda document: zlib.crc32(document.text.encode()))
        count = -(-len(group) // HELD_BACK)
        test += group[:count]
        train += group[count:]
    return train, test


@dataclass(frozen=True)
class Evaluation:
    """How often a document of each label (row) was given each label (column)."""

    labels: tuple[str, ...]
    matrix: "np.typing.NDArray[np.int64]"

    def metrics(self) -> Json:
        """EvaluationMetrics: means over the labels, and over the documents (Micro…). Where each
        document has one label, the micro figures are the accuracy, and the Hamming loss its rest.
        """
        right = np.diag(self.matrix)
        recall = right / np.maximum(self.matrix.sum(axis=1), 1)
        precision = right / np.maximum(self.matrix.sum(axis=0), 1)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        accuracy = float(right.sum() / max(self.matrix.sum(), 1))
        return {
            "Accuracy": accuracy,
            "Precision": float(precision.mean()),
            "Recall": float(recall.mean()),
            "F1Score": float(f1.mean()),
            "MicroPrecision": accuracy,
            "MicroRecall": accuracy,
            "MicroF1Score": accuracy,
            "HammingLoss": 1 - accuracy,
        }

    def confusion(self) -> Json:
        """What confusion_matrix.json holds (Developer Guide, "Classifier training output")."""
        labels = list(self.labels)
        return {
            "type": "multi_class",
            "confusion_matrix": self.matrix.tolist(),
            "labels": labels,
            "all_labels": labels,
        }


def evaluate(model: Learned, documents: Iterable[Document]) -> Evaluation:
    """The model's best label for each document beside the document's own."""
    labels = tuple(model.heads)
    seen: Counter[tuple[str, str]] = Counter()
    for document in documents:
        scores = model.scores(document.text)
        seen[document.label, max(scores, key=scores.__getitem__)] += 1
    counts = [[seen[label, predicted] for predicted in labels] for label in labels]
    return Evaluation(labels, np.array(counts, np.int64))
