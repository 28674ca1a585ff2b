"""Whether a trained classifier is good enough to judge prompts: its metrics against its gates."""

from collections.abc import Mapping, Sequence
from typing import Any

STAGE = "JudgeClassifier"
# By the names of DescribeDocumentClassifier; each is the mean of all labels' values.
_METRICS = {"accuracy": "Accuracy", "precision": "Precision", "recall": "Recall", "f1": "F1Score"}
_MOST_MESSAGE = 1000

Metrics = dict[str, float]
Recalls = Mapping[str, float | None]
Reason = dict[str, Any]


def read_metrics(classifier: Mapping[str, Any]) -> Metrics | None:
    """{accuracy, precision, recall, f1}, 0 to 1, of DocumentClassifierProperties; None without."""
    found: Any = classifier
    for name in ("ClassifierMetadata", "EvaluationMetrics"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return None
    metrics = {ours: found.get(theirs) for ours, theirs in _METRICS.items()}
    return metrics if all(map(_is_share, metrics.values())) else None  # type: ignore[return-value]


def judge(
    metrics: Metrics | None,
    recalls: Recalls | None,
    gates: Mapping[str, float],
    policy_labels: Sequence[str],
) -> list[Reason]:
    """What speaks against the model: it is refused if a reason's action is reject.

    What was not measured is not good enough. Where no recall is known for each label (None), the
    mean of all of them must do, and a warning says so.
    """
    if metrics is None:
        message = "the model has no metrics: nothing says that it finds anything"
        return [_reason("no_metrics", "reject", message)]
    reasons = _below("f1", metrics["f1"], gates["f1"])
    if recalls is None:
        message = "there is no confusion matrix: the mean recall of all labels was judged"
        reasons.append(_reason("no_confusion_matrix", "warn", message))
        return reasons + _below("recall", metrics["recall"], gates["recall"])
    for label in policy_labels:
        recall = recalls.get(label)
        if recall is None:
            message = f"nothing was measured of the policy's label {label}"
            reasons.append(_reason("unmeasured_label", "reject", message) | {"label": label})
        else:
            reasons += [
                reason | {"label": label} for reason in _below("recall", recall, gates["recall"])
            ]
    return reasons


def training_warning(classifier: Mapping[str, Any]) -> list[Reason]:
    """What Comprehend says of a training that it ended with a warning."""
    if classifier.get("Status") != "TRAINED_WITH_WARNING":
        return []
    message = str(classifier.get("Message") or "Comprehend gave no message")[:_MOST_MESSAGE]
    return [_reason("trained_with_warning", "warn", message)]


def _below(rule: str, score: float, gate: float) -> list[Reason]:
    if score >= gate:
        return []
    measured = {"score": round(score, 4), "threshold": gate}
    message = f"{rule} is {score:.4f} and must be {gate:g} at least"
    return [_reason(rule, "reject", message) | measured]


def _reason(rule: str, action: str, message: str) -> Reason:
    return {
        "stage": STAGE,
        "category": "classifier",
        "rule": rule,
        "action": action,
        "message": message,
    }


def _is_share(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= 1  # type: ignore[operator]
