"""What the account has of an endpoint, and what must be called for it to be as wished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.endpoint.requests import (
    WAKE_POLICY,
    Call,
    Place,
    Request,
    Scaling,
    Served,
    endpoint_config,
    scalable,
    wake_alarm,
)

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
_COMING = {"Creating", "Updating", "InService"}


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
    found = _found(lambda: sagemaker.describe_endpoint(EndpointName=name))
    if found is None:
        return None
    config = _found(
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
    found = _found(lambda: sagemaker.describe_endpoint(EndpointName=name))
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


def changes(
    clients: Clients, place: Place, served: Served, concurrent: int, scaling: Scaling | None
) -> list[Call]:
    """The calls that make the endpoint; none if it is as wished. EndpointError if AWS would refuse.

    Its scaling is not among them: that takes an endpoint in service.
    """
    config = endpoint_config(place, served, concurrent)
    name = config["EndpointConfigName"]
    now = find_endpoint(clients, place.endpoint)
    if now and now.config == name and now.status in _COMING:
        return []
    if now:
        _may_change(clients, now)
    calls = []
    if now and now.instance_type != served.instance_type and _target(clients, place.endpoint):
        if scaling is None:
            raise EndpointError(
                f"endpoint {now.name} is scaled, and SageMaker changes no instance type then. "
                "Say --max-instances: scaling is switched off and on again."
            )
        calls.append(_unregister(place.endpoint))
    sagemaker = clients("sagemaker")
    if not _found(lambda: sagemaker.describe_endpoint_config(EndpointConfigName=name)):
        calls.append(Call("sagemaker", "create_endpoint_config", config, "says how it runs"))
    both = {"EndpointName": place.endpoint, "EndpointConfigName": name}
    if now:
        kept = both | {"RetainAllVariantProperties": True}
        calls.append(
            Call("sagemaker", "update_endpoint", kept, "changes it, with as many instances")
        )
    else:
        calls.append(
            Call("sagemaker", "create_endpoint", both, "starts it with one instance, which costs")
        )
    return calls


def removal(clients: Clients, name: str) -> list[Call]:
    """The calls that take an endpoint down, its configuration last."""
    now = find_endpoint(clients, name)
    if now is None:
        raise EndpointError(f"there is no endpoint {name} in this account and region.")
    _is_ours(clients, now)
    if not now.asynchronous:
        raise EndpointError(f"{name} is a real-time endpoint, and none of Safelight's.")
    scaled = [_unregister(name)] if _target(clients, name) else []
    return [
        Call("cloudwatch", "delete_alarms", {"AlarmNames": [wake_alarm(name)]}, "its alarm"),
        *scaled,
        Call("sagemaker", "delete_endpoint", {"EndpointName": name}, "the endpoint"),
        Call(
            "sagemaker",
            "delete_endpoint_config",
            {"EndpointConfigName": now.config},
            "how it ran; the model stays",
        ),
    ]


def perform(clients: Clients, calls: Sequence[Call], tell: Callable[[Call], None]) -> None:
    """Makes the calls in their order, telling of each before."""
    wake_arn = ""
    for call in calls:
        tell(call)
        request = call.request
        if call.method == "put_metric_alarm":
            request = request | {"AlarmActions": [wake_arn]}
        answer = getattr(clients(call.service), call.method)(**request)
        if request.get("PolicyName") == WAKE_POLICY:
            wake_arn = answer["PolicyARN"]
        if call.method == "delete_endpoint":
            # A configuration must not be deleted before its endpoint is gone.
            waiter = clients("sagemaker").get_waiter("endpoint_deleted")
            waiter.wait(EndpointName=request["EndpointName"])


def wait_for_service(clients: Clients, name: str) -> None:
    """Waits until the endpoint is in service, an hour at most. Raises botocore's WaiterError."""
    clients("sagemaker").get_waiter("endpoint_in_service").wait(EndpointName=name)


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
    target = _target(clients, name)
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


def _role(clients: Clients, model: str) -> str:
    sagemaker = clients("sagemaker")
    found = _found(lambda: sagemaker.describe_model(ModelName=model))
    if found is None:
        raise EndpointError(
            f"there is no model {model} in this account and region; "
            "`aws sagemaker list-models` shows those there are."
        )
    # A model may leave its role to the endpoint's configuration.
    if "ExecutionRoleArn" not in found:
        raise EndpointError(f"model {model} names no role: make it again with one.")
    return str(found["ExecutionRoleArn"])


def _may_change(clients: Clients, now: Endpoint) -> None:
    _is_ours(clients, now)
    if not now.asynchronous:
        raise EndpointError(
            f"{now.name} is a real-time endpoint. Delete it, or deploy the stack with another "
            "EndpointName."
        )
    if now.status != "InService":
        advice = "delete it first" if "Fail" in now.status else "try again when it is in service"
        raise EndpointError(
            f"endpoint {now.name} is {now.status}{f' ({now.failure})' if now.failure else ''}: "
            f"{advice}."
        )


def _is_ours(clients: Clients, now: Endpoint) -> None:
    tags = clients("sagemaker").list_tags(ResourceArn=now.arn)["Tags"]
    stacks = [tag["Value"] for tag in tags if tag["Key"] == "aws:cloudformation:stack-name"]
    if stacks:
        raise EndpointError(
            f"endpoint {now.name} belongs to the CloudFormation stack {stacks[0]}: "
            "change or delete it there."
        )


def _target(clients: Clients, name: str) -> Request | None:
    resource = scalable(name)
    answer = clients("application-autoscaling").describe_scalable_targets(
        ServiceNamespace=resource["ServiceNamespace"],
        ResourceIds=[resource["ResourceId"]],
        ScalableDimension=resource["ScalableDimension"],
    )
    return next(iter(answer["ScalableTargets"]), None)


def _unregister(name: str) -> Call:
    return Call(
        "application-autoscaling",
        "deregister_scalable_target",
        scalable(name),
        "its scaling, with the policies",
    )


def _found(look: Callable[[], Request]) -> Request | None:
    try:
        return look()
    except ClientError as error:
        if _MISSING in error.response["Error"].get("Message", ""):
            return None
        raise
