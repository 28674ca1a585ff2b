"""What a reviewer has decided, as they sent it, held against the review that it is of."""

import json
from dataclasses import dataclass

from shared.api import blaming
from shared.dynamodb import Item
from shared.records import part
from shared.request import InvalidRequest, check_fields, read_words
from shared.reviews import DECISIONS

_FIELDS = ("decision", "reason", "images")
_MOST_IMAGES = 4


@dataclass(frozen=True)
class Decided:
    """`images` are the indexes that are approved; None where the body names none."""

    decision: str
    reason: str
    images: tuple[int, ...] | None


def read_decided(body: dict[str, object]) -> Decided:
    """Raises InvalidRequest, by the rules of review_decision in schemas/api.schema.json."""
    check_fields(body, _FIELDS, "a decision")
    if "decision" not in body:
        raise InvalidRequest("decision", "required", "decision is missing")
    decision = body["decision"]
    if decision not in DECISIONS:
        raise InvalidRequest("decision", "enum", f"decision must be one of {', '.join(DECISIONS)}")
    reason = read_words(body, "reason")
    images = _indexes(body["images"]) if "images" in body else None
    return Decided(str(decision), reason, images)


def approved_of(decided: Decided, row: Item) -> list[int]:
    """The pictures that a decision approves of this review's, in order.

    Raises InvalidRequest for pictures that are not in review, and Problem `conflict` for another
    attempt where the request has none left.
    """
    if decided.decision == "regenerate" and not row.get("regenerable"):
        raise blaming("conflict", "decision", "regenerable", "no other attempt is to be had here")
    if decided.images is not None and (decided.decision, row["about"]) != ("approve", "images"):
        raise InvalidRequest("images", "unknown_field", "only who approves pictures names them")
    if decided.decision != "approve" or row["about"] != "images":
        return []
    in_review = [one["index"] for one in part(row, "images", []) if one["verdict"] == "review"]
    if decided.images is None:
        return in_review
    if not set(decided.images) <= set(in_review):
        raise InvalidRequest("images", "known", f"images must be of {json.dumps(in_review)}")
    return sorted(decided.images)


def _indexes(given: object) -> tuple[int, ...]:
    if not isinstance(given, list):
        raise InvalidRequest("images", "type", "images must be of type array")
    if not given:
        raise InvalidRequest("images", "minItems", "images must have at least 1 entry")
    if len(given) > _MOST_IMAGES:
        raise InvalidRequest("images", "maxItems", f"images must have at most {_MOST_IMAGES}")
    # JSON has one kind of number, and True is none.
    whole = [one for one in given if isinstance(one, int | float) and one % 1 == 0]
    if len(whole) < len(given) or any(isinstance(one, bool) for one in given):
        raise InvalidRequest("images", "type", "images must be whole numbers")
    indexes = tuple(int(one) for one in whole)
    if len(set(indexes)) < len(indexes):
        raise InvalidRequest("images", "uniqueItems", "images must name a picture once")
    return indexes
