"""SageMaker: how an endpoint stands."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shared import aws


@dataclass(frozen=True)
class Standing:
    """What DescribeEndpoint tells: its status, and its instances in service and wanted.

    Instances are those of all its variants, by whose names auto-scaling knows it.
    """

    status: str
    instances: int
    wanted: int
    variants: tuple[str, ...]


class Endpoints:
    """All endpoints that the function's role lets it reach."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("sagemaker")

    def standing(self, name: str) -> Standing | None:
        """How an endpoint stands; None if there is none of this name.

        SageMaker says that with its general error for what it cannot do, and this text.
        """
        try:
            with aws.translated():
                reply = self._client.describe_endpoint(EndpointName=name)
        except ClientError as refused:
            if "could not find" in str(refused).lower():
                return None
            raise
        variants = reply.get("ProductionVariants", ())
        return Standing(
            status=reply["EndpointStatus"],
            # A variant that is being made may not tell its counts yet.
            instances=sum(variant.get("CurrentInstanceCount", 0) for variant in variants),
            wanted=sum(variant.get("DesiredInstanceCount", 0) for variant in variants),
            variants=tuple(variant["VariantName"] for variant in variants),
        )
