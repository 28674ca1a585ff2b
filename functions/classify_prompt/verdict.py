"""What follows from a classifier's scores."""

from typing import Any

from shared.errors import UnusableVerdict

STAGE = "ClassifyPrompt"


def decide(scores: dict[str, float], labels: dict[str, Any], warn: bool) -> dict[str, Any]:
    """{verdict, reasons, warnings} for scores by label under the policy's labels.

    Raises UnusableVerdict if a label of the policy has no score: an answer that does not know our
    labels says nothing, and nothing is neither safe nor unsafe.
    """
    missing = sorted(labels.keys() - scores.keys())
    if missing:
        raise UnusableVerdict(f"the classifier gave no score for {', '.join(missing)}")
    reached = [
        _reason(label, rule["category"], rule["action"], scores[label], rule["threshold"])
        for label, rule in labels.items()
        if scores[label] >= rule["threshold"]
    ]
    return _sorted_out(reached, warn)


def decide_unread(rule: dict[str, str], warn: bool) -> dict[str, Any]:
    """The same for a prompt in a language, or a script, that the classifier cannot read."""
    reason = {
        "stage": STAGE,
        "category": rule["category"],
        "rule": "unread_language",
        "action": rule["action"],
        "message": "the classifier cannot read the prompt's language or script",
    }
    return _sorted_out([reason], warn)


def _reason(
    label: str, category: str, action: str, score: float, threshold: float
) -> dict[str, Any]:
    return {
        "stage": STAGE,
        "category": category,
        "rule": "classifier",
        "label": label,
        "score": round(score, 4),
        "threshold": threshold,
        "action": action,
    }


def _sorted_out(reached: list[dict[str, Any]], warn: bool) -> dict[str, Any]:
    stopping = {"always"} if warn else {"always", "block"}
    reasons = [reason for reason in reached if reason["action"] in stopping]
    return {
        "verdict": "block" if reasons else "clean",
        "reasons": reasons,
        "warnings": [
            {**reason, "action": "warn"} for reason in reached if reason["action"] not in stopping
        ],
    }
