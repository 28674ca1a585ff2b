"""Comprehend's trainings and endpoints from a state machine: real steps, the stand-in's answers."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from contract.machines import CAUGHT, ROLE, Definition, Run, single, unique, wait_for

from local.ai.running import StandIns
from local.deployed_stack import local_clients
from local.running import Engine

pytestmark = pytest.mark.engine
Task = Callable[..., Any]
UNKNOWN = "arn:aws:comprehend:us-east-1:000000000000:document-classifier/unknown"
NOWHERE = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/nowhere"
DIMENSION = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[StandIns]:
    running = StandIns().start()
    running.direct_classifiers(phase_seconds=0.05)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def engine(stand_ins: StandIns) -> Iterator[Engine]:
    """One that knows the stand-ins; the others' has none."""
    with Engine(ai_endpoint=stand_ins.endpoint, max_processes=2) as running:
        stand_ins.use_engine(running.endpoint)
        yield running


@pytest.fixture(scope="module")
def comprehend(stand_ins: StandIns) -> Any:
    return local_clients(stand_ins.endpoint, stand_ins.endpoint)("comprehend")


@pytest.fixture
def task(run: Run) -> Task:
    """Run a machine of one SDK integration; returns its result, or the error that was caught."""

    def execute(resource: str, arguments: Any) -> Any:
        state: Definition = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::aws-sdk:{resource}",
            "Arguments": arguments,
            "Catch": [{"ErrorEquals": ["States.ALL"], **CAUGHT}],
        }
        return run(single(state))["output"]

    return execute


@pytest.fixture(scope="module")
def bucket(engine: Engine) -> str:
    """Holds train.csv: sixty texts of each of two labels."""
    storage, bucket = engine.client("s3"), unique("classifier")
    storage.create_bucket(Bucket=bucket)
    rows = [f'"day","sunny bright morning number {at}"' for at in range(60)]
    rows += [f'"night","dark moonless midnight number {at}"' for at in range(60)]
    storage.put_object(Bucket=bucket, Key="train.csv", Body="\n".join(rows).encode())
    return bucket


def creation(bucket: str, **change: Any) -> dict[str, Any]:
    """Arguments of CreateDocumentClassifier."""
    return {
        "DocumentClassifierName": unique("classifier"),
        "VersionName": "v-1",
        "DataAccessRoleArn": ROLE,
        "InputDataConfig": {"S3Uri": f"s3://{bucket}/train.csv"},
        "OutputDataConfig": {"S3Uri": f"s3://{bucket}/output/"},
        "LanguageCode": "en",
        "ClientRequestToken": unique("token"),
        **change,
    }


@pytest.fixture
def trained(task: Task, bucket: str) -> str:
    """The ARN of a trained classifier."""
    arn = task("comprehend:createDocumentClassifier", creation(bucket))["DocumentClassifierArn"]

    def over() -> Any:
        told = described(task, arn)
        return told["Status"] == "TRAINED" and told

    assert wait_for(over)
    return str(arn)


def described(task: Task, arn: str) -> Any:
    answer = task("comprehend:describeDocumentClassifier", {"DocumentClassifierArn": arn})
    return answer["DocumentClassifierProperties"]


def test_a_training_ends_with_metrics_and_a_confusion_matrix(
    task: Task, trained: str, bucket: str, engine: Engine
) -> None:
    told = described(task, trained)
    metadata = told["ClassifierMetadata"]
    assert metadata["EvaluationMetrics"] == {
        "Accuracy": 1.0, "Precision": 1.0, "Recall": 1.0, "F1Score": 1.0,
        "MicroPrecision": 1.0, "MicroRecall": 1.0, "MicroF1Score": 1.0, "HammingLoss": 0.0,
    }  # fmt: skip
    assert (metadata["NumberOfTrainedDocuments"], metadata["NumberOfTestDocuments"]) == (108, 12)
    assert (told["VersionName"], told["Mode"], told["LanguageCode"]) == ("v-1", "MULTI_CLASS", "en")
    assert told["InputDataConfig"]["S3Uri"] == f"s3://{bucket}/train.csv"
    assert "stand-in" in told["Message"]
    assert told["SubmitTime"] < told["TrainingEndTime"]
    assert told["EndTime"].endswith("Z")
    key = told["OutputDataConfig"]["S3Uri"].removeprefix(f"s3://{bucket}/")
    assert key.startswith("output/")
    assert key.endswith("/output/output.tar.gz")
    body = engine.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        stored = archive.extractfile("output/confusion_matrix.json")
        assert stored is not None
        assert json.load(stored) == {
            "type": "multi_class",
            "confusion_matrix": [[6, 0], [0, 6]],
            "labels": ["day", "night"],
            "all_labels": ["day", "night"],
        }


