"""SageMaker's notices as they come: through SNS, through SQS, in more than one shape."""

import json
from dataclasses import dataclass
from typing import Any


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
        identity, status = message["inferenceId"], message["invocationStatus"]
        output = response.get("outputLocation", "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableNotice(type(error).__name__) from error
    texts = (identity, status, output)
    if not identity or not all(isinstance(text, str) for text in texts):
        raise UnreadableNotice("something else where a text should be")
    return Notice(*texts, reason=str(message.get("failureReason", ""))[:1000])
