"""What an adopted endpoint consists of, as the requests that make it.

The numbers of its scaling are those of container/endpoint.yaml, which says why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import local.policy  # noqa: F401 - makes the functions' modules importable
from shared.inferences import FAILURES, OUTPUTS

Request = dict[str, Any]

INPUTS = "inference/input/"
VARIANT = "AllTraffic"
NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
WAKE_POLICY = "WakeFromZero"
IDLE_SECONDS = 600
_NAME_CHARACTERS = 63


@dataclass(frozen=True)
class Call:
    """One call: service and method as boto3 names them, its request, and what it does."""

    service: str
    method: str
    request: Request
    does: str


@dataclass(frozen=True)
class Place:
    """The main stack as its endpoint sees it; `key` is the ARN of its KMS key, or empty."""

    endpoint: str
    bucket: str
    success_topic: str
    error_topic: str
    key: str = ""


@dataclass(frozen=True)
class Served:
    """A SageMaker model, its role's ARN, and how it is put on instances."""

    model: str
    role: str
    instance_type: str
    # More of the ProductionVariant: time-outs, volume, machine image.
    variant: Request = field(default_factory=dict)


@dataclass(frozen=True)
class Scaling:
    """From how many instances to how many, and to which backlog for each."""

    least: int
    most: int
    backlog: int


def endpoint_config(place: Place, served: Served, concurrent: int) -> Request:
    """CreateEndpointConfig's request. Its name says what is in it: the same wish, the same name."""
    output: Request = {
        "S3OutputPath": f"s3://{place.bucket}/{OUTPUTS}",
        "S3FailurePath": f"s3://{place.bucket}/{FAILURES}",
        "NotificationConfig": {
            "SuccessTopic": place.success_topic,
            "ErrorTopic": place.error_topic,
        },
    }
    if place.key:
        output["KmsKeyId"] = place.key
    content: Request = {
        "ProductionVariants": [
            {
                **served.variant,
                "VariantName": VARIANT,
                "ModelName": served.model,
                "InstanceType": served.instance_type,
                "InitialInstanceCount": 1,
            }
        ],
        "AsyncInferenceConfig": {
            "OutputConfig": output,
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": concurrent},
        },
    }
    mark = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
    base = place.endpoint[: _NAME_CHARACTERS - len(mark) - 1].rstrip("-")
    return {"EndpointConfigName": f"{base}-{mark}", **content}


def scaling_calls(endpoint: str, scaling: Scaling) -> list[Call]:
    """What makes an endpoint that is in service scale; each may be repeated."""
    target = scalable(endpoint)
    return [
        Call(
            "application-autoscaling",
            "register_scalable_target",
            target | {"MinCapacity": scaling.least, "MaxCapacity": scaling.most},
            f"lets it have {scaling.least} to {scaling.most} instances",
        ),
        Call(
            "application-autoscaling",
            "put_scaling_policy",
            target
            | {
                "PolicyName": "ScaleByBacklog",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {
                    "CustomizedMetricSpecification": {
                        "Namespace": "AWS/SageMaker",
                        "MetricName": "ApproximateBacklogSizePerInstance",
                        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
                        "Statistic": "Average",
                    },
                    "TargetValue": float(scaling.backlog),
                    "ScaleInCooldown": IDLE_SECONDS,
                    "ScaleOutCooldown": 300,
                },
            },
            f"steers them to {scaling.backlog} requests for each",
        ),
        Call(
            "application-autoscaling",
            "put_scaling_policy",
            target
            | {
                "PolicyName": WAKE_POLICY,
                "PolicyType": "StepScaling",
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ChangeInCapacity",
                    "MetricAggregationType": "Average",
                    "Cooldown": 900,
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
                },
            },
            "lets an alarm start the first",
        ),
        Call(
            "cloudwatch",
            "put_metric_alarm",
            {
                "AlarmName": wake_alarm(endpoint),
                "AlarmDescription": "Requests wait and there is no instance. This starts one.",
                "Namespace": "AWS/SageMaker",
                "MetricName": "HasBacklogWithoutCapacity",
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
                "Statistic": "Average",
                "Period": 60,
                "EvaluationPeriods": 2,
                "DatapointsToAlarm": 2,
                "Threshold": 1.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "missing",
                # Known when the policy is there.
                "AlarmActions": [f"<ARN of {WAKE_POLICY}>"],
            },
            "makes that alarm",
        ),
    ]


def scalable(endpoint: str) -> Request:
    """How Application Auto Scaling names the endpoint's instances."""
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": DIMENSION,
    }


def wake_alarm(endpoint: str) -> str:
    """The alarm's name."""
    return f"{endpoint}-wake"


def policy(place: Place, partition: str) -> dict[str, Any]:
    """What the model's role needs beside what it has for its model: an IAM policy document."""
    bucket = f"arn:{partition}:s3:::{place.bucket}"
    statements = [
        _allow("ReadRequests", ["s3:GetObject"], [f"{bucket}/{INPUTS}*"]),
        _allow(
            "WriteResults",
            ["s3:PutObject", "s3:AbortMultipartUpload"],
            [f"{bucket}/{OUTPUTS}*", f"{bucket}/{FAILURES}*"],
        ),
        _allow("TellMissingFromForbidden", ["s3:ListBucket"], [bucket]),
        _allow("TellResults", ["sns:Publish"], [place.success_topic, place.error_topic]),
    ]
    if place.key:
        statements.append(_allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey*"], [place.key]))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": [*actions], "Resource": [*resources]}
