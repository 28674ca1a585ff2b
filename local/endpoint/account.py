"""What the account has of an endpoint: its model, its scaling, what waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.endpoint.requests import Request, Scaling, Served, scalable

if TYPE_CHECKING:
    from local.deployed_stack import Clients

# Of a real-time endpoint's variant: what its model needs to start.
_CARRIED = (
    "VolumeSizeInGB",
    "ModelDataDownloadTimeoutInSeconds",
    "ContainerStartupHealthCheckTimeoutInSeconds",
    "InferenceAmiVersion",
)
# SageMaker has no error of its own for what is not there.
_MISSING = "Could not find"


class EndpointError(Exception):
    """The wish cannot be granted; the message says why and what to do."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the account, as DescribeEndpoint and its configuration tell."""

    name: str
    arn: str
    status: str
    config: str
    instance_type: str
    instances: int
    desired: int
    asynchronous: bool
    failure: str = ""


def find_endpoint(clients: Clients, name: str) -> Endpoint | None:
    """The endpoint of this name, or None."""
    sagemaker = clients("sagemaker")
    found = described(lambda: sagemaker.describe_endpoint(EndpointName=name))
    if found is None:
        return None
    config = described(
        lambda: sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    )
    (variant, *_) = (config or {}).get("ProductionVariants") or [{}]
    # A failed or very new endpoint has no variants yet.
    (now, *_) = found.get("ProductionVariants") or [{}]
    return Endpoint(
        name,
        found["EndpointArn"],
        found["EndpointStatus"],
        found["EndpointConfigName"],
        variant.get("InstanceType", ""),
        now.get("CurrentInstanceCount", 0),
        now.get("DesiredInstanceCount", 0),
        "AsyncInferenceConfig" in (config or found),
        found.get("FailureReason", ""),
    )


def served_by_model(
    clients: Clients, name: str, instance_type: str, startup_seconds: int
) -> Served:
    """A model by its name; EndpointError if there is none."""
    timeouts = {
        "ModelDataDownloadTimeoutInSeconds": startup_seconds,
        "ContainerStartupHealthCheckTimeoutInSeconds": startup_seconds,
    }
    return Served(name, _role(clients, name), instance_type, timeouts)


def served_by_endpoint(clients: Clients, name: str, instance_type: str) -> Served:
    """The model that a real-time endpoint serves, with what its variant says of it."""
    sagemaker = clients("sagemaker")
    found = described(lambda: sagemaker.describe_endpoint(EndpointName=name))
    if found is None:
        raise EndpointError(f"there is no endpoint {name} in this account and region.")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    variants = config["ProductionVariants"]
    if len(variants) != 1 or "ModelName" not in variants[0]:
        raise EndpointError(
            f"endpoint {name} does not serve one model by its name (it has inference components, "
            "or several variants). Make a model with `aws sagemaker create-model`, and name it "
            "with --model."
        )
    variant = variants[0]
    return Served(
        variant["ModelName"],
        _role(clients, variant["ModelName"]),
        instance_type or variant["InstanceType"],
        {key: variant[key] for key in _CARRIED if key in variant},
    )


def lacks(clients: Clients, role: str, policy: dict[str, Any]) -> list[str]:
    """Which actions of the policy its role may not do yet, as IAM simulates it.

    Policies of buckets, topics and keys are not simulated.
    """
    missing = set()
    for statement in policy["Statement"]:
        answer = clients("iam").simulate_principal_policy(
            PolicySourceArn=role,
            ActionNames=[action.rstrip("*") for action in statement["Action"]],
            ResourceArns=[resource.replace("*", "example") for resource in statement["Resource"]],
        )
        missing |= {
            f"{one['EvalActionName']} on {one['EvalResourceName']}"
            for one in answer["EvaluationResults"]
            if one["EvalDecision"] != "allowed"
        }
    return sorted(missing)


def scaling_of(clients: Clients, name: str) -> Scaling | None:
    """Between how many instances it is scaled; None if it is not."""
    target = scaled(clients, name)
    return Scaling(target["MinCapacity"], target["MaxCapacity"], 0) if target else None


def activities(clients: Clients, name: str, most: int) -> list[Request]:
    """Its last scaling activities, newest first."""
    answer = clients("application-autoscaling").describe_scaling_activities(
        **scalable(name), MaxResults=most
    )
    found: list[Request] = answer["ScalingActivities"]
    return found


def backlog(clients: Clients, name: str, now: datetime | None = None) -> int | None:
    """Requests that wait or are under way, at CloudWatch's last word; None if it has had none."""
    now = now or datetime.now(UTC)
    answer = clients("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="ApproximateBacklogSize",
        Dimensions=[{"Name": "EndpointName", "Value": name}],
        StartTime=now - timedelta(minutes=15),
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    return int(points[-1]["Maximum"]) if points else None


def scaled(clients: Clients, name: str) -> Request | None:
    """What scales it, as Application Auto Scaling tells; None if nothing does."""
    resource = scalable(name)
    answer = clients("application-autoscaling").describe_scalable_targets(
        ServiceNamespace=resource["ServiceNamespace"],
        ResourceIds=[resource["ResourceId"]],
        ScalableDimension=resource["ScalableDimension"],
    )
    return next(iter(answer["ScalableTargets"]), None)


def described(look: Callable[[], Request]) -> Request | None:
    """What SageMaker describes, or None if it is not there."""
    try:
        return look()
    except ClientError as error:
        if _MISSING in error.response["Error"].get("Message", ""):
            return None
        raise


def _role(clients: Clients, model: str) -> str:
    sagemaker = clients("sagemaker")
    found = described(lambda: sagemaker.describe_model(ModelName=model))
    if found is None:
        raise EndpointError(
            f"there is no model {model} in this account and region; "
            "`aws sagemaker list-models` shows those there are."
        )
    # A model may leave its role to the endpoint's configuration.
    if "ExecutionRoleArn" not in found:
        raise EndpointError(f"model {model} names no role: make it again with one.")
    return str(found["ExecutionRoleArn"])
