"""An asynchronous endpoint that sleeps, wakes and fails; and what SageMaker says of it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.running import StandIns

Invoke = Callable[..., dict[str, Any]]
Client = Callable[[str], Any]
REQUEST = {"prompt": "a red fox in the snow", "width": 64, "height": 64}


@pytest.fixture
def sleeper(stand_ins: StandIns) -> str:
    """The name of an endpoint that is asleep, and takes two seconds to wake."""
    stand_ins.register_endpoint(
        "sleeper", output_path="s3://work/out", success_topic="arn:aws:sns:us-east-1:0:success",
        time_scale=30,
    )  # fmt: skip
    stand_ins.scale("sleeper", minimum=0, maximum=2, wake_seconds=60)
    return "sleeper"


def described(client: Client, name: str) -> tuple[str, int, int]:
    """(status, instances there are, instances there should be)"""
    told = client("sagemaker").describe_endpoint(EndpointName=name)
    [variant] = told["ProductionVariants"]
    counts = variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]
    return told["EndpointStatus"], *counts


def test_an_endpoint_is_awake_as_it_is(stand_ins: StandIns, client: Client) -> None:
    assert described(client, "painter") == ("InService", 1, 1)
    assert stand_ins.endpoint_state("painter")["instances"] == 1


def test_a_backlog_waits_until_it_wakes(
    sleeper: str, invoke: Invoke, client: Client, engine: Any, stand_ins: StandIns
) -> None:
    assert described(client, sleeper) == ("InService", 0, 0)
    invoke("early", REQUEST, EndpointName=sleeper)
    assert stand_ins.endpoint_state(sleeper)["backlog"] == 1
    assert described(client, sleeper) == ("Updating", 0, 1)
    assert engine.wait_for(1)[0][1]["inferenceId"] == "early"
    deadline = time.monotonic() + 10
    while described(client, sleeper) != ("InService", 0, 0):
        assert time.monotonic() < deadline


def test_its_bounds_are_a_scalable_target(sleeper: str, client: Client) -> None:
    resource = f"endpoint/{sleeper}/variant/AllTraffic"
    scaling = client("application-autoscaling")
    asked = {"ServiceNamespace": "sagemaker", "ResourceIds": [resource]}
    [target] = scaling.describe_scalable_targets(**asked)["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 2)
    named = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": resource,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**named, MinCapacity=1)
    [target] = scaling.describe_scalable_targets(**asked)["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    assert described(client, sleeper)[2] == 1


def test_a_failed_endpoint_takes_nothing_until_it_is_made_anew(
    invoke: Invoke, client: Client, engine: Any, stand_ins: StandIns
) -> None:
    stand_ins.endpoint_status("painter", "Failed")
    told = client("sagemaker").describe_endpoint(EndpointName="painter")
    assert (told["EndpointStatus"], bool(told["FailureReason"])) == ("Failed", True)
    with pytest.raises(ClientError, match="Failed"):
        invoke("refused", REQUEST)
    stand_ins.endpoint_status("painter", "InService")
    invoke("taken", REQUEST)
    assert engine.wait_for(1)[0][1]["inferenceId"] == "taken"


def test_who_is_not_there_is_not_found(client: Client, stand_ins: StandIns) -> None:
    with pytest.raises(ClientError, match=r'ValidationException.*Could not find endpoint "arn:'):
        client("sagemaker").describe_endpoint(EndpointName="nobody")
    with pytest.raises(ClientError, match=r"ValidationException.*Could not find"):
        client("application-autoscaling").register_scalable_target(
            ServiceNamespace="sagemaker",
            ResourceId="endpoint/nobody/variant/AllTraffic",
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            MinCapacity=0,
            MaxCapacity=1,
        )
    for call in (
        lambda: stand_ins.scale("nobody"),
        lambda: stand_ins.scale("painter", minimum=3),
        lambda: stand_ins.endpoint_status("painter", "Tired"),
        lambda: stand_ins.control("PUT", "endpoints/painter/colour", {}),
    ):
        with pytest.raises(RuntimeError):
            call()
