"""Buckets, queues, topics, tables, logs and the bus: private, encrypted, TLS only."""

import json
from pathlib import Path
from typing import Any

import pytest
from security.iam import as_list
from security.stack import Stack

ROOT = Path(__file__).parents[2]

KEY = "arn:aws:kms:us-east-1:000000000000:key/ours"
GENERATOR = "arn:aws:iam::000000000000:role/generator"
FINE_TUNING = {
    "FineTuningImage": "000000000000.dkr.ecr.us-east-1.amazonaws.com/training:1",
    "FineTuningScript": "s3://scripts/sourcedir.tar.gz",
    "FineTuningModel": "s3://weights/train-model.tar.gz",
}
KEYED = Stack(
    {"KmsKeyArn": KEY, "GeneratorRoleArn": GENERATOR, "PolicySource": "bucket", **FINE_TUNING}
)
SHIPPED = Stack({"KmsKeyArn": KEY})
PLAIN = Stack()
# What a role with this permission asks of the key, through the service that it calls.
DECRYPT, BOTH = {"kms:Decrypt"}, {"kms:Decrypt", "kms:GenerateDataKey"}
THROUGH_THE_KEY = {
    "s3:GetObject": DECRYPT,
    "s3:GetObjectVersion": DECRYPT,
    "s3:PutObject": {"kms:GenerateDataKey"},
    "dynamodb:GetItem": DECRYPT,
    "dynamodb:PutItem": DECRYPT,
    "dynamodb:UpdateItem": DECRYPT,
    "dynamodb:Query": DECRYPT,
    "sqs:ReceiveMessage": DECRYPT,
    "sqs:SendMessage": BOTH,
    "states:DescribeExecution": DECRYPT,
    "states:GetExecutionHistory": DECRYPT,
    # The model and the disks of its training are encrypted for who asks for them.
    "comprehend:CreateDocumentClassifier": BOTH,
}
# By a grant Comprehend reads an encrypted model for as long as it is in service.
GRANTS = {"kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"}


@pytest.mark.parametrize("name", PLAIN.of_type("AWS::S3::Bucket"))
def test_a_bucket_is_private_versioned_and_tidy(name: str) -> None:
    bucket = PLAIN.of_type("AWS::S3::Bucket")[name]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    (rule,) = (rule for rule in rules if "Prefix" not in rule)
    assert rule["AbortIncompleteMultipartUpload"]
    # The policies of the past say why something was refused.
    assert ("NoncurrentVersionExpiration" in rule) is (name != "PolicyBucket")
    assert "ExpirationInDays" not in rule


def test_what_lies_in_the_work_bucket_expires_but_not_under_a_running_batch() -> None:
    rules = PLAIN.of_type("AWS::S3::Bucket")["WorkBucket"]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert set(days) == {"inference/", "pictures/", "unstarted/", "jobs/"}
    batch = json.loads((ROOT / "statemachine" / "run_batch.asl.json").read_text("utf-8"))
    assert days["jobs/"] * 86_400 > batch["TimeoutSeconds"] + 5 * 86_400


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"])
def test_everything_takes_tls_only(kind: str) -> None:
    for name in PLAIN.of_type(kind):
        (policy,) = _policies(PLAIN, name)
        tls = _statement(policy, "TLSOnly")
        assert (tls["Effect"], tls["Principal"]) == ("Deny", "*")
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_topics_and_rules_of_the_stack_are_let_in() -> None:
    rules, topics = KEYED.of_type("AWS::Events::Rule"), KEYED.of_type("AWS::SNS::Topic")
    sources = {
        "events.amazonaws.com": {KEYED.arn(name) for name in rules},
        "sns.amazonaws.com": {KEYED.arn(name) for name in topics},
    }
    let_in = {}
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for policy in KEYED.of_type(kind).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Action"] == "sqs:SendMessage"
                    named = set(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
                    let_in[statement["Principal"]["Service"]] = named
    assert let_in == sources


@pytest.mark.parametrize("stack", [PLAIN, KEYED], ids=["plain", "keyed"])
def test_the_images_bucket_takes_pictures_from_publish_images_alone(stack: Stack) -> None:
    (policy,) = _policies(stack, "ImagesBucket")
    only = _statement(policy, "OnlyWhatWasJudged")
    assert (only["Effect"], only["Principal"], only["Action"]) == ("Deny", "*", "s3:PutObject")
    assert only["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": stack.arn("PublishImagesRole")}
    }
    summaries = _statement(policy, "OnlyWhatWasSummedUp")
    assert only["NotResource"] == summaries["Resource"]
    assert summaries["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": stack.arn("SummarizeBatchRole")}
    }


