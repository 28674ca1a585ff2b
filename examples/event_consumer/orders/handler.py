"""Keeps a shop's orders up to date with what Safelight tells of their pictures.

Events come at least once and in any order. One conditional write for each makes both harmless: what
has ended waits no more, unless it is run again, and no picture is billed twice.
"""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass
from typing import Any

import boto3  # noqa: TID251 - a stack of its own, without Safelight's adapters
from botocore.exceptions import ClientError

_WAITING = {"ImageQueued": "WAITING", "ImageInReview": "IN_REVIEW"}
# Nothing of an earlier run, nothing of a run that has ended, and each event once.
_IS_NEWS = (
    "attribute_not_exists(request_id)"
    " OR (progress <= :progress AND NOT contains(event_ids, :event_id))"
)
_UPDATE = (
    "SET progress = :progress, order_state = :state, reasons = :reasons,"
    " pictures = :pictures, withheld = :withheld"
    " ADD event_ids :event_ids, billed :billed"
)
_log = logging.getLogger()


@dataclass(frozen=True)
class Change:
    """What an event makes of an order. `pictures` are of {bucket, key}."""

    request_id: str
    event_id: str
    progress: int
    state: str
    reasons: list[str]
    pictures: list[dict[str, str]]
    withheld: int


def lambda_handler(event: dict[str, Any], context: object) -> None:
    """An EventBridge event in, one write out. Whatever is raised comes again, then lies in the
    dead-letter queue."""
    change = change_of(event)
    known = "" if keep(change, _table()) else ", which was known or is late"
    _log.info("%s: %s%s", change.request_id, change.state, known)


def change_of(event: dict[str, Any]) -> Change:
    """What the event makes of its order."""
    kind, detail = event["detail-type"], event["detail"]
    images = detail.get("images", [])
    # Not `warnings`, and not how many were asked for: only what has a key was delivered.
    pictures = [{"bucket": one["bucket"], "key": one["key"]} for one in images if "key" in one]
    return Change(
        request_id=detail["request_id"],
        event_id=detail["event_id"],
        # A request that is run again has a higher run, and nothing of a run comes after its end.
        progress=2 * detail["run"] + (kind not in _WAITING),
        state=_WAITING.get(kind) or _end(kind, detail),
        reasons=sorted({reason["category"] for reason in detail.get("reasons", [])}),
        pictures=pictures,
        withheld=len(images) - len(pictures),
    )


def keep(change: Change, table: Any) -> bool:
    """Write the change down; False if it is no news."""
    try:
        table.update_item(
            Key={"request_id": change.request_id},
            UpdateExpression=_UPDATE,
            ConditionExpression=_IS_NEWS,
            ExpressionAttributeValues={
                ":progress": change.progress,
                ":state": change.state,
                ":reasons": change.reasons,
                ":pictures": change.pictures,
                ":withheld": change.withheld,
                ":event_id": change.event_id,
                ":event_ids": {change.event_id},
                ":billed": len(change.pictures),
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _end(kind: str, detail: dict[str, Any]) -> str:
    """The state of an order whose run has ended."""
    if kind == "ImageCompleted":
        return "READY"
    if kind == "ImageBlocked":
        return "REFUSED"
    # Nobody has judged the content: another try may do, or the shop has asked for nonsense.
    return "TRY_AGAIN" if detail["retryable"] else "NEEDS_ATTENTION"


@functools.cache
def _table() -> Any:
    return boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
