"""What roles may do in general: nothing anywhere, but for what AWS knows no resource for."""

import re
from typing import Any

import pytest
from security.iam import Need, short
from security.stack import Stack

# Every statement of the template that is not of one classifier's choosing.
EVERYTHING = {
    "PolicySource": "bucket",
    "CheckTextInImages": "true",
    "Tracing": "Active",
    "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/ours",
    "FineTuningImage": "000000000000.dkr.ecr.us-east-1.amazonaws.com/training:1",
    "FineTuningScript": "s3://scripts/sourcedir.tar.gz",
    "FineTuningModel": "s3://weights/train-model.tar.gz",
}
STACK = Stack(EVERYTHING)
ROLES = STACK.roles()
NO_RESOURCE = "AWS knows no resource for it"
LOG_DELIVERY = (
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery"),
    *("logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
    *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
)
MACHINES = ("GenerateSafeImage", "RunBatch", "ModerateDataset", "TrainClassifier")
TRIED = "Application Auto Scaling tries it without a name, and refuses a caller that may not"
A_TOKEN = "a token names its Task; AWS knows no resource for it"
# By role and action: what is allowed on "*", and why. Beside these all may write traces.
FORCED = {
    ("ClassifyPromptRole", "comprehend:DetectDominantLanguage"): NO_RESOURCE,
    ("ClassifyPromptRole", "comprehend:DetectToxicContent"): NO_RESOURCE,
    ("ModerateImagesRole", "rekognition:DetectModerationLabels"): NO_RESOURCE,
    ("ModerateImagesRole", "rekognition:DetectText"): NO_RESOURCE,
    ("CheckPromptRole", "comprehend:DetectDominantLanguage"): NO_RESOURCE,
    ("CheckPromptRole", "comprehend:DetectToxicContent"): NO_RESOURCE,
    ("CheckImageRole", "rekognition:DetectModerationLabels"): NO_RESOURCE,
    ("CheckImageRole", "rekognition:DetectText"): NO_RESOURCE,
    ("ModerateDatasetImagesRole", "rekognition:DetectModerationLabels"): NO_RESOURCE,
    ("ModerateDatasetImagesRole", "rekognition:DetectText"): NO_RESOURCE,
    ("WatchEndpointRole", "application-autoscaling:DescribeScalableTargets"): NO_RESOURCE,
    ("TrainClassifierRole", "cloudwatch:PutMetricAlarm"): TRIED,
    ("TrainClassifierRole", "cloudwatch:DescribeAlarms"): TRIED,
    ("TrainClassifierRole", "cloudwatch:DeleteAlarms"): TRIED,
    ("FineTuningRole", "ecr:GetAuthorizationToken"): NO_RESOURCE,
    ("GenerateImagesRole", "states:SendTaskSuccess"): A_TOKEN,
    ("ResumeGenerationRole", "states:SendTaskSuccess"): A_TOKEN,
    ("ResumeGenerationRole", "states:SendTaskFailure"): A_TOKEN,
    ("SweepRequestsRole", "states:SendTaskSuccess"): A_TOKEN,
    ("ReviewRequestRole", "states:SendTaskSuccess"): A_TOKEN,
    ("DecideReviewRole", "states:SendTaskSuccess"): A_TOKEN,
    ("SweepRequestsRole", "states:SendTaskFailure"): A_TOKEN,
    **{(f"{name}Role", action): NO_RESOURCE for name in MACHINES for action in LOG_DELIVERY},
}
# What names begin or end with, where they are made at run time or are AWS's own.
PARTS_OF_NAMES = {
    ("ModerateDatasetRole", "training-job/safelight-dataset-*"),
    ("RequestImagesRole", "execution:safelight-GenerateSafeImage:api-*"),
    ("AppealRequestRole", "execution:safelight-GenerateSafeImage:api-*"),
    ("ReadReviewsRole", "ImagesBucket/*-preview.jpg"),
    ("FineTuningRole", "log-group:/aws/sagemaker/TrainingJobs*"),
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
    """Keys below a folder, executions of a machine, streams of a log, formats of a policy."""
    for role, need in _permissions():
        if (role, short(need.resource)) in PARTS_OF_NAMES:
            continue
        if need.resource != "*" and re.search(r"[*?]", need.resource):
            assert re.fullmatch(r"arn:aws:[^*?]+(/|:|/v)\*", need.resource), (role, need)


def test_requesters_are_served_nothing_withheld_and_no_record_is_written() -> None:
    """Originals and prompts lie in the work bucket, tokens in rows of two tables."""
    own = {"RequestImagesRole", "ReadRequestsRole", "CheckPromptRole", "CheckImageRole"}
    own |= {"AppealRequestRole"}
    permissions = [(role, need) for role, need in _permissions() if role in own]
    assert {role for role, _ in permissions} == own
    for role, need in permissions:
        # An appeal is only taken while its pictures are kept.
        if (role, need.action) != ("AppealRequestRole", "s3:ListBucketVersions"):
            assert ":::WorkBucket" not in need.resource, role
        assert ":::PromptsBucket" not in need.resource, role
        assert "ReviewsTable" not in need.resource, role
        if need.resource.endswith("table/ResultsTable"):
            assert need.action == "dynamodb:GetItem", role
    (rows,) = [role for role, need in permissions if need.resource.endswith("InferencesTable")]
    assert rows == "ReadRequestsRole"
    starts = {role for role, need in permissions if need.action == "states:StartExecution"}
    assert starts == {"RequestImagesRole", "AppealRequestRole"}


def test_the_desk_publishes_nothing_and_writes_no_record() -> None:
    """Reviewers decide; the state machine does what follows, and PublishImages copies."""
    desk = {role: set[tuple[str, str]]() for role in ("ReadReviewsRole", "DecideReviewRole")}
    for role, need in _permissions():
        if role in desk and not need.action.startswith(("logs:", "xray:", "kms:")):
            desk[role].add((need.action, short(need.resource)))
    row = {
        ("dynamodb:GetItem", "table/ReviewsTable"),
        ("dynamodb:UpdateItem", "table/ReviewsTable"),
    }
    record = ("dynamodb:GetItem", "table/ResultsTable")
    assert desk == {
        "ReadReviewsRole": {
            *row,
            record,
            ("dynamodb:Query", "table/ReviewsTable/index/by-queue"),
            ("dynamodb:Query", "table/ResultsTable/index/by-requester"),
            ("s3:GetObjectVersion", "WorkBucket/pictures/*"),
            ("s3:GetObjectVersion", "ImagesBucket/*-preview.jpg"),
        },
        "DecideReviewRole": {*row, record, ("states:SendTaskSuccess", "*")},
    }


def test_the_api_reads_the_queues_item_and_no_row_with_a_token() -> None:
    policies = STACK.of_type("AWS::IAM::Role")["ReadRequestsRole"]["Policies"]
    statements = [one for each in policies for one in each["PolicyDocument"]["Statement"]]
    (read,) = [one for one in statements if one["Sid"] == "ReadQueue"]
    assert read["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["queue"]}}


def test_no_role_has_a_policy_of_awss() -> None:
    """Those allow the logs and queues of the whole account."""
    ours = {STACK.arn(name) for name in STACK.of_type("AWS::IAM::ManagedPolicy")}
    for name, role in STACK.of_type("AWS::IAM::Role").items():
        assert set(role.get("ManagedPolicyArns", ())) <= ours, name


def test_every_function_and_every_machine_has_a_role_of_its_own() -> None:
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


def test_rules_may_start_their_machine_and_schedules_their_function() -> None:
    started = {
        name.removesuffix("Role"): set(statements[0].pairs())
        for name, statements in ROLES.items()
        if _trust(name)[0]["Principal"]["Service"]
        in ("events.amazonaws.com", ["events.amazonaws.com"], "scheduler.amazonaws.com")
    }
    rules = {
        "GenerateSafeImagePromptDropped": "GenerateSafeImage",
        "GenerateSafeImageImageRequested": "GenerateSafeImage",
        "RunBatchBatchDropped": "RunBatch",
        "ModerateDatasetDatasetSubmitted": "ModerateDataset",
    }
    schedules = {
        "SweepSchedule": "SweepRequests",
        "FollowSchedule": "FollowJobs",
        "WatchSchedule": "WatchEndpoint",
    }
    assert started == {
        name: {Need("states:StartExecution", STACK.arn(machine))} for name, machine in rules.items()
    } | {
        name: {Need("lambda:InvokeFunction", STACK.arn(f"{function}Function"))}
        for name, function in schedules.items()
    }


def test_a_training_reads_what_passed_and_nothing_else_of_ours() -> None:
    mine = [need for role, need in _permissions() if role == "FineTuningRole"]
    bucket = STACK.arn("DatasetsBucket")
    reads = {need.resource for need in mine if need.action == "s3:GetObject"}
    weights = {"arn:aws:s3:::scripts/sourcedir.tar.gz", "arn:aws:s3:::weights/train-model.tar.gz"}
    assert reads == {f"{bucket}/clean/*"} | weights
    assert {need.resource for need in mine if need.action == "s3:PutObject"} == {
        f"{bucket}/models/*"
    }
    (trusted,) = _trust("FineTuningRole")
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": "000000000000"}}


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
