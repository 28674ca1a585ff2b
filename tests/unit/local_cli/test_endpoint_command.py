"""`safelight endpoint` against an account whose answers have the shapes of AWS's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError
from samtranslator.yaml_helper import yaml_parse
from unit.local_cli.aws_calls import Account, Json, refusal

from local import cli
from local.commands import which_stack
from local.commands.failure import FAILED, SUCCESS
from local.cost import prices
from local.deployed_stack import DeployedStack
from local.endpoint.requests import (
    IDLE_SECONDS,
    Place,
    Scaling,
    Served,
    endpoint_config,
    scaling_calls,
    wake_alarm,
)
from local.endpoint.requests import policy as policy_for

Output = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[3]
NAME = "safelight-generator"
ARN = f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/{NAME}"
ROLE = "arn:aws:iam::111122223333:role/service-role/jumpstart"
SUCCESS_TOPIC, ERROR_TOPIC = (
    f"arn:aws:sns:us-east-1:111122223333:{name}" for name in ("success", "error")
)
KEY = "arn:aws:kms:us-east-1:111122223333:key/ours"
WAKE = "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:1:wake"
PLACE = Place(NAME, "work", SUCCESS_TOPIC, ERROR_TOPIC)
STARTUP = {
    "ModelDataDownloadTimeoutInSeconds": 900,
    "ContainerStartupHealthCheckTimeoutInSeconds": 900,
}
SERVED = Served("sd", ROLE, "ml.g5.2xlarge", STARTUP)
WISHED = endpoint_config(PLACE, SERVED, 1)
ADOPT = ["endpoint", "adopt", "--model", "sd", "--stack", "safelight"]
WRITES = ("create_", "update_", "delete_", "put_", "register_", "deregister_", "wait_")
OUTPUTS = {"WorkBucket": "work", "SuccessTopic": SUCCESS_TOPIC, "ErrorTopic": ERROR_TOPIC}
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def described(config: str, status: str = "InService", instances: int = 1) -> Json:
    """DescribeEndpoint's answer."""
    variant = {
        "VariantName": "AllTraffic",
        "CurrentInstanceCount": instances,
        "DesiredInstanceCount": 1,
    }
    return {
        "EndpointName": NAME,
        "EndpointArn": ARN,
        "EndpointConfigName": config,
        "EndpointStatus": status,
        "ProductionVariants": [variant],
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
    }


def configured(name: str, **more: Any) -> Json:
    """DescribeEndpointConfig's answer: asynchronous, unless told otherwise."""
    made = {
        "EndpointConfigName": name,
        "EndpointConfigArn": f"arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/{name}",
        "ProductionVariants": WISHED["ProductionVariants"],
        "AsyncInferenceConfig": WISHED["AsyncInferenceConfig"],
        "CreationTime": NOW,
    }
    return {key: value for key, value in (made | more).items() if value is not None}


def simulated(decision: str) -> Any:
    """SimulatePrincipalPolicy's answer: everything is so."""

    def answer(request: Json) -> Json:
        return {
            "EvaluationResults": [
                {"EvalActionName": action, "EvalResourceName": arn, "EvalDecision": decision}
                for action in request["ActionNames"]
                for arn in request["ResourceArns"]
            ]
        }

    return answer


def target(least: int = 0, most: int = 2) -> Json:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{NAME}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": least,
        "MaxCapacity": most,
        "RoleARN": "arn:aws:iam::111122223333:role/scaling",
        "CreationTime": NOW,
    }


@pytest.fixture
def parameters() -> dict[str, str]:
    return {"EndpointName": NAME, "KmsKeyArn": "", "GeneratorRoleArn": ""}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str]) -> Account:
    """One with a model and a role that may everything, and no endpoint."""
    made = Account(
        {
            "describe_stacks": lambda _: {
                "Stacks": [
                    {
                        "StackName": "safelight",
                        "CreationTime": NOW,
                        "StackStatus": "UPDATE_COMPLETE",
                        "Parameters": [
                            {"ParameterKey": key, "ParameterValue": value}
                            for key, value in parameters.items()
                        ],
                    }
                ]
            },
            "describe_model": {
                "ModelName": "sd",
                "ExecutionRoleArn": ROLE,
                "ModelArn": "arn:aws:sagemaker:us-east-1:111122223333:model/sd",
                "CreationTime": NOW,
            },
            "describe_endpoint": refusal("DescribeEndpoint", f'Could not find endpoint "{ARN}".'),
            "describe_endpoint_config": refusal(
                "DescribeEndpointConfig", 'Could not find endpoint configuration "arn:…".'
            ),
            "list_tags": {"Tags": []},
            "describe_scalable_targets": {"ScalableTargets": []},
            "simulate_principal_policy": simulated("allowed"),
            "put_scaling_policy": {"PolicyARN": WAKE, "Alarms": []},
            "create_endpoint_config": {"EndpointConfigArn": "arn:aws:sagemaker:r:1:ec/made"},
            "create_endpoint": {"EndpointArn": ARN},
            "update_endpoint": {"EndpointArn": ARN},
        }
    )
    monkeypatch.setattr(which_stack, "in_account", lambda name: DeployedStack(name, made, OUTPUTS))
    return made


