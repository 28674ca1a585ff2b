"""How a run ended that no Catch could end, and the event that tells of a record."""

import hashlib
import json
from typing import Any

from shared.dynamodb import Item

STAGE = "CloseExecution"
# Fail states that the machine enters after it has recorded and announced the outcome itself.
ANNOUNCED = frozenset({"Safelight.Failed", "Safelight.Expired"})
# The Fail state whose cause is the outcome that could not be recorded.
NOT_RECORDED = "Safelight.NotRecorded"

_DETAIL_TYPES = {
    "COMPLETED": "ImageCompleted",
    "BLOCKED_PROMPT": "ImageBlocked",
    "BLOCKED_IMAGE": "ImageBlocked",
    "MODEL_FILTERED": "ImageBlocked",
}
_RETRYABLE = frozenset({"FAILED", "EXPIRED"})
# What of a reason goes out: not the term that matched, nor where and how it was written.
_PUBLIC = (
    *("stage", "category", "rule", "label", "field"),
    *("score", "threshold", "action", "message", "image"),
)
_PLACES = ("index", "verdict")


def ending_of(status: str, error: str, cause: str, now: str) -> dict[str, Any]:
    """What to record of an execution that ended as `status` with `error` and `cause`."""
    if status == "FAILED" and error == NOT_RECORDED:
        return {**json.loads(cause), "updated_at": now}
    reason = {
        "stage": STAGE,
        "category": "technical",
        "rule": error or status,
        "action": "fail",
        "message": "the execution ended where the state machine could not record it",
    }
    return {
        "status": "EXPIRED" if status == "TIMED_OUT" else "FAILED",
        "stage": STAGE,
        "updated_at": now,
        "reasons": [reason],
    }


def event_of(record: Item) -> tuple[str, dict[str, Any]]:
    """(detail type, detail) of the result event, the same that the state machine sends."""
    status = str(record["status"])
    identity = "\n".join((str(record["request_id"]), str(record["run"]), status))
    images = [_place(image) for image in _part(record, "images", [])]
    return _DETAIL_TYPES.get(status, "ImageFailed"), {
        "event_id": hashlib.sha256(identity.encode()).hexdigest(),
        "request_id": record["request_id"],
        "run": record["run"],
        "status": status,
        "stage": record["stage"],
        "reasons": [_public(reason) for reason in _part(record, "reasons", [])],
        "warnings": [_public(warning) for warning in _part(record, "warnings", [])],
        "attempts": len(_part(record, "attempts", [])),
        "images": images,
        "retryable": status in _RETRYABLE,
        "requester": record["requester"],
        "metadata": _part(record, "metadata", {}),
        "execution_arn": record["execution_arn"],
    }


def _part(record: Item, name: str, otherwise: Any) -> Any:
    return json.loads(str(record[name])) if name in record else otherwise


def _public(reason: dict[str, Any]) -> dict[str, Any]:
    return {name: reason[name] for name in _PUBLIC if name in reason}


def _place(image: dict[str, Any]) -> dict[str, Any]:
    """Where a delivered picture lies, or a published preview: never in the work bucket."""
    place = {name: image[name] for name in _PLACES}
    if image.get("delivered"):
        place |= {"bucket": image["bucket"], "key": image["key"]}
    elif image.get("preview_published"):
        place |= {"preview_bucket": image["preview_bucket"], "preview_key": image["preview_key"]}
    return place
