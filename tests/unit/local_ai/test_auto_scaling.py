"""Application Auto Scaling over the wire: targets and policies are checked and remembered."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.running import StandIns

ENDPOINT = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/"
DIMENSION = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"
TRACKING = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ComprehendInferenceUtilization"},
}


@pytest.fixture
def scaling(stand_ins: StandIns, client: Callable[[str], Any]) -> Any:
    del stand_ins
    return client("application-autoscaling")


def target(name: str, **change: Any) -> dict[str, Any]:
    return {
        "ServiceNamespace": "comprehend",
        "ResourceId": ENDPOINT + name,
        "ScalableDimension": DIMENSION,
        **change,
    }


def test_a_target_and_its_policy(scaling: Any) -> None:
    named = target("one")
    arn = scaling.register_scalable_target(**named, MinCapacity=1, MaxCapacity=2)
    again = scaling.register_scalable_target(**named, MaxCapacity=3)
    assert again["ScalableTargetARN"] == arn["ScalableTargetARN"]
    headers = again["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-safelight-stand-in"] == "local-remembers-scaling-1"
    policy = {
        **named,
        "PolicyName": "by-load",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": TRACKING,
    }
    put = scaling.put_scaling_policy(**policy)
    assert scaling.put_scaling_policy(**policy)["PolicyARN"] == put["PolicyARN"]
    [seen] = scaling.describe_scalable_targets(
        ServiceNamespace="comprehend", ResourceIds=[ENDPOINT + "one"]
    )["ScalableTargets"]
    assert (seen["MinCapacity"], seen["MaxCapacity"]) == (1, 3)
    told = scaling.describe_scaling_policies(**named)["ScalingPolicies"]
    assert [each["TargetTrackingScalingPolicyConfiguration"] for each in told] == [TRACKING]

    scaling.delete_scaling_policy(**named, PolicyName="by-load")
    assert scaling.describe_scaling_policies(**named)["ScalingPolicies"] == []
    scaling.deregister_scalable_target(**named)
    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.deregister_scalable_target(**named)


def test_a_target_takes_its_policies_with_it(scaling: Any) -> None:
    named = target("two")
    policy = {
        **named,
        "PolicyName": "by-load",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": TRACKING,
    }
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="No scalable target"):
        scaling.put_scaling_policy(**policy)
    scaling.register_scalable_target(**named, MinCapacity=1, MaxCapacity=2)
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="No scaling policy"):
        scaling.delete_scaling_policy(**named, PolicyName="by-load")
    scaling.put_scaling_policy(**policy)
    scaling.deregister_scalable_target(**named)
    assert scaling.describe_scaling_policies(**named)["ScalingPolicies"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"MinCapacity": 0},
        {"MinCapacity": 3},
        {"MinCapacity": None},
        {"ResourceId": "endpoint/name"},
        {"ServiceNamespace": "sagemaker"},
        {"ServiceNamespace": "dynamodb"},
        {"ScalableDimension": "dynamodb:table:ReadCapacityUnits"},
    ],
)
def test_targets_that_cannot_be(scaling: Any, change: dict[str, Any]) -> None:
    with pytest.raises(scaling.exceptions.ValidationException, match="detected"):
        scaling.register_scalable_target(**target("no", MaxCapacity=2, MinCapacity=1) | change)


@pytest.mark.parametrize(
    "change",
    [
        {"PolicyType": "Dreaming"},
        {"PolicyName": None},
        {"TargetTrackingScalingPolicyConfiguration": {**TRACKING, "TargetValue": 0}},
        {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70}},
        {
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 70,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
                },
            }
        },
    ],
)
def test_policies_that_cannot_be(scaling: Any, change: dict[str, Any]) -> None:
    named = target("three")
    scaling.register_scalable_target(**named, MinCapacity=1, MaxCapacity=2)
    policy = {
        **named,
        "PolicyName": "by-load",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": TRACKING,
    }
    with pytest.raises(scaling.exceptions.ValidationException, match="detected"):
        scaling.put_scaling_policy(**policy | change)


def test_other_operations_are_not_served(scaling: Any) -> None:
    with pytest.raises(ClientError, match="not served"):
        scaling.describe_scheduled_actions(ServiceNamespace="comprehend")