@pytest.fixture
def running(account: Account) -> Account:
    """One whose endpoint runs another configuration."""
    account.answers["describe_endpoint"] = described("before")

    def config(request: Json) -> Json:
        if request["EndpointConfigName"] == "before":
            return configured("before")
        raise refusal("DescribeEndpointConfig", "Could not find endpoint configuration.")

    account.answers["describe_endpoint_config"] = config
    return account


def test_a_model_gets_an_endpoint(account: Account, capsys: Output) -> None:
    assert cli.main([*ADOPT, "--yes"]) == SUCCESS
    assert account.called(*WRITES) == ["create_endpoint_config", "create_endpoint"]
    config = account.request("create_endpoint_config")
    assert config["AsyncInferenceConfig"] == {
        "OutputConfig": {
            "S3OutputPath": "s3://work/inference/output/",
            "S3FailurePath": "s3://work/inference/failure/",
            "NotificationConfig": {"SuccessTopic": SUCCESS_TOPIC, "ErrorTopic": ERROR_TOPIC},
        },
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
    }
    assert account.request("create_endpoint") == {
        "EndpointName": NAME,
        "EndpointConfigName": config["EndpointConfigName"],
    }
    told = capsys.readouterr().out
    assert "It may all of it already." in told
    assert "asked for or not: 1.515 USD an hour, 36 a day" in told
    assert f"sam deploy --parameter-overrides GeneratorRoleArn={ROLE}" in told
    assert "never sleeps" in told


def test_scaling_waits_until_it_is_in_service(account: Account) -> None:
    assert cli.main([*ADOPT, "--yes", "--max-instances", "2"]) == SUCCESS
    assert account.called(*WRITES) == [
        "create_endpoint_config",
        "create_endpoint",
        "wait_endpoint_in_service",
        "register_scalable_target",
        "put_scaling_policy",
        "put_scaling_policy",
        "put_metric_alarm",
    ]
    assert account.request("register_scalable_target")["MaxCapacity"] == 2
    assert account.request("put_metric_alarm")["AlarmActions"] == [WAKE]


def test_what_is_as_wished_is_left_alone(account: Account, capsys: Output) -> None:
    account.answers["describe_endpoint"] = described(WISHED["EndpointConfigName"])
    account.answers["describe_endpoint_config"] = configured(WISHED["EndpointConfigName"])
    assert cli.main(ADOPT) == SUCCESS
    assert account.called(*WRITES) == []
    assert "as wished" in capsys.readouterr().out


def test_what_was_broken_off_while_it_started_goes_on(account: Account) -> None:
    account.answers["describe_endpoint"] = described(WISHED["EndpointConfigName"], "Creating")
    account.answers["describe_endpoint_config"] = configured(WISHED["EndpointConfigName"])
    assert cli.main([*ADOPT, "--yes", "--max-instances", "2"]) == SUCCESS
    assert account.called(*WRITES)[:2] == ["wait_endpoint_in_service", "register_scalable_target"]


def test_a_configuration_that_is_there_is_used(account: Account) -> None:
    account.answers["describe_endpoint_config"] = configured(WISHED["EndpointConfigName"])
    assert cli.main([*ADOPT, "--yes"]) == SUCCESS
    assert account.called(*WRITES) == ["create_endpoint"]


def test_another_wish_updates_it_and_keeps_its_instances(running: Account) -> None:
    assert cli.main([*ADOPT, "--yes", "--concurrent", "4"]) == SUCCESS
    assert running.called(*WRITES) == ["create_endpoint_config", "update_endpoint"]
    assert running.request("update_endpoint")["RetainAllVariantProperties"] is True


def test_what_is_scaled_stays_so(running: Account, capsys: Output) -> None:
    running.answers["describe_scalable_targets"] = {"ScalableTargets": [target(1, 3)]}
    assert cli.main([*ADOPT, "--yes", "--concurrent", "4"]) == SUCCESS
    told = capsys.readouterr().out
    assert "Up to 3 instances, 1 always." in told
    assert "never sleeps" not in told