def test_what_is_trained_on_comes_from_those_who_judged_it() -> None:
    (policy,) = _policies(PLAIN, "DatasetsBucket")
    only = _statement(policy, "OnlyWhatWasJudged")
    assert (only["Effect"], only["Principal"], only["Action"]) == ("Deny", "*", "s3:PutObject")
    assert only["Resource"] == f"{PLAIN.arn('DatasetsBucket')}/clean/*"
    judges = [PLAIN.arn(f"{name}Role") for name in ("ModerateDatasetImages", "ReportDataset")]
    assert only["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": judges}}


def test_results_are_announced_by_those_who_record_them() -> None:
    (policy,) = PLAIN.of_type("AWS::Events::EventBusPolicy").values()
    statement = policy["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"]["ForAnyValue:StringEquals"] == {"events:source": "safelight"}
    announcers = {
        PLAIN.arn(role)
        for role, statements in PLAIN.roles().items()
        if any("events:PutEvents" in one.actions for one in statements)
    }
    assert set(statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) == announcers


def test_with_the_generators_role_nobody_else_tells_or_writes_its_results() -> None:
    for name, sid in (
        ("SuccessTopic", "FromTheGenerator"),
        ("ErrorTopic", "FromTheGenerator"),
        ("WorkBucket", "OutputIsTheGenerators"),
    ):
        (policy,) = _policies(KEYED, name)
        condition = _statement(policy, sid)["Condition"]
        assert condition == {"ArnNotEquals": {"aws:PrincipalArn": GENERATOR}}
        (plain,) = _policies(PLAIN, name)
        assert sid not in str(plain)


def test_functions_are_invoked_by_rules_and_the_api_of_this_stack_alone() -> None:
    api = "arn:aws:execute-api:us-east-1:000000000000:SafelightApi/api/"
    for name, permission in PLAIN.of_type("AWS::Lambda::Permission").items():
        service = permission["Principal"].removesuffix(".amazonaws.com")
        sources = {"events": "arn:aws:events:", "apigateway": api}
        assert permission["SourceArn"].startswith(sources[service]), name


def test_a_key_encrypts_everything_that_is_kept() -> None:
    for bucket in KEYED.of_type("AWS::S3::Bucket").values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": KEY,
        }
    for table in KEYED.of_type("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["KMSMasterKeyId"] == KEY
    for queue in KEYED.of_type("AWS::SQS::Queue").values():
        assert (queue["KmsMasterKeyId"], queue["SqsManagedSseEnabled"]) == (KEY, False)
    for topic in KEYED.of_type("AWS::SNS::Topic").values():
        assert topic["KmsMasterKeyId"] == KEY
    for group in KEYED.of_type("AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == KEY


def test_without_a_key_awss_own_encrypt() -> None:
    for bucket in PLAIN.of_type("AWS::S3::Bucket").values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    for queue in PLAIN.of_type("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
        assert "KmsMasterKeyId" not in queue
    assert "kms:" not in str(PLAIN.roles())
    assert "None" not in str(PLAIN.of_type("AWS::SNS::Topic"))


@pytest.mark.parametrize("stack", [KEYED, SHIPPED], ids=["published", "shipped"])
def test_a_role_may_use_the_key_for_what_it_does_and_no_more(stack: Stack) -> None:
    for role, statements in stack.roles().items():
        pairs = [pair for statement in statements for pair in statement.pairs()]
        granted = {pair.action for pair in pairs if pair.resource == KEY}
        asked = set().union(*(THROUGH_THE_KEY.get(pair.action, set()) for pair in pairs))
        # Its own history.
        asked |= BOTH if role == "GenerateSafeImageRole" else set()
        asked |= GRANTS if role == "ClassifierTrainingRole" else set()
        assert granted == asked, role


def test_logs_are_deleted_and_tables_can_be_restored() -> None:
    for group in PLAIN.of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == "30"
    for table in PLAIN.of_type("AWS::DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["TimeToLiveSpecification"]["Enabled"] is True


def test_concurrency_is_reserved_only_where_it_is_asked_for() -> None:
    for function in PLAIN.of_type("AWS::Lambda::Function").values():
        assert "ReservedConcurrentExecutions" not in function
    bounded = Stack({"ReservedConcurrency": "5"})
    functions = bounded.of_type("AWS::Lambda::Function")
    assert {function["ReservedConcurrentExecutions"] for function in functions.values()} == {"5"}
    for source in bounded.of_type("AWS::Lambda::EventSourceMapping").values():
        assert source["ScalingConfig"] == {"MaximumConcurrency": "5"}


def _policies(stack: Stack, name: str) -> list[dict[str, Any]]:
    """The resource policies of a bucket, queue or topic, which keeps only the last of them."""
    there = stack.arn(name), stack.name(name)
    return [
        policy
        for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
        for policy in stack.of_type(kind).values()
        for of in as_list(policy.get("Bucket") or policy.get("Queues") or policy.get("Topics"))
        if of in there
    ]


def _statement(policy: dict[str, Any], sid: str) -> dict[str, Any]:
    (found,) = [one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == sid]
    return dict(found)
