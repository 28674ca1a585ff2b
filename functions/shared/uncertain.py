"""A rule's uncertain band, of labels in prompts and in pictures: what a score within it means."""

from typing import Any


def uncertain(band: dict[str, Any], threshold: float) -> dict[str, Any]:
    """{rule, threshold, action, message} of a score in the band below a rule's threshold."""
    action = band["action"]
    message = f"uncertain: below the threshold of {threshold}; the policy asks to {action}"
    return {"rule": "uncertain", "threshold": band["from"], "action": action, "message": message}