def test_an_endpoint_takes_another_model_and_scales(
    task: Task, trained: str, bucket: str, comprehend: Any
) -> None:
    wanted = {"EndpointName": unique("endpoint"), "ModelArn": trained, "DesiredInferenceUnits": 1}
    arn = task("comprehend:createEndpoint", wanted)["EndpointArn"]

    def in_service() -> Any:
        told = task("comprehend:describeEndpoint", {"EndpointArn": arn})["EndpointProperties"]
        return told["Status"] == "IN_SERVICE" and told

    told = wait_for(in_service)
    assert (told["ModelArn"], told["CurrentInferenceUnits"]) == (trained, 1)
    classes = comprehend.classify_document(EndpointArn=arn, Text="a midnight")["Classes"]
    assert [each["Name"] for each in classes] == ["night", "day"]
    assert sum(each["Score"] for each in classes) == pytest.approx(1)

    other = task("comprehend:createDocumentClassifier", creation(bucket))["DocumentClassifierArn"]
    wait_for(lambda: described(task, other)["Status"] == "TRAINED")
    change = {"EndpointArn": arn, "DesiredModelArn": other}
    assert task("comprehend:updateEndpoint", change) == {"DesiredModelArn": other}
    assert wait_for(in_service)["ModelArn"] == other

    target = {
        "ServiceNamespace": "comprehend",
        "ResourceId": arn,
        "ScalableDimension": DIMENSION,
    }
    policy = {
        **target,
        "PolicyName": "by-load",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 70,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ComprehendInferenceUtilization"
            },
        },
    }
    early = task("applicationautoscaling:putScalingPolicy", policy)
    assert early["error"] == "ApplicationAutoScaling.ObjectNotFoundException"
    bounds = {"MinCapacity": 1, "MaxCapacity": "{% $number('2') %}"}
    task("applicationautoscaling:registerScalableTarget", {**target, **bounds})
    assert "Alarms" in task("applicationautoscaling:putScalingPolicy", policy)
    asked = {"ServiceNamespace": "comprehend", "ResourceIds": [arn]}
    [seen] = task("applicationautoscaling:describeScalableTargets", asked)["ScalableTargets"]
    assert (seen["MinCapacity"], seen["MaxCapacity"]) == (1, 2)


@pytest.mark.parametrize(
    ("action", "arguments", "error"),
    [
        ("describeDocumentClassifier", {"DocumentClassifierArn": UNKNOWN}, "ResourceNotFound"),
        ("stopTrainingDocumentClassifier", {"DocumentClassifierArn": UNKNOWN}, "ResourceNotFound"),
        ("describeEndpoint", {"EndpointArn": NOWHERE}, "ResourceNotFound"),
        (
            "updateEndpoint",
            {"EndpointArn": NOWHERE, "DesiredModelArn": UNKNOWN},
            "ResourceNotFound",
        ),
        ("createDocumentClassifier", creation("bucket", VersionName="a_b"), "InvalidRequest"),
        ("createDocumentClassifier", creation("bucket", LanguageCode="ja"), "UnsupportedLanguage"),
        (
            "createEndpoint",
            {"EndpointName": "one", "ModelArn": UNKNOWN, "DesiredInferenceUnits": 51},
            "ResourceLimitExceeded",
        ),
    ],
)
def test_errors_have_comprehends_names(
    task: Task, action: str, arguments: dict[str, Any], error: str
) -> None:
    caught = task(f"comprehend:{action}", arguments)
    assert caught["error"] == f"Comprehend.{error}Exception"
    assert "Service: Comprehend" in caught["cause"]


def test_a_creation_is_idempotent_by_its_token(task: Task, bucket: str) -> None:
    request = creation(bucket)
    first = task("comprehend:createDocumentClassifier", request)
    assert task("comprehend:createDocumentClassifier", request) == first
    request["ClientRequestToken"] = "another"
    again = task("comprehend:createDocumentClassifier", request)
    assert again["error"] == "Comprehend.ResourceInUseException"


@pytest.mark.parametrize("kind", ["drop", "lost"])
def test_a_broken_connection_can_be_caught(task: Task, stand_ins: StandIns, kind: str) -> None:
    stand_ins.break_calls({"service": "comprehend", "caller": "/Only", "kind": kind})
    caught = task("comprehend:describeEndpoint", {"EndpointArn": NOWHERE})
    stand_ins.mend()
    assert caught["error"] == "Comprehend.SdkClientException"


def test_what_cannot_be_scaled_is_refused(task: Task) -> None:
    target = {
        "ServiceNamespace": "comprehend",
        "ResourceId": NOWHERE,
        "ScalableDimension": DIMENSION,
        "MinCapacity": 0,
        "MaxCapacity": 2,
    }
    refused = task("applicationautoscaling:registerScalableTarget", target)
    assert refused["error"] == "ApplicationAutoScaling.ValidationException"


def test_a_training_is_stopped(task: Task, bucket: str, stand_ins: StandIns) -> None:
    stand_ins.direct_classifiers(phase_seconds=30)
    arn = task("comprehend:createDocumentClassifier", creation(bucket))["DocumentClassifierArn"]
    assert task("comprehend:stopTrainingDocumentClassifier", {"DocumentClassifierArn": arn}) == {}
    stand_ins.direct_classifiers(phase_seconds=0.05)
    assert wait_for(lambda: described(task, arn)["Status"] == "STOPPED")


def test_a_sagemaker_endpoint_is_described(task: Task, stand_ins: StandIns) -> None:
    stand_ins.register_endpoint("painter", output_path="s3://work/out")
    told = task("sagemaker:describeEndpoint", {"EndpointName": "painter"})
    assert told["EndpointStatus"] == "InService"
    assert told["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    missing = task("sagemaker:describeEndpoint", {"EndpointName": "nobody"})
    assert missing["error"] == "SageMaker.SageMakerException"
    assert "Could not find endpoint" in missing["cause"]


def test_calls_name_what_they_are_about(task: Task, stand_ins: StandIns, bucket: str) -> None:
    stand_ins.record_calls()
    request = creation(bucket)
    task("comprehend:createDocumentClassifier", request)
    [call] = stand_ins.recorded_calls()
    stand_ins.record_calls(False)
    assert call["caller"].endswith("/Only")
    assert call["facts"] == {
        "classifier": request["DocumentClassifierName"],
        "version": "v-1",
        "role": ROLE,
    }
