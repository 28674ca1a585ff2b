"""SageMaker's notices as they come: through SNS, through SQS, in more than one shape."""

import json
from dataclasses import dataclass
from typing import Any

# SageMaker's own bound on an inference's id; the others are far beyond what it sends.
_LONGEST_ID, _LONGEST_TEXT, _LONGEST_REASON = 64, 2048, 1000


class UnreadableNotice(Exception):
    """Not a notice of SageMaker's; it goes to the dead-letter queue for a person to see."""


@dataclass(frozen=True)
class Notice:
    """What a notice says about one inference. `output` is the place named, or empty."""

    inference_id: str
    status: str
    output: str = ""
    reason: str = ""

    @property
    def completed(self) -> bool:
        """Anything but Completed is a failure."""
        return self.status == "Completed"

    @property
    def expired(self) -> bool:
        """The endpoint gave it up before working on it."""
        return self.status == "Expired"


def read_notice(body: str) -> Notice | None:
    """The notice in an SQS message's body; None for the test notice of a new endpoint.

    Raises UnreadableNotice.
    """
    try:
        message = json.loads(json.loads(body)["Message"])
        if message.get("eventName") == "TestNotification":
            return None
        response: Any = message.get("responseParameters") or {}
        identity = _text(message["inferenceId"], _LONGEST_ID)
        status = _text(message["invocationStatus"], _LONGEST_ID)
        output = _text(response.get("outputLocation", ""), _LONGEST_TEXT)
        reason = str(message.get("failureReason", ""))[:_LONGEST_REASON]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableNotice(type(error).__name__) from error
    if not identity:
        raise UnreadableNotice("an inference without an id")
    return Notice(identity, status, output, reason.encode(errors="replace").decode())


def _text(found: object, longest: int) -> str:
    """A text that can be written down. Raises TypeError and ValueError."""
    if not isinstance(found, str):
        raise TypeError("something else where a text should be")
    if len(found) > longest:
        raise ValueError("a text longer than SageMaker's are")
    # Half a surrogate pair cannot be.
    found.encode()
    return found
