"""What IAM asks for is not always what the API's operation is called."""

import pytest
from security.iam import Need
from security.needs import needs_of

OBJECT = {"bucket": "work", "key": "pictures/1.jpg"}


def _needs(service: str, operation: str, **facts: str) -> list[Need]:
    return needs_of({"caller": "a", "service": service, "operation": operation, "facts": facts})


@pytest.mark.parametrize("operation", ["GetObject", "HeadObject"])
def test_reading_a_version_is_an_action_of_its_own(operation: str) -> None:
    arn = "arn:aws:s3:::work/pictures/1.jpg"
    assert _needs("s3", operation, **OBJECT) == [Need("s3:GetObject", arn)]
    assert _needs("s3", operation, **OBJECT, version="v") == [Need("s3:GetObjectVersion", arn)]


def test_a_copy_reads_and_writes() -> None:
    copied = _needs(
        "s3",
        "CopyObject",
        bucket="images",
        key="1.jpg",
        source_bucket="work",
        source_key="pictures/1.jpg",
        source_version="v",
    )
    assert copied == [
        Need("s3:GetObjectVersion", "arn:aws:s3:::work/pictures/1.jpg"),
        Need("s3:PutObject", "arn:aws:s3:::images/1.jpg"),
    ]


def test_listing_is_of_the_bucket() -> None:
    assert _needs("s3", "ListObjectVersions", bucket="policy", prefix="v1") == [
        Need("s3:ListBucketVersions", "arn:aws:s3:::policy")
    ]


def test_a_query_of_an_index_is_of_the_index_alone() -> None:
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/results"
    assert _needs("dynamodb", "Query", table="results", index="by-execution") == [
        Need("dynamodb:Query", f"{table}/index/by-execution")
    ]
    assert _needs("dynamodb", "PutItem", table="results") == [Need("dynamodb:PutItem", table)]


def test_rekognition_reads_with_its_callers_permissions() -> None:
    assert _needs("rekognition", "DetectText", **OBJECT, version="v") == [
        Need("rekognition:DetectText"),
        Need("s3:GetObjectVersion", "arn:aws:s3:::work/pictures/1.jpg"),
    ]


def test_a_picture_in_the_call_is_read_nowhere() -> None:
    assert _needs("rekognition", "DetectText") == [Need("rekognition:DetectText")]


@pytest.mark.parametrize("function", ["f", "arn:aws:lambda:us-east-1:000000000000:function:f"])
def test_a_function_is_invoked_by_name_or_arn(function: str) -> None:
    assert _needs("lambda", "Invoke", function=function) == [
        Need("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:000000000000:function:f")
    ]


@pytest.mark.parametrize("operation", ["GetObjectTagging", "PutObjectTagging"])
def test_so_are_the_tags_of_a_version(operation: str) -> None:
    arn = "arn:aws:s3:::work/pictures/1.jpg"
    (need,) = _needs("s3", operation, **OBJECT, version="v")
    assert need == Need(f"s3:{operation.replace('Object', 'ObjectVersion')}", arn)
    assert _needs("s3", operation, **OBJECT) == [Need(f"s3:{operation}", arn)]


def test_deleting_a_version_is_more_than_hiding_an_object() -> None:
    arn = "arn:aws:s3:::work/pictures/1.jpg"
    assert _needs("s3", "DeleteObject", **OBJECT) == [Need("s3:DeleteObject", arn)]
    versioned = _needs("s3", "DeleteObject", **OBJECT, version="v")
    assert versioned == [Need("s3:DeleteObjectVersion", arn)]


def test_map_runs_are_listed_by_execution_and_named_by_themselves() -> None:
    assert _needs("states", "ListMapRuns", execution="arn:e") == [
        Need("states:ListMapRuns", "arn:e")
    ]
    assert _needs("states", "UpdateMapRun", map_run="arn:m") == [
        Need("states:UpdateMapRun", "arn:m")
    ]


def test_who_starts_a_training_hands_it_its_role() -> None:
    job = "arn:aws:sagemaker:us-east-1:000000000000:training-job/dataset-1"
    created = _needs("sagemaker", "CreateTrainingJob", training_job="dataset-1", role="arn:role")
    assert created == [
        Need("sagemaker:CreateTrainingJob", job),
        Need("iam:PassRole", "arn:role"),
    ]
    described = _needs("sagemaker", "DescribeTrainingJob", training_job="dataset-1")
    assert described == [Need("sagemaker:DescribeTrainingJob", job)]


def test_a_classifier_is_named_by_its_version_and_handed_its_role() -> None:
    arn = "arn:aws:comprehend:us-east-1:000000000000:document-classifier/ours/version/v-1"
    named = {"classifier": "ours", "version": "v-1", "role": "arn:role"}
    assert _needs("comprehend", "CreateDocumentClassifier", **named) == [
        Need("comprehend:CreateDocumentClassifier", arn),
        Need("iam:PassRole", "arn:role"),
    ]
    assert _needs("comprehend", "DescribeDocumentClassifier", classifier=arn) == [
        Need("comprehend:DescribeDocumentClassifier", arn)
    ]


def test_an_endpoint_needs_its_model_too() -> None:
    endpoint = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/ours"
    assert _needs("comprehend", "CreateEndpoint", endpoint="ours", classifier="arn:model") == [
        Need("comprehend:CreateEndpoint", endpoint),
        Need("comprehend:CreateEndpoint", "arn:model"),
    ]
    assert _needs("comprehend", "DescribeEndpoint", endpoint=endpoint) == [
        Need("comprehend:DescribeEndpoint", endpoint)
    ]


def test_a_scalable_target_has_no_name_of_its_own() -> None:
    (need,) = _needs("application-autoscaling", "PutScalingPolicy", resource="arn:e")
    assert need.resource.startswith(
        "arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/"
    )


def test_who_makes_a_scalable_target_must_be_allowed_what_scaling_does() -> None:
    needs = _needs("application-autoscaling", "RegisterScalableTarget", resource="arn:e")
    assert {
        Need("comprehend:UpdateEndpoint", "arn:e"),
        Need("comprehend:DescribeEndpoint", "arn:e"),
        Need("cloudwatch:PutMetricAlarm"),
    } < set(needs)


def test_an_operation_that_is_not_known_is_an_error() -> None:
    with pytest.raises(KeyError):
        _needs("s3", "RestoreObject", **OBJECT)
