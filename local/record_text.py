"""What a record says, in a line for people; used by the tables and the gallery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from local.deployed_stack import Record

# In the order of the process; a record's timings name the states.
STAGES = (
    "AcceptRequest", "FilterKeywords", "ClassifyPrompt", "GenerateImages", "StoreImages",
    "ModerateImages", "ReviewRequest", "PublishImages",
)  # fmt: skip
GOOD, WITHHELD, BROKEN, OPEN = "good", "withheld", "broken", "open"
_TONES = {
    "COMPLETED": GOOD,
    "ALREADY_REQUESTED": GOOD,
    "BLOCKED_PROMPT": WITHHELD,
    "BLOCKED_IMAGE": WITHHELD,
    "MODEL_FILTERED": WITHHELD,
    "REFUSED": WITHHELD,
    "INVALID": BROKEN,
    "FAILED": BROKEN,
    "EXPIRED": BROKEN,
}
# For terminals; the gallery's style sheet has its own.
COLOURS = {GOOD: "green", WITHHELD: "yellow", BROKEN: "red", OPEN: "cyan"}


def tone(status: str) -> str:
    """Which of four kinds a status is; decides its colour everywhere."""
    return _TONES.get(status, OPEN)


def reason_text(reason: dict[str, Any]) -> str:
    """One reason or warning: what objected, to what, and by how much."""
    if reason.get("message"):
        return str(reason["message"])
    text = f"{reason['category']}: {_ground(reason)}"
    if "score" in reason:
        text += f" {reason['score']:.2f} ≥ {reason['threshold']:.2f}"
    if reason.get("image") is not None:
        text += f" (picture {reason['image'] + 1})"
    return text


def reasons_text(reasons: Iterable[dict[str, Any]]) -> str:
    """Several, joined for a table's cell; what several pictures share is said once."""
    texts = (reason_text({**reason, "image": None}) for reason in reasons)
    return "; ".join(dict.fromkeys(texts))


def review_text(review: dict[str, Any]) -> str:
    """One review of a record: what was decided, by whom, and why."""
    if review["decision"] == "expire":
        return "expired: nobody decided in time"
    return f"{review['decision']} by {review['by']}: {review['reason']}"


def total_ms(record: Record) -> int:
    """From the execution's start to the closed record, waits between states included."""
    start, end = (datetime.fromisoformat(record[name]) for name in ("created_at", "updated_at"))
    return round((end - start).total_seconds() * 1000)


def _ground(reason: dict[str, Any]) -> str:
    if "term" in reason:
        disguise = f" ({reason['disguise']})" if "disguise" in reason else ""
        return f"“{reason['term']}”{disguise}"
    return str(reason.get("label") or reason.get("rule") or reason["action"])