def test_another_instance_type_of_what_is_scaled_switches_scaling_off_and_on(
    running: Account, capsys: Output
) -> None:
    running.answers["describe_scalable_targets"] = {"ScalableTargets": [target()]}
    wish = [*ADOPT, "--yes", "--instance-type", "ml.g6.xlarge"]
    assert cli.main(wish) == FAILED
    assert "Say --max-instances" in capsys.readouterr().err
    assert cli.main([*wish, "--max-instances", "2"]) == SUCCESS
    assert running.called(*WRITES)[:5] == [
        "deregister_scalable_target",
        "create_endpoint_config",
        "update_endpoint",
        "wait_endpoint_in_service",
        "register_scalable_target",
    ]


def test_a_dry_run_shows_all_and_changes_nothing(
    account: Account, capsys: Output, tmp_path: Path
) -> None:
    file = tmp_path / "role.json"
    line = [*ADOPT, "--dry-run", "--max-instances", "2", "--policy", str(file)]
    assert cli.main(line) == SUCCESS
    assert account.called(*WRITES) == []
    told = capsys.readouterr().out
    for name in ("create_endpoint_config", "put_metric_alarm", WISHED["EndpointConfigName"]):
        assert name in told
    assert "Nothing was changed." in told
    assert json.loads(file.read_text()) == policy_for(PLACE, "aws")


@pytest.mark.parametrize(("answer", "ended"), [("y", SUCCESS), ("", FAILED)])
def test_it_asks_before(
    account: Account, monkeypatch: pytest.MonkeyPatch, answer: str, ended: int
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: answer)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert cli.main(ADOPT) == ended
    assert bool(account.called(*WRITES)) is (ended == SUCCESS)


def test_where_nobody_can_be_asked_it_does_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "y")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert cli.main(ADOPT) == FAILED
    assert account.called(*WRITES) == []
    assert "say --yes" in capsys.readouterr().err


def test_what_the_role_lacks_is_told_with_the_way_to_give_it(
    account: Account, capsys: Output
) -> None:
    account.answers["simulate_principal_policy"] = simulated("implicitDeny")
    assert cli.main([*ADOPT, "--dry-run"]) == SUCCESS
    told = capsys.readouterr().out
    assert f"  sns:Publish on {ERROR_TOPIC}\n" in told
    assert "  s3:PutObject on arn:aws:s3:::work/inference/failure/example\n" in told
    assert "aws iam put-role-policy --role-name jumpstart" in told


def test_who_may_not_ask_iam_is_told_so(account: Account, capsys: Output) -> None:
    account.answers["simulate_principal_policy"] = refusal("S", "not authorized", "AccessDenied")
    assert cli.main([*ADOPT, "--dry-run"]) == SUCCESS
    assert "could not be asked" in capsys.readouterr().out


def test_the_stacks_key_is_used(account: Account, parameters: dict[str, str]) -> None:
    parameters["KmsKeyArn"] = KEY
    assert cli.main([*ADOPT, "--yes"]) == SUCCESS
    config = account.request("create_endpoint_config")
    assert config["AsyncInferenceConfig"]["OutputConfig"]["KmsKeyId"] == KEY
    assert account.request("simulate_principal_policy")["ActionNames"] == [
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ]


def test_a_role_that_the_main_stack_keeps_out_is_told_of(
    account: Account, parameters: dict[str, str], capsys: Output
) -> None:
    parameters["GeneratorRoleArn"] = "arn:aws:iam::111122223333:role/another"
    assert cli.main([*ADOPT, "--yes"]) == FAILED
    assert account.called(*WRITES) == []
    advice = f"sam deploy --parameter-overrides GeneratorRoleArn={ROLE}"
    assert advice in capsys.readouterr().err
    assert cli.main([*ADOPT, "--dry-run"]) == SUCCESS
    assert advice in capsys.readouterr().out
    parameters["GeneratorRoleArn"] = ROLE
    assert cli.main([*ADOPT, "--yes"]) == SUCCESS
    assert advice not in capsys.readouterr().out


