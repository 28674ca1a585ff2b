"""The messages that an asynchronous endpoint publishes to its SNS topics.

Shapes: Amazon SageMaker Developer Guide, "Check prediction results"; the failed form, of which
AWS gives no sample, as deployed handlers in public code read it.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

REGION = "us-east-1"
TEST_NOTIFICATION = json.dumps(
    {"eventVersion": "1.0", "eventSource": "aws:sagemaker", "eventName": "TestNotification"}
)


@dataclass(frozen=True)
class Invocation:
    """One accepted InvokeEndpointAsync call; times in seconds, `received` since the epoch."""

    endpoint: str
    inference_id: str
    input_location: str
    content_type: str | None
    accept: str | None
    ttl: int
    timeout: int
    received: float


def completed(invocation: Invocation, output_location: str, content_type: str) -> str:
    where = {"contentType": content_type, "outputLocation": output_location}
    return _message(invocation, "Completed", {"responseParameters": where})


def failed(invocation: Invocation, reason: str, status: str = "Failed") -> str:
    """`status` Failed, or Expired for a request that outlived its time in the queue."""
    return _message(invocation, status, {"failureReason": reason})


def _message(invocation: Invocation, status: str, more: dict[str, object]) -> str:
    parameters = {
        "accept": invocation.accept,
        "contentType": invocation.content_type,
        "endpointName": invocation.endpoint,
        "inputLocation": invocation.input_location,
    }
    sent = {name: value for name, value in parameters.items() if value is not None}
    message = {
        "awsRegion": REGION,
        "eventTime": _iso(datetime.now(UTC)),
        "receivedTime": _iso(datetime.fromtimestamp(invocation.received, UTC)),
        "invocationStatus": status,
        "requestParameters": sent,
        **more,
        "inferenceId": invocation.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    return json.dumps(message)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
