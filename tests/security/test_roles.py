"""What roles may do in general: nothing anywhere, but for what AWS knows no resource for."""

import re
from typing import Any

import pytest
from security.iam import Need
from security.stack import Stack

# Every statement of the template that is not of one classifier's choosing.
EVERYTHING = {
    "PolicySource": "bucket",
    "CheckTextInImages": "true",
    "Tracing": "Active",
    "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/ours",
}
STACK = Stack(EVERYTHING)
ROLES = STACK.roles()
NO_RESOURCE = "AWS knows no resource for it"
LOG_DELIVERY = (
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery"),
    *("logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
    *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
)
A_TOKEN = "a token names its Task; AWS knows no resource for it"
# By role and action: what is allowed on "*", and why. Beside these all may write traces.
FORCED = {
    ("ClassifyPromptRole", "comprehend:DetectDominantLanguage"): NO_RESOURCE,
    ("ClassifyPromptRole", "comprehend:DetectToxicContent"): NO_RESOURCE,
    ("ModerateImagesRole", "rekognition:DetectModerationLabels"): NO_RESOURCE,
    ("ModerateImagesRole", "rekognition:DetectText"): NO_RESOURCE,
    ("GenerateImagesRole", "states:SendTaskSuccess"): A_TOKEN,
    ("ResumeGenerationRole", "states:SendTaskSuccess"): A_TOKEN,
    ("ResumeGenerationRole", "states:SendTaskFailure"): A_TOKEN,
    ("SweepRequestsRole", "states:SendTaskSuccess"): A_TOKEN,
    ("SweepRequestsRole", "states:SendTaskFailure"): A_TOKEN,
    **{("GenerateSafeImageRole", action): NO_RESOURCE for action in LOG_DELIVERY},
}


def test_wildcards_are_those_that_aws_forces() -> None:
    wide = {
        (role, need.action)
        for role, need in _permissions()
        if need.resource == "*" and not need.action.startswith("xray:")
    }
    assert wide == FORCED.keys()


def test_no_action_has_a_wildcard() -> None:
    assert not {(role, need) for role, need in _permissions() if re.search(r"[*?]", need.action)}


def test_a_wildcard_in_a_resource_stands_for_its_last_part() -> None:
    """Keys below a folder, executions of the machine, streams of a log, formats of a policy."""
    for role, need in _permissions():
        if need.resource != "*" and re.search(r"[*?]", need.resource):
            assert re.fullmatch(r"arn:aws:[^*?]+(/|:|/v)\*", need.resource), (role, need)


def test_no_role_has_a_policy_of_awss() -> None:
    """Those allow the logs and queues of the whole account."""
    ours = {STACK.arn(name) for name in STACK.of_type("AWS::IAM::ManagedPolicy")}
    for name, role in STACK.of_type("AWS::IAM::Role").items():
        assert set(role.get("ManagedPolicyArns", ())) <= ours, name


def test_every_function_and_the_machine_has_a_role_of_its_own() -> None:
    owners = [
        *STACK.of_type("AWS::Lambda::Function"),
        *STACK.of_type("AWS::StepFunctions::StateMachine"),
    ]
    assert len({STACK.role_of(owner) for owner in owners}) == len(owners)


@pytest.mark.parametrize("name", ROLES)
def test_a_role_is_for_one_service(name: str) -> None:
    (trusted,) = _trust(name)
    assert trusted["Principal"].keys() == {"Service"}
    assert (
        isinstance(trusted["Principal"]["Service"], str)
        or len(trusted["Principal"]["Service"]) == 1
    )


def test_rules_may_start_the_machine_and_the_schedule_the_sweeper() -> None:
    machine = Need("states:StartExecution", STACK.arn("GenerateSafeImage"))
    sweeper = Need("lambda:InvokeFunction", STACK.arn("SweepRequestsFunction"))
    started = {
        name: set(statements[0].pairs())
        for name, statements in ROLES.items()
        if "lambda.amazonaws.com" not in str(_trust(name))
        and "states.amazonaws.com" not in str(_trust(name))
    }
    assert started == {
        "GenerateSafeImagePromptDroppedRole": {machine},
        "GenerateSafeImageImageRequestedRole": {machine},
        "SweepScheduleRole": {sweeper},
    }


def test_who_may_put_into_the_policy_bucket_is_none_of_ours() -> None:
    puts = [need.resource for _, need in _permissions() if need.action == "s3:PutObject"]
    assert puts
    assert not [arn for arn in puts if arn.startswith(STACK.arn("PolicyBucket"))]


def test_only_publish_images_writes_pictures_to_the_images_bucket() -> None:
    bucket = STACK.arn("ImagesBucket")
    writers = {
        (role, need.resource.removeprefix(bucket))
        for role, need in _permissions()
        if need.action.startswith("s3:Put") and need.resource.startswith(bucket)
    }
    assert writers == {("PublishImagesRole", "/*"), ("SummarizeBatchRole", "/batches/*")}


def _permissions() -> list[tuple[str, Need]]:
    return [
        (role, need)
        for role, statements in ROLES.items()
        for statement in statements
        for need in statement.pairs()
    ]


def _trust(name: str) -> list[dict[str, Any]]:
    role = STACK.of_type("AWS::IAM::Role")[name]
    statements: list[dict[str, Any]] = role["AssumeRolePolicyDocument"]["Statement"]
    return statements