def test_the_model_of_a_real_time_endpoint_is_taken_as_it_runs(
    account: Account, capsys: Output
) -> None:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "js",
        "InstanceType": "ml.g4dn.4xlarge",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1.0,
        "ModelDataDownloadTimeoutInSeconds": 1200,
    }
    absent = account.answers["describe_endpoint"]
    assert isinstance(absent, Exception)

    def endpoint(request: Json) -> Json:
        if request["EndpointName"] == "jumpstart":
            return described("real-time") | {"EndpointName": "jumpstart"}
        raise absent

    def config(request: Json) -> Json:
        if request["EndpointConfigName"] == "real-time":
            return configured("real-time", ProductionVariants=[variant], AsyncInferenceConfig=None)
        raise refusal("DescribeEndpointConfig", "Could not find endpoint configuration.")

    account.answers |= {"describe_endpoint": endpoint, "describe_endpoint_config": config}
    line = ["endpoint", "adopt", "--serving", "jumpstart", "--stack", "safelight", "--yes"]
    assert cli.main(line) == SUCCESS
    (made,) = account.request("create_endpoint_config")["ProductionVariants"]
    assert made == {
        "VariantName": "AllTraffic",
        "ModelName": "js",
        "InstanceType": "ml.g4dn.4xlarge",
        "InitialInstanceCount": 1,
        "ModelDataDownloadTimeoutInSeconds": 1200,
    }
    assert "delete-endpoint --endpoint-name jumpstart" in capsys.readouterr().out

    del variant["ModelName"]
    assert cli.main(line) == FAILED
    assert "inference components" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"describe_endpoint": described("before", "Updating")}, "is Updating"),
        ({"describe_endpoint": described("before", "Failed")}, "delete it first"),
        (
            {"describe_endpoint_config": configured("before", AsyncInferenceConfig=None)},
            "real-time",
        ),
        (
            {"list_tags": {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "gpu"}]}},
            "belongs to the CloudFormation stack gpu",
        ),
        ({"describe_model": refusal("DescribeModel", 'Could not find model "x".')}, "no model sd"),
        ({"describe_model": refusal("D", "not authorized", "AccessDenied")}, "not authorized"),
    ],
)
def test_what_cannot_be_is_said(
    running: Account, answers: dict[str, Any], told: str, capsys: Output
) -> None:
    running.answers |= answers
    assert cli.main([*ADOPT, "--yes"]) == FAILED
    assert told in capsys.readouterr().err
    assert running.called(*WRITES) == []


def test_what_does_not_come_into_service_is_said(account: Account, capsys: Output) -> None:
    account.answers["wait_endpoint_in_service"] = WaiterError(
        name="EndpointInService", reason="Failed", last_response={}
    )
    assert cli.main([*ADOPT, "--yes", "--max-instances", "2"]) == FAILED
    assert "safelight endpoint status" in capsys.readouterr().err
    assert "register_scalable_target" not in account.called(*WRITES)


@pytest.mark.parametrize("command", ["adopt --model sd", "status", "delete"])
def test_the_local_stack_has_no_endpoint_of_this_kind(command: str, capsys: Output) -> None:
    assert cli.main(["endpoint", *command.split()]) == FAILED
    assert "--stack NAME" in capsys.readouterr().err


def test_fewer_at_most_than_at_least_is_refused(account: Account, capsys: Output) -> None:
    assert cli.main([*ADOPT, "--max-instances", "1", "--min-instances", "2"]) == FAILED
    assert "--min-instances" in capsys.readouterr().err


def test_status_tells_instances_scaling_backlog_and_activities(
    running: Account, capsys: Output
) -> None:
    points = [
        {"Timestamp": NOW.replace(minute=minute), "Maximum": float(minute), "Unit": "Count"}
        for minute in (7, 3)
    ]
    activity = {
        "ActivityId": "1",
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{NAME}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "Description": "Setting desired instance count to 1.",
        "Cause": "an alarm",
        "StartTime": NOW,
        "StatusCode": "Successful",
    }
    running.answers |= {
        "describe_endpoint": described("before", instances=0),
        "describe_scalable_targets": {"ScalableTargets": [target()]},
        "describe_scaling_activities": {"ScalingActivities": [activity]},
        "get_metric_statistics": {"Label": "ApproximateBacklogSize", "Datapoints": points},
    }
    assert cli.main(["endpoint", "status", "--stack", "safelight"]) == SUCCESS
    told = capsys.readouterr().out
    assert "instances: 0 of 1 wanted, scaled between 0 and 2" in told
    assert "backlog: 7" in told
    assert "Setting desired instance count to 1." in told


def test_status_tells_what_is_missing(account: Account, capsys: Output) -> None:
    assert cli.main(["endpoint", "status", "--stack", "safelight"]) == FAILED
    assert f"no endpoint {NAME}" in capsys.readouterr().out


