"""container/endpoint.yaml beside the main stack: what one asks for, the other grants."""

import json
import re
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse
from security.iam import Need, Statement, allows, as_list, used
from security.stack import Stack
from wiring.system import ROOT, TEMPLATE

from server.settings import Settings
from shared.inferences import FAILURES, OUTPUTS

ENDPOINT: dict[str, Any] = yaml_parse((ROOT / "container" / "endpoint.yaml").read_text("utf-8"))
ACCOUNT = "000000000000"
BUCKET, MODELS = "work", "models"
SUCCESS, ERROR = (f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}" for name in ("success", "error"))
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/ours"
GIVEN = {
    "ImageUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/team/generator:1",
    "ModelDataUrl": f"s3://{MODELS}/sd/model.tar.gz",
    "WorkBucketName": BUCKET,
    "SuccessTopicArn": SUCCESS,
    "ErrorTopicArn": ERROR,
}
PLAIN = Stack(GIVEN, template=ENDPOINT)
KEYED = Stack(GIVEN | {"KmsKeyArn": KEY}, template=ENDPOINT)
ROLE = PLAIN.arn("GeneratorRole")
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:EndpointLogGroup"
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
# What an asynchronous endpoint does in its model's name: SageMaker Developer Guide, "Complete the
# prerequisites" of asynchronous inference, and "SageMaker AI roles", CreateModel.
NEEDS = [
    Need("s3:GetObject", f"arn:aws:s3:::{BUCKET}/inference/input/request"),
    *(
        Need(action, f"arn:aws:s3:::{BUCKET}/{prefix}reply.out")
        for action in ("s3:PutObject", "s3:AbortMultipartUpload")
        for prefix in (OUTPUTS, FAILURES)
    ),
    *(Need("s3:ListBucket", f"arn:aws:s3:::{bucket}") for bucket in (BUCKET, MODELS)),
    *(Need("sns:Publish", topic) for topic in (SUCCESS, ERROR)),
    Need("s3:GetObject", f"arn:aws:s3:::{MODELS}/sd/model.tar.gz"),
    *(
        Need(action, f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/generator")
        for action in PULL
    ),
    Need("ecr:GetAuthorizationToken"),
    Need("logs:CreateLogGroup", LOGS),
    Need("logs:DescribeLogStreams", f"{LOGS}:log-stream:AllTraffic/i-0"),
    Need("logs:CreateLogStream", f"{LOGS}:log-stream:AllTraffic/i-0"),
    Need("logs:PutLogEvents", f"{LOGS}:log-stream:AllTraffic/i-0"),
]
OF_THE_KEY = [Need("kms:Decrypt", KEY), Need("kms:GenerateDataKey", KEY)]


def statements(stack: Stack) -> list[dict[str, Any]]:
    (policy,) = stack.of_type("AWS::IAM::Role")["GeneratorRole"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def allowed(stack: Stack) -> list[Statement]:
    return [Statement.of(one) for one in statements(stack) if "Condition" not in one]


def one_of(stack: Stack, kind: str) -> dict[str, Any]:
    (found,) = stack.of_type(kind).values()
    return found


@pytest.mark.parametrize("name", ENDPOINT["Parameters"])
def test_a_parameter_is_asked_for_described_and_used(name: str) -> None:
    groups = ENDPOINT["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sum(group["Parameters"].count(name) for group in groups) == 1
    assert ENDPOINT["Parameters"][name]["Description"].endswith(".")
    rest = json.dumps([ENDPOINT["Conditions"], ENDPOINT["Resources"]])
    assert f'"Ref": "{name}"' in rest or f"${{{name}}}" in rest


@pytest.mark.parametrize("name", sorted(ENDPOINT["Parameters"].keys() & TEMPLATE["Parameters"]))
def test_what_both_stacks_ask_for_is_the_same(name: str) -> None:
    ours, theirs = ENDPOINT["Parameters"][name], TEMPLATE["Parameters"][name]
    keys = {"Type", "Default", "AllowedPattern", "AllowedValues"}
    assert {key: ours.get(key) for key in keys} == {key: theirs.get(key) for key in keys}


@pytest.mark.parametrize(
    ("parameter", "output"),
    [
        ("WorkBucketName", "WorkBucket"),
        ("SuccessTopicArn", "SuccessTopic"),
        ("ErrorTopicArn", "ErrorTopic"),
    ],
)
def test_what_comes_from_the_main_stack_is_an_output_of_it(parameter: str, output: str) -> None:
    assert f"output {output}." in ENDPOINT["Parameters"][parameter]["Description"]
    assert output in TEMPLATE["Outputs"]
    assert "GeneratorRoleArn" in ENDPOINT["Outputs"].keys() & TEMPLATE["Parameters"].keys()


@pytest.mark.parametrize("need", NEEDS, ids=str)
def test_the_role_may_do_what_the_endpoint_does(need: Need) -> None:
    assert allows(allowed(PLAIN), need)


@pytest.mark.parametrize("need", OF_THE_KEY, ids=str)
def test_the_role_may_use_the_key_if_there_is_one(need: Need) -> None:
    assert allows(allowed(KEYED), need)
    assert not allows(allowed(PLAIN), need)


def test_the_role_may_do_nothing_else() -> None:
    needs = [*NEEDS, *OF_THE_KEY]
    for statement in allowed(KEYED):
        for pair in statement.pairs():
            assert used(pair, needs) or pair.action.startswith("logs:"), pair
    (conditional,) = (one for one in statements(KEYED) if "Condition" in one)
    assert conditional["Action"] == "cloudwatch:PutMetricData"
    assert conditional["Condition"] == {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}


@pytest.mark.parametrize("image", ["generator:1", "generator@sha256:0a", "generator"])
def test_the_role_may_pull_its_image_and_no_other(image: str) -> None:
    registry = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
    role = allowed(Stack(GIVEN | {"ImageUri": f"{registry}/{image}"}, template=ENDPOINT))
    ours = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/generator"
    assert allows(role, Need("ecr:BatchGetImage", ours))
    assert not allows(role, Need("ecr:BatchGetImage", f"{ours}-2"))


@pytest.mark.parametrize(
    ("policy", "action", "resources"),
    [
        (
            "WorkBucketPolicy",
            "s3:PutObject",
            {f"arn:aws:s3:::{BUCKET}/{prefix}*" for prefix in (OUTPUTS, FAILURES)},
        ),
        ("TopicsPolicy", "sns:Publish", {"*"}),
    ],
)
def test_the_main_stack_denies_everybody_but_the_role(
    policy: str, action: str, resources: set[str]
) -> None:
    main = Stack({"GeneratorRoleArn": ROLE}, {"WorkBucket": BUCKET})
    document = main.resources[policy]["Properties"]["PolicyDocument"]
    denied = [one for one in document["Statement"] if one["Sid"] != "TLSOnly"]
    (one,) = denied
    assert (one["Effect"], one["Action"]) == ("Deny", action)
    assert set(as_list(one["Resource"])) == resources
    assert one["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}


def test_results_go_where_the_main_stack_looks_for_them() -> None:
    config = one_of(PLAIN, "AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]
    assert config["OutputConfig"] == {
        "S3OutputPath": f"s3://{BUCKET}/{OUTPUTS}",
        "S3FailurePath": f"s3://{BUCKET}/{FAILURES}",
        "NotificationConfig": {"SuccessTopic": SUCCESS, "ErrorTopic": ERROR},
    }


def test_results_are_encrypted_with_the_key_and_volumes_by_the_instances() -> None:
    config = one_of(KEYED, "AWS::SageMaker::EndpointConfig")
    assert config["AsyncInferenceConfig"]["OutputConfig"]["KmsKeyId"] == KEY
    assert "KmsKeyId" not in config
    assert one_of(KEYED, "AWS::Logs::LogGroup")["KmsKeyId"] == KEY


def test_an_instance_is_given_as_many_requests_as_the_server_paints_at_once() -> None:
    stack = Stack(GIVEN | {"ConcurrentInvocations": "5"}, template=ENDPOINT)
    config = one_of(stack, "AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]
    container = one_of(stack, "AWS::SageMaker::Model")["PrimaryContainer"]
    assert config["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": "5"}
    assert container["Environment"]["MAX_BATCH"] == "5"


@pytest.mark.parametrize("compiled", ["true", "false"])
def test_the_server_reads_what_the_stack_sets(compiled: str) -> None:
    given = {"Compile": compiled, "Scheduler": "model", "Side": "768", "ModelVersion": "xl"}
    stack = Stack(GIVEN | given, template=ENDPOINT)
    environment = one_of(stack, "AWS::SageMaker::Model")["PrimaryContainer"]["Environment"]
    read = Settings.from_env(environment)
    assert (read.compiled, read.scheduler) == (compiled == "true", "model")
    assert (read.max_batch, read.limits.side, read.model_version) == (8, 768, "xl")
    assert len(environment) == 5


def test_the_container_has_no_network() -> None:
    assert one_of(PLAIN, "AWS::SageMaker::Model")["EnableNetworkIsolation"] is True


def test_what_is_scaled_is_the_variant_there_is() -> None:
    (variant,) = one_of(PLAIN, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    target = one_of(PLAIN, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["ServiceNamespace"] == "sagemaker"
    assert target["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert target["ResourceId"] == f"endpoint/Endpoint/variant/{variant['VariantName']}"
    for policy in PLAIN.of_type("AWS::ApplicationAutoScaling::ScalingPolicy").values():
        assert policy["ScalingTargetId"] == "ScalableInstances"
    for alarm in PLAIN.of_type("AWS::CloudWatch::Alarm").values():
        assert re.findall(r"VariantName', 'Value': '(.*?)'", str(alarm)) in (
            [],
            *([variant["VariantName"]] * n for n in (1, 3)),
        )


def test_the_wake_alarm_starts_an_instance() -> None:
    alarm = PLAIN.of_type("AWS::CloudWatch::Alarm")["WakeAlarm"]
    assert alarm["MetricName"] == "HasBacklogWithoutCapacity"
    assert alarm["AlarmActions"] == [PLAIN.arn("WakeFromZero")]
    policies = PLAIN.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
    wake = policies["WakeFromZero"]["StepScalingPolicyConfiguration"]
    assert wake["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]


@pytest.mark.parametrize(("least", "first"), [("0", 1), ("3", "3")])
def test_an_endpoint_begins_with_an_instance_although_it_may_sleep_later(
    least: str, first: object
) -> None:
    stack = Stack(GIVEN | {"MinInstances": least, "MaxInstances": "4"}, template=ENDPOINT)
    (variant,) = one_of(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InitialInstanceCount"] == first
    target = one_of(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (least, "4")


def test_without_scaling_nothing_of_it_is_left() -> None:
    stack = Stack(GIVEN | {"AutoScaling": "false"}, template=ENDPOINT)
    assert not any(
        body["Type"].startswith("AWS::ApplicationAutoScaling") for body in stack.resources.values()
    )
    assert "WakeAlarm" not in stack.resources


def test_instances_without_gpu_take_sagemakers_own_machine_image() -> None:
    stack = Stack(GIVEN | {"InferenceAmiVersion": ""}, template=ENDPOINT)
    (variant,) = one_of(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert "InferenceAmiVersion" not in variant


def test_alarms_tell_the_topic_if_there_is_one() -> None:
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"
    told = Stack(GIVEN | {"AlarmTopicArn": topic}, template=ENDPOINT)
    for name, alarm in told.of_type("AWS::CloudWatch::Alarm").items():
        if name != "WakeAlarm":
            assert alarm["AlarmActions"] == [topic]
            assert "AlarmActions" not in PLAIN.of_type("AWS::CloudWatch::Alarm")[name]
