"""The review desk, as far as both of its functions serve it: who comes in, and which review.

How a review is shown in short, and why it is not to be had as it stands. What is never shown is the
waiting Task's token, and what its execution is called.
"""

from typing import Any, Protocol

from shared.api import ApiSettings, Event, Problem, blaming, reviewer
from shared.dynamodb import Item
from shared.records import only, part
from shared.reviews import REVIEW_ID, Reviews

_TEXTS = (
    *("review_id", "request_id", "run", "about", "opened_at", "answer_by", "requester"),
    "policy_hash",
)
_REASON = ("stage", "category", "rule", "label", "message")
_MOST_REASONS = 3


class DeskSettings(Protocol):
    """What a function's settings say of the desk."""

    @property
    def api(self) -> ApiSettings: ...

    @property
    def reviews(self) -> bool: ...

    @property
    def reviewers(self) -> frozenset[str]: ...


def entering(settings: DeskSettings, event: Event) -> str:
    """The reviewer who calls. Raises Problem: not_found without a desk, forbidden for others."""
    if not settings.reviews:
        raise Problem("not_found", "this stack has no reviews")
    return reviewer(event, settings.api.auth, settings.reviewers)


def found(reviews: Reviews, event: Event) -> Item:
    """The row of the review in the path. Raises Problem."""
    identity = (event.get("pathParameters") or {}).get("id", "")
    row = reviews.get(identity) if REVIEW_ID.fullmatch(identity) else None
    if row is None:
        raise _unknown()
    return row


def short(row: Item, who: str, now: str) -> dict[str, Any]:
    """A line of a list: review_summary of schemas/api.schema.json."""
    status, claimed_by = str(row["status"]), row.get("claimed_by")
    late = status == "OPEN" and str(row["answer_by"]) <= now
    reasons = [only(_REASON, one) for one in part(row, "reasons", [])]
    view: dict[str, Any] = {name: row[name] for name in _TEXTS} | {
        "status": "EXPIRED" if late else status,
        "reasons": reasons[:_MOST_REASONS],
        "appealed": bool(row.get("appealed")),
        "mine": not late and has_claim(row, who, now),
    }
    if status == "OPEN" and claimed_by:
        until = str(row["claim_until"])
        view |= {"claimed_by": claimed_by, "claim_until": until, "claim_expired": until <= now}
    if "decision" in row:
        view |= only(("decision", "decided_at", "decided_by"), row)
        view["heard"] = status != "OVER" and row["queue"] == "decided"
    return view


def has_claim(row: Item, who: str, now: str) -> bool:
    """Whether an open review is this reviewer's alone at this moment."""
    return (
        row["status"] == "OPEN" and row.get("claimed_by") == who and str(row["claim_until"]) > now
    )


def conflict(row: Item, who: str, now: str) -> Problem:
    """Why this reviewer cannot do now what only those can who have the claim of an open review."""
    status = row.get("status")
    if status is None:
        return _unknown()
    if status == "DECIDED":
        rule, message = "decided", "it was decided already"
    elif status == "OVER":
        rule, message = "over", "the request has ended meanwhile: nothing follows from this review"
    elif status == "EXPIRED" or str(row["answer_by"]) <= now:
        rule, message = "expired", f"nobody decided by {row['answer_by']}: it counts as rejected"
    elif row.get("claimed_by") == who:
        rule, message = "claim_expired", "your claim has run out; claim it again"
    elif str(row.get("claim_until", "")) > now:
        rule, message = "claimed", f"another reviewer has it until {row['claim_until']}"
    else:
        rule, message = "unclaimed", "claim it first"
    return blaming("conflict", "id", rule, message)


def _unknown() -> Problem:
    return Problem("not_found", "there is no review with this id")
