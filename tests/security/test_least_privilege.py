"""Every call that a function or a machine makes is allowed by its role, and nothing else is.

Calls are recorded on the local engine, which lets everything pass, and judged by the template.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from security import scenes
from security.iam import Need, Statement, allows, short, used
from security.needs import needs_of
from security.stack import Stack
from workflow.conftest import PATIENCE
from workflow.running_system import Stack as RunningStack

from local.ai.running import StandIns
from local.running import Engine
from local.stack import MAX_PROCESSES

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

GUARDRAIL = "arn:aws:bedrock:us-east-1:000000000000:guardrail/local1"
PROFILE = "arn:aws:bedrock:us-east-1:000000000000:guardrail-profile/us:0"
FINE_TUNING = {
    "FineTuningImage": "000000000000.dkr.ecr.us-east-1.amazonaws.com/training:1",
    "FineTuningScript": "s3://scripts/sourcedir.tar.gz",
    "FineTuningModel": "s3://weights/train-model.tar.gz",
}
# Parameters with which each conditional statement is there, and what is done to that stack.
STACKS: dict[str, tuple[dict[str, str], list[scenes.Scene]]] = {
    "published": (
        {
            "ApiAuth": "none",
            "Reviews": "true",
            "PolicySource": "bucket",
            "ShadowPolicy": "true",
            "PolicyRefreshSeconds": "0",
            "CheckTextInImages": "true",
            "Tracing": "Active",
            "BatchToleratedFailurePercentage": "100",
            **FINE_TUNING,
        },
        [
            scenes.policies,
            scenes.arrivals,
            scenes.again,
            scenes.retried,
            scenes.stopped,
            scenes.swept,
            scenes.batches,
            scenes.data_sets,
            scenes.trainings,
            scenes.callers,
            scenes.reviews,
            scenes.appeals,
        ],
    ),
    "warning": (
        {
            "ApiAuth": "none",
            "ClassifierBackend": "toxicity",
            "ClassifierEndpointArn": "",
            "OnFlaggedPrompt": "warn",
            "MaxAttempts": "2",
        },
        [scenes.refusals, scenes.callers],
    ),
    "guarded": (
        {
            "ApiAuth": "none",
            "ClassifierBackend": "guardrail",
            "ClassifierEndpointArn": "",
            "GuardrailArn": GUARDRAIL,
            "GuardrailVersion": "1",
            "GuardrailProfileArns": PROFILE,
        },
        [scenes.arrivals, scenes.waiting, scenes.callers],
    ),
}


class Granted(NamedTuple):
    """A permission as the template writes it, with logical ids for physical names."""

    role: str
    action: str
    resource: str


# What is allowed and no recorded call needs, by action or by role, action and resource.
BY_LAMBDA = "Lambda itself asks for it, with the function's role"
BY_STEP_FUNCTIONS = "Step Functions itself asks for it, with the machine's role"
ABSENT = "without it S3 calls an absent object forbidden; no call asks for it by name"
UNCALLED_ACTIONS = {
    "logs:CreateLogStream": BY_LAMBDA,
    "logs:PutLogEvents": BY_LAMBDA,
    "sqs:ReceiveMessage": BY_LAMBDA,
    "sqs:DeleteMessage": BY_LAMBDA,
    "sqs:GetQueueAttributes": BY_LAMBDA,
    "sqs:SendMessage": BY_LAMBDA,
    "logs:CreateLogDelivery": BY_STEP_FUNCTIONS,
    "logs:GetLogDelivery": BY_STEP_FUNCTIONS,
    "logs:UpdateLogDelivery": BY_STEP_FUNCTIONS,
    "logs:DeleteLogDelivery": BY_STEP_FUNCTIONS,
    "logs:ListLogDeliveries": BY_STEP_FUNCTIONS,
    "logs:PutResourcePolicy": BY_STEP_FUNCTIONS,
    "logs:DescribeResourcePolicies": BY_STEP_FUNCTIONS,
    "logs:DescribeLogGroups": BY_STEP_FUNCTIONS,
    "events:PutTargets": BY_STEP_FUNCTIONS,
    "events:PutRule": BY_STEP_FUNCTIONS,
    "events:DescribeRule": BY_STEP_FUNCTIONS,
    "s3:ListMultipartUploadParts": BY_STEP_FUNCTIONS,
    "s3:AbortMultipartUpload": BY_STEP_FUNCTIONS,
    "xray:PutTraceSegments": "the tracing daemon asks for it, and is not there locally",
    "xray:PutTelemetryRecords": "the tracing daemon asks for it, and is not there locally",
    "xray:GetSamplingRules": "the tracing daemon asks for it, and is not there locally",
    "xray:GetSamplingTargets": "the tracing daemon asks for it, and is not there locally",
}
LINKED = "S3 asks for it of the role that signed a link, when somebody follows it"
TAGS = "S3 asks for it where what is copied has tags"
PROFILED = "Bedrock asks for it where a profile sends a prompt to another region"
UNVERSIONED = "IAM knows a classifier and its version by an ARN each; AWS may ask for both"
STOPPED = "a training is stopped after a day"
OURS = "document-classifier/safelight-prompts"
UNCALLED = {
    Granted("AcceptRequestRole", "s3:ListBucket", "PromptsBucket"): ABSENT,
    Granted("AcceptRequestRole", "s3:ListBucketVersions", "PromptsBucket"): ABSENT,
    Granted("AcceptRequestRole", "s3:ListBucket", "PolicyBucket"): ABSENT,
    Granted("AcceptRequestRole", "s3:ListBucket", "WorkBucket"): ABSENT,
    Granted("StoreImagesRole", "s3:ListBucket", "WorkBucket"): ABSENT,
    Granted("SweepRequestsRole", "s3:ListBucket", "WorkBucket"): ABSENT,
    Granted("PrepareBatchRole", "s3:ListBucket", "PromptsBucket"): ABSENT,
    Granted("PrepareBatchRole", "s3:ListBucketVersions", "PromptsBucket"): ABSENT,
    Granted("PrepareDatasetRole", "s3:ListBucket", "PolicyBucket"): ABSENT,
    Granted("PrepareTrainingRole", "s3:ListBucket", "PolicyBucket"): ABSENT,
    Granted("PrepareTrainingRole", "s3:ListBucket", "DatasetsBucket"): ABSENT,
    Granted("PrepareTrainingRole", "s3:ListBucketVersions", "DatasetsBucket"): ABSENT,
    Granted("JudgeClassifierRole", "s3:ListBucket", "DatasetsBucket"): ABSENT,
    Granted("JudgeClassifierRole", "s3:ListBucket", "WorkBucket"): ABSENT,
    Granted("CheckPromptRole", "s3:ListBucket", "PolicyBucket"): ABSENT,
    Granted("CheckImageRole", "s3:ListBucket", "PolicyBucket"): ABSENT,
    Granted("RequestImagesRole", "s3:GetObjectVersion", "ImagesBucket/*"): LINKED,
    Granted("ReadRequestsRole", "s3:GetObjectVersion", "ImagesBucket/*"): LINKED,
    Granted("ReadReviewsRole", "s3:GetObjectVersion", "WorkBucket/pictures/*"): LINKED,
    Granted("ReadReviewsRole", "s3:GetObjectVersion", "ImagesBucket/*-preview.jpg"): LINKED,
    Granted("ModerateDatasetImagesRole", "s3:ListBucket", "DatasetsBucket"): ABSENT,
    Granted("ModerateDatasetImagesRole", "s3:ListBucket", "WorkBucket"): ABSENT,
    Granted("ModerateDatasetImagesRole", "s3:PutObjectTagging", "DatasetsBucket/clean/*"): TAGS,
    Granted("ModerateDatasetImagesRole", "s3:PutObjectTagging", "DatasetsBucket/quarantine/*"): (
        TAGS
    ),
    Granted("ReportDatasetRole", "s3:GetObjectVersionTagging", "DatasetsBucket/datasets/*"): TAGS,
    Granted("ReportDatasetRole", "s3:PutObjectTagging", "DatasetsBucket/clean/*"): TAGS,
    **{
        Granted(f"{machine}Role", f"states:{action}", f"execution:safelight-{machine}{which}"): (
            BY_STEP_FUNCTIONS
        )
        for machine in ("RunBatch", "ModerateDataset")
        for action in ("DescribeExecution", "StopExecution")
        for which in (":*", "/*")
    },
    Granted("ModerateDatasetRole", "sagemaker:AddTags", "training-job/safelight-dataset-*"): (
        BY_STEP_FUNCTIONS
    ),
    Granted(
        "ModerateDatasetRole", "sagemaker:StopTrainingJob", "training-job/safelight-dataset-*"
    ): ("Step Functions stops a job that its Task no longer waits for"),
    Granted("TrainClassifierRole", "comprehend:CreateDocumentClassifier", OURS): UNVERSIONED,
    Granted("TrainClassifierRole", "comprehend:DescribeDocumentClassifier", OURS): UNVERSIONED,
    Granted("TrainClassifierRole", "comprehend:StopTrainingDocumentClassifier", OURS): STOPPED,
    Granted("TrainClassifierRole", "comprehend:StopTrainingDocumentClassifier", f"{OURS}/*"): (
        STOPPED
    ),
    Granted(
        "TrainClassifierRole",
        "iam:CreateServiceLinkedRole",
        "role/aws-service-role/comprehend.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_ComprehendEndpoint",
    ): "Application Auto Scaling asks for it, once in an account",
    Granted("GenerateImagesRole", "s3:GetObject", "WorkBucket/inference/input/*"): (
        "SageMaker may ask whether its caller could read the input itself"
    ),
    Granted("ModerateImagesRole", "s3:GetObject", "WorkBucket/pictures/*"): (
        "Rekognition reads with its caller's permissions, and does not say with which of the two"
    ),
    Granted("ClassifyPromptRole", "bedrock:ApplyGuardrail", "guardrail-profile/us:0"): PROFILED,
    Granted("CheckPromptRole", "bedrock:ApplyGuardrail", "guardrail-profile/us:0"): PROFILED,
}


@dataclass
class Recording:
    """What one stack did: the needs of its calls by role, and the roles as deployed."""

    written: Stack
    deployed: Stack
    needs: dict[str, set[Need]]

    def permissions(self) -> Iterator[tuple[Granted, bool]]:
        """Every permission of whoever made calls, and whether one of them needed it."""
        deployed = self.deployed.roles()
        for role, statements in self.written.roles().items():
            pairs = zip(_pairs(statements), _pairs(deployed[role]), strict=True)
            for written, there in pairs if role in self.needs else ():
                granted = Granted(role, written.action, short(written.resource))
                yield granted, used(there, self.needs[role])


@pytest.fixture(scope="module")
def recordings() -> Iterator[list[Recording]]:
    with (
        StandIns() as stand_ins,
        Engine(
            ai_endpoint=stand_ins.endpoint, time_scale=10, max_processes=MAX_PROCESSES
        ) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        engine.record_calls()
        stand_ins.record_calls()
        yield [_play(engine, stand_ins, name, *told) for name, told in STACKS.items()]


def _play(
    engine: Engine,
    stand_ins: StandIns,
    name: str,
    parameters: dict[str, str],
    played: list[scenes.Scene],
) -> Recording:
    stack = RunningStack(engine, stand_ins, name, {**PATIENCE, **parameters})
    for scene in played:
        scene(stack)
    cloudformation = engine.client("cloudformation")
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Parameters"]
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    values = {one["ParameterKey"]: one["ParameterValue"] for one in described}
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
    deployed = Stack({**values, "AWS::StackName": name}, names)
    callers = {
        deployed.name(caller): deployed.role_of(caller)
        for kind in ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")
        for caller in deployed.of_type(kind)
    }
    needs: dict[str, set[Need]] = {role: set() for role in callers.values()}
    for call in engine.recorded_calls() + stand_ins.recorded_calls():
        role = callers.get(call["caller"].partition("/")[0])
        if role and call["service"] != "delivery":
            needs[role].update(needs_of(call))
    stack.delete()
    return Recording(Stack(values), deployed, needs)


def test_every_call_is_allowed(recordings: list[Recording]) -> None:
    refused = {
        (role, need)
        for recording in recordings
        for role, statements in recording.deployed.roles().items()
        for need in recording.needs.get(role, ())
        if not allows(statements, need)
    }
    assert not refused


def test_what_is_allowed_is_called(recordings: list[Recording]) -> None:
    told = [told for recording in recordings for told in recording.permissions()]
    uncalled = {granted for granted, _ in told} - {granted for granted, called in told if called}
    unexplained = {
        granted
        for granted in uncalled
        if granted.action not in UNCALLED_ACTIONS and granted not in UNCALLED
    }
    assert not unexplained
    assert uncalled >= UNCALLED.keys(), "some of what is explained is called after all"
    assert {granted.action for granted in uncalled} >= UNCALLED_ACTIONS.keys()


def _pairs(statements: list[Statement]) -> Iterator[Need]:
    return itertools.chain.from_iterable(statement.pairs() for statement in statements)
