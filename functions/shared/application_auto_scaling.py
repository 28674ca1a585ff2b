"""Application Auto Scaling: how far an endpoint may be scaled."""

from collections.abc import Iterable
from typing import Any

from shared import aws


class AutoScaling:
    """The scalable targets of the account."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("application-autoscaling")

    def most_instances(self, endpoint: str, variants: Iterable[str]) -> int:
        """How many instances an endpoint may be given; 0 if nothing scales it."""
        targets = [f"endpoint/{endpoint}/variant/{variant}" for variant in variants]
        if not targets:
            return 0
        with aws.translated():
            reply = self._client.describe_scalable_targets(
                ServiceNamespace="sagemaker",
                ResourceIds=targets,
                ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            )
        return sum(target["MaxCapacity"] for target in reply["ScalableTargets"])
