"""The result event that tells of a record, the same that the state machine sends."""

import hashlib
from typing import TYPE_CHECKING, Any

from shared.dynamodb import Item
from shared.records import Records, part
from shared.statuses import BLOCKED, RETRYABLE

if TYPE_CHECKING:
    from shared.eventbridge import Bus

_DETAIL_TYPES = {
    "COMPLETED": "ImageCompleted",
    **dict.fromkeys(BLOCKED, "ImageBlocked"),
}
# What of a reason goes out: not the term that matched, nor where and how it was written.
_PUBLIC = (
    *("stage", "category", "severity", "rule", "label", "parent", "illustrated", "field"),
    *("score", "threshold", "action", "message", "image"),
)
_PLACES = ("index", "verdict")


def announce(bus: "Bus", records: Records, record: Item, now: str) -> None:
    """Sends a closed record's event, then notes that it is out: the other order could lose it."""
    bus.announce(*event_of(record))
    records.mark_announced(record, now)


def event_of(record: Item) -> tuple[str, dict[str, Any]]:
    """(detail type, detail) of a closed record's event."""
    status = str(record["status"])
    identity = "\n".join((str(record["request_id"]), str(record["run"]), status))
    images = [_place(image) for image in part(record, "images", [])]
    return _DETAIL_TYPES.get(status, "ImageFailed"), {
        "event_id": hashlib.sha256(identity.encode()).hexdigest(),
        "request_id": record["request_id"],
        "run": record["run"],
        "status": status,
        "stage": record["stage"],
        "reasons": [public(reason) for reason in part(record, "reasons", [])],
        "warnings": [public(warning) for warning in part(record, "warnings", [])],
        "attempts": len(part(record, "attempts", [])),
        "images": images,
        "retryable": status in RETRYABLE,
        "requester": record["requester"],
        "metadata": part(record, "metadata", {}),
        "created_at": record["created_at"],
        "models": part(record, "models", {}),
        "timings": part(record, "timings", {}),
        "usage": part(record, "usage", {}),
        "execution_arn": record["execution_arn"],
    }


def public(reason: dict[str, Any]) -> dict[str, Any]:
    """What of a reason may leave in an event."""
    return {name: reason[name] for name in _PUBLIC if name in reason}


def _place(image: dict[str, Any]) -> dict[str, Any]:
    """Where a delivered picture lies, or a published preview: never in the work bucket."""
    place = {name: image[name] for name in _PLACES}
    if image.get("delivered"):
        place |= {"bucket": image["bucket"], "key": image["key"]}
    elif image.get("preview_published"):
        place |= {"preview_bucket": image["preview_bucket"], "preview_key": image["preview_key"]}
    return place
