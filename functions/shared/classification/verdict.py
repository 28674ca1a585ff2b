"""What follows from a classifier's scores."""

from typing import Any

from shared.errors import UnusableVerdict

STAGE = "ClassifyPrompt"


def decide(
    scores: dict[str, float], labels: dict[str, Any], warn: bool, without_review: str = "block"
) -> dict[str, Any]:
    """{verdict, reasons, warnings} for scores by label under the policy's labels.

    `without_review` is what follows where a label's uncertain band asks for a review.

    Raises UnusableVerdict if a label of the policy has no score: an answer that does not know our
    labels says nothing, and nothing is neither safe nor unsafe.
    """
    missing = sorted(labels.keys() - scores.keys())
    if missing:
        raise UnusableVerdict(f"the classifier gave no score for {', '.join(missing)}")
    reached = [
        reason
        for label, rule in labels.items()
        for reason in _reached(label, scores[label], rule, without_review)
    ]
    return _sorted_out(reached, warn)


def decide_unread(code: str, source: str, rule: dict[str, str], warn: bool) -> dict[str, Any]:
    """The same for a prompt in a language, or a script, that the classifier cannot read."""
    reason = {
        "stage": STAGE,
        "category": rule["category"],
        "rule": "unread_language",
        "action": rule["action"],
        "message": f"the classifier cannot read the prompt's language: {code} ({source})",
    }
    return _sorted_out([reason], warn)


def _reached(
    label: str, score: float, rule: dict[str, Any], without_review: str
) -> list[dict[str, Any]]:
    """The one reason that a label gives, or none: its threshold, or else its uncertain band."""
    reason = {
        "stage": STAGE,
        "category": rule["category"],
        "rule": "classifier",
        "label": label,
        "score": round(score, 4),
        "threshold": rule["threshold"],
        "action": rule["action"],
    }
    if score >= rule["threshold"]:
        return [reason]
    band = rule.get("uncertain")
    if band is None or score < band["from"]:
        return []
    asked = band["action"]
    action = without_review if asked == "review" else asked
    message = f"uncertain: below the threshold of {rule['threshold']}; the policy asks to {asked}"
    reason |= {"rule": "uncertain", "threshold": band["from"], "action": action}
    return [{**reason, "message": message}]


def _sorted_out(reached: list[dict[str, Any]], warn: bool) -> dict[str, Any]:
    passing = {"warn", "block"} if warn else {"warn"}
    reasons = [reason for reason in reached if reason["action"] not in passing]
    return {
        "verdict": "block" if reasons else "clean",
        "reasons": reasons,
        "warnings": [
            {**reason, "action": "warn"} for reason in reached if reason["action"] in passing
        ],
    }
