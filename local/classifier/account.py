"""The classifier of a stack in its account: endpoint, scaling, models, trainings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

import local.policy  # noqa: F401 - makes the functions' modules importable
from local.deployed_stack import DeployedStack, Record
from shared.jobs import training_id

TRAIN_CLASSIFIER, ENDPOINT = "TrainClassifierArn", "ClassifierEndpoint"
# What a stack has whose template can train.
OUTPUTS = ("JobsTable", "DatasetsBucket", TRAIN_CLASSIFIER, ENDPOINT)
FOLDER = "classifiers/"
_TARGET = {
    "ServiceNamespace": "comprehend",
    "ScalableDimension": "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Scaling:
    """Units at least and at most, and the utilisation in per cent that they are kept at."""

    least: int
    most: int
    utilisation: float | None


def start_training(stack: DeployedStack, asked: Json) -> tuple[str, str]:
    """Start TrainClassifier; (job's id, the execution's ARN)."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs[TRAIN_CLASSIFIER], input=json.dumps(asked)
    )
    arn = str(started["executionArn"])
    return _job_id(arn), arn


def last_training(stack: DeployedStack) -> Record | None:
    """The job of the newest training, if it was recorded."""
    arns = _trainings(stack)
    return stack.job(_job_id(arns[0])) if arns else None


def is_training(stack: DeployedStack) -> bool:
    """Whether a training is under way, which may make or change the endpoint."""
    return bool(_trainings(stack, statusFilter="RUNNING"))


def asks_own(stack: DeployedStack, parameters: dict[str, str]) -> bool:
    """Whether the stack asks the endpoint that TrainClassifier makes."""
    return parameters.get("ClassifierEndpointArn") == stack.outputs[ENDPOINT]


def find_endpoint(stack: DeployedStack) -> Json | None:
    """EndpointProperties; None if there is no endpoint."""
    try:
        found = stack.client("comprehend").describe_endpoint(EndpointArn=stack.outputs[ENDPOINT])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    properties: Json = found["EndpointProperties"]
    return properties


def scaling_of(stack: DeployedStack) -> Scaling | None:
    """None if the endpoint is not scaled."""
    scaling, arn = stack.client("application-autoscaling"), stack.outputs[ENDPOINT]
    targets = scaling.describe_scalable_targets(ResourceIds=[arn], **_TARGET)["ScalableTargets"]
    if not targets:
        return None
    policies = scaling.describe_scaling_policies(ResourceId=arn, **_TARGET)["ScalingPolicies"]
    tracking = (policy.get("TargetTrackingScalingPolicyConfiguration") for policy in policies)
    limit = next((float(one["TargetValue"]) for one in tracking if one), None)
    return Scaling(int(targets[0]["MinCapacity"]), int(targets[0]["MaxCapacity"]), limit)


def models(stack: DeployedStack) -> list[Json]:
    """DocumentClassifierProperties of the stack's models, newest first."""
    name = stack.outputs[ENDPOINT].rpartition("/")[2]
    request: Json = {"Filter": {"DocumentClassifierName": name}}
    found: list[Json] = []
    while True:
        page = stack.client("comprehend").list_document_classifiers(**request)
        found += page["DocumentClassifierPropertiesList"]
        if "NextToken" not in page:
            return sorted(found, key=lambda one: one["SubmitTime"], reverse=True)
        request["NextToken"] = page["NextToken"]


def remove_endpoint(stack: DeployedStack) -> None:
    """Scaling and endpoint; the models are kept. What is not there is no error."""
    scaling, arn = stack.client("application-autoscaling"), stack.outputs[ENDPOINT]
    _unless_gone(
        lambda: scaling.deregister_scalable_target(ResourceId=arn, **_TARGET),
        "ObjectNotFoundException",
    )
    _unless_gone(
        lambda: stack.client("comprehend").delete_endpoint(EndpointArn=arn),
        "ResourceNotFoundException",
    )


def _unless_gone(call: Any, code: str) -> None:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise


def _trainings(stack: DeployedStack, **which: str) -> list[str]:
    listed = stack.client("stepfunctions").list_executions(
        stateMachineArn=stack.outputs[TRAIN_CLASSIFIER], maxResults=1, **which
    )
    return [str(one["executionArn"]) for one in listed["executions"]]


def _job_id(arn: str) -> str:
    return training_id(arn.rpartition(":")[2])
