"""SageMaker asynchronous inference: one request handed to an endpoint's queue."""

from dataclasses import dataclass
from typing import Any

from shared import aws
from shared.s3 import ObjectVersion


@dataclass(frozen=True)
class Invocation:
    """Where the endpoint says a result will appear, or a failure; one of them, or neither."""

    output_location: str
    failure_location: str


class Endpoint:
    """One asynchronous endpoint."""

    def __init__(self, name: str, client: Any = None) -> None:
        self.name = name
        self._client = client or aws.client("sagemaker-runtime", repeatable=False)

    def invoke(
        self, inference_id: str, request: ObjectVersion, ttl_seconds: int, timeout_seconds: int
    ) -> Invocation:
        """Queues the request that lies in S3 as JSON; pictures are asked for as base64 JPEG.

        `ttl_seconds` (60 to 21,600) is how long it may wait in the queue, `timeout_seconds` (1 to
        3,600) how long the model may take. `inference_id` (at most 64 characters) is in the notice.
        """
        with aws.translated():
            reply = self._client.invoke_endpoint_async(
                EndpointName=self.name,
                InputLocation=f"s3://{request.bucket}/{request.key}",
                ContentType="application/json",
                Accept="application/json;jpeg",
                InferenceId=inference_id,
                RequestTTLSeconds=ttl_seconds,
                InvocationTimeoutSeconds=timeout_seconds,
            )
        return Invocation(reply.get("OutputLocation", ""), reply.get("FailureLocation", ""))