def test_status_tells_failures(running: Account, capsys: Output) -> None:
    failed = described("before", "Failed") | {"FailureReason": "CannotStartContainerError"}
    del failed["ProductionVariants"]
    running.answers |= {
        "describe_endpoint": failed,
        "get_metric_statistics": {"Label": "ApproximateBacklogSize", "Datapoints": []},
    }
    assert cli.main(["endpoint", "status", "--stack", "safelight"]) == FAILED
    told = capsys.readouterr().out
    assert "Failed (CannotStartContainerError)" in told
    assert "no figure of late" in told


def test_delete_takes_everything_down_in_order(running: Account) -> None:
    running.answers["describe_scalable_targets"] = {"ScalableTargets": [target()]}
    line = ["endpoint", "delete", "--stack", "safelight"]
    assert cli.main([*line, "--dry-run"]) == SUCCESS
    assert running.called(*WRITES) == []
    assert cli.main([*line, "--yes"]) == SUCCESS
    assert running.called(*WRITES) == [
        "delete_alarms",
        "deregister_scalable_target",
        "delete_endpoint",
        "wait_endpoint_deleted",
        "delete_endpoint_config",
    ]


def test_delete_refuses_what_is_not_its_own(running: Account, capsys: Output) -> None:
    running.answers["describe_endpoint_config"] = configured("before", AsyncInferenceConfig=None)
    assert cli.main(["endpoint", "delete", "--stack", "safelight", "--yes"]) == FAILED
    assert "real-time" in capsys.readouterr().err
    assert running.called(*WRITES) == []


def test_the_name_of_a_configuration_fits_and_says_its_content() -> None:
    long = Place("a" * 63, "work", SUCCESS_TOPIC, ERROR_TOPIC)
    name = endpoint_config(long, SERVED, 1)["EndpointConfigName"]
    assert len(name) == 63
    assert name != endpoint_config(long, SERVED, 2)["EndpointConfigName"]
    assert name == endpoint_config(long, SERVED, 1)["EndpointConfigName"]


def test_adopted_endpoints_scale_as_those_of_the_template() -> None:
    template = yaml_parse((ROOT / "container" / "endpoint.yaml").read_text("utf-8"))
    resources = {name: body["Properties"] for name, body in template["Resources"].items()}
    by_name = {
        name: call.request
        for call in scaling_calls(NAME, Scaling(0, 1, 16))
        if (name := call.request.get("PolicyName", call.method))
    }
    wake = resources["WakeFromZero"]["StepScalingPolicyConfiguration"]
    assert by_name["WakeFromZero"]["StepScalingPolicyConfiguration"] == wake
    theirs = resources["ScaleByBacklog"]["TargetTrackingScalingPolicyConfiguration"]
    ours = by_name["ScaleByBacklog"]["TargetTrackingScalingPolicyConfiguration"]
    for name in ("Namespace", "MetricName", "Statistic"):
        metric = ours["CustomizedMetricSpecification"][name]
        assert metric == theirs["CustomizedMetricSpecification"][name]
    assert ours["ScaleOutCooldown"] == theirs["ScaleOutCooldown"]
    assert ours["ScaleInCooldown"] == template["Parameters"]["IdleSeconds"]["Default"]
    assert ours["ScaleInCooldown"] == IDLE_SECONDS
    given = {"AlarmName", "AlarmDescription", "AlarmActions", "Dimensions"}
    alarm = {key: value for key, value in by_name["put_metric_alarm"].items() if key not in given}
    assert alarm == {key: resources["WakeAlarm"][key] for key in alarm}
    assert by_name["put_metric_alarm"]["AlarmName"] == wake_alarm(NAME)


def test_the_policy_is_the_templates_beside_the_model_image_and_logs() -> None:
    template = yaml_parse((ROOT / "container" / "endpoint.yaml").read_text("utf-8"))
    (policy,) = template["Resources"]["GeneratorRole"]["Properties"]["Policies"]
    theirs = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        plain = statement["Fn::If"][1] if "Fn::If" in statement else statement
        actions = plain["Action"]
        theirs[plain["Sid"]] = actions if isinstance(actions, list) else [actions]
    keyed = policy_for(Place(NAME, "work", SUCCESS_TOPIC, ERROR_TOPIC, KEY), "aws")
    ours = {statement["Sid"]: statement["Action"] for statement in keyed["Statement"]}
    assert ours == {sid: theirs[sid] for sid in ours}


def test_a_price_is_told_only_where_it_is_known() -> None:
    assert "1.515 USD an hour" in prices.hourly("ml.g5.2xlarge")
    assert "not known here" in prices.hourly("ml.p5.48xlarge")
