"""An event as EventBridge leaves it in a dead-letter queue when a rule's target did not take it.

The body is the event; the message's attributes say what went wrong (EventBridge User Guide, Using
dead-letter queues to process undelivered events).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.arrival import Arrival, read_arrival

# Of an execution's input, in bytes (Step Functions Developer Guide, Service quotas).
_MAX_INPUT = 262_144
# Where the rules tell batches from prompts.
_BATCHES = "batches/"
# Of StartExecution it can only mean that this very delivery has started one before.
_STARTED = "RESOURCE_ALREADY_EXISTS"


class UnreadableEvent(Exception):
    """Not an event of the machine's rules; it goes to the dead-letter queue for a person to see."""


@dataclass(frozen=True)
class Undelivered:
    """What was asked for by an event that came to no execution. `body` is the whole event.

    `kind` is request, batch or dataset.
    """

    kind: str
    arrival: Arrival
    asked_at: datetime
    error_code: str
    body: bytes

    @property
    def too_large(self) -> bool:
        """Whether no execution can have it as its input, however often it is tried."""
        return len(self.body) > _MAX_INPUT

    @property
    def started(self) -> bool:
        """Whether an earlier try of the same delivery has started an execution after all."""
        return self.error_code == _STARTED


def read_undelivered(body: str, attributes: dict[str, Any]) -> Undelivered:
    """An SQS message's body and attributes as Lambda hands them over. Raises UnreadableEvent."""
    try:
        event = json.loads(body)
        asked_at = datetime.fromisoformat(event["time"])
        error_code = attributes.get("ERROR_CODE", {}).get("stringValue", "UNKNOWN")
        is_dataset = event.get("detail-type") == "DatasetSubmitted"
        # They come the same way as requests, and are told apart by this name alone.
        named = {**event, "detail-type": "ImageRequested"} if is_dataset else event
        arrival = read_arrival(named, event["id"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableEvent(type(error).__name__) from error
    if arrival.source["type"] not in {"s3", "event"} or not event["id"]:
        raise UnreadableEvent("neither an S3 event nor ImageRequested nor DatasetSubmitted")
    is_batch = arrival.file is not None and arrival.file.key.startswith(_BATCHES)
    kind = "dataset" if is_dataset else "batch" if is_batch else "request"
    return Undelivered(kind, arrival, asked_at, str(error_code), body.encode())
