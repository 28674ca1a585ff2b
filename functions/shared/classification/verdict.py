"""What follows from a classifier's scores."""

from typing import Any

from shared.errors import UnusableVerdict
from shared.uncertain import uncertain

STAGE = "ClassifyPrompt"


def decide(
    scores: dict[str, float],
    labels: dict[str, Any],
    warn: bool,
    without_review: str = "block",
    reviews: bool = False,
) -> dict[str, Any]:
    """{verdict, reasons, warnings} for scores by label under the policy's labels.

    The verdict is clean, block, or, where there are `reviews`, review: a label's uncertain band
    asks for one, nothing blocks, and flagged prompts do not pass with a warning anyway. Everywhere
    else `without_review` is what follows from such a band.

    Raises UnusableVerdict if a label of the policy has no score: an answer that does not know our
    labels says nothing, and nothing is neither safe nor unsafe.
    """
    missing = sorted(labels.keys() - scores.keys())
    if missing:
        raise UnusableVerdict(f"the classifier gave no score for {', '.join(missing)}")
    reached = [
        reason for label, rule in labels.items() for reason in _reached(label, scores[label], rule)
    ]
    asked = [reason for reason in reached if _asks_for_review(reason)]
    if reviews and not warn and asked:
        decision = _sorted_out([one for one in reached if not _asks_for_review(one)], warn)
        if decision["verdict"] == "clean":
            return {**decision, "verdict": "review", "reasons": asked}
    unasked = [
        {**one, "action": without_review} if _asks_for_review(one) else one for one in reached
    ]
    return _sorted_out(unasked, warn)


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


def _reached(label: str, score: float, rule: dict[str, Any]) -> list[dict[str, Any]]:
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
    return [reason | uncertain(band, rule["threshold"])]


def _asks_for_review(reason: dict[str, Any]) -> bool:
    return (reason["rule"], reason["action"]) == ("uncertain", "review")


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
