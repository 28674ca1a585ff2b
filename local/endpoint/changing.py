"""What must be called for an endpoint to be as wished, or to be gone, and calling it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from local.endpoint.account import Endpoint, EndpointError, described, find_endpoint, scaled
from local.endpoint.requests import (
    WAKE_POLICY,
    Call,
    Place,
    Scaling,
    Served,
    endpoint_config,
    scalable,
    wake_alarm,
)

if TYPE_CHECKING:
    from local.deployed_stack import Clients

_COMING = {"Creating", "Updating", "InService"}


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
    if now and now.instance_type != served.instance_type and scaled(clients, place.endpoint):
        if scaling is None:
            raise EndpointError(
                f"endpoint {now.name} is scaled, and SageMaker changes no instance type then. "
                "Say --max-instances: scaling is switched off and on again."
            )
        calls.append(_unregister(place.endpoint))
    sagemaker = clients("sagemaker")
    if not described(lambda: sagemaker.describe_endpoint_config(EndpointConfigName=name)):
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
    unscaled = [_unregister(name)] if scaled(clients, name) else []
    return [
        Call("cloudwatch", "delete_alarms", {"AlarmNames": [wake_alarm(name)]}, "its alarm"),
        *unscaled,
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


def _unregister(name: str) -> Call:
    return Call(
        "application-autoscaling",
        "deregister_scalable_target",
        scalable(name),
        "its scaling, with the policies",
    )
