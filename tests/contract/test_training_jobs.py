"""Training jobs: started and followed by a state machine; checked and ended by the stand-in."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contract.machines import CAUGHT, ROLE, Definition, Make, Run, single, unique, wait_for

from local.ai.running import StandIns
from local.deployed_stack import local_clients
from local.running import Engine

pytestmark = pytest.mark.engine
INFO = {"instance_prompt": "a photo of sks cat", "class_prompt": "a photo of a cat"}
FAST, SLOW = 0.05, 60.0


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[StandIns]:
    running = StandIns().start()
    running.slow_training(FAST)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def engine(stand_ins: StandIns) -> Iterator[Engine]:
    """One that knows the stand-ins; the others' has none."""
    with Engine(ai_endpoint=stand_ins.endpoint, max_processes=2) as running:
        stand_ins.use_engine(running.endpoint)
        yield running


@pytest.fixture(scope="module")
def sagemaker(stand_ins: StandIns) -> Any:
    return local_clients(stand_ins.endpoint, stand_ins.endpoint)("sagemaker")


@pytest.fixture
def data_set(engine: Engine) -> Callable[..., str]:
    """Put a data set; returns its bucket."""

    def put(info: Any = INFO, images: int = 2) -> str:
        storage, bucket = engine.client("s3"), unique("set")
        storage.create_bucket(Bucket=bucket)
        if info is not None:
            body = info if isinstance(info, bytes) else json.dumps(info).encode()
            storage.put_object(Bucket=bucket, Key="clean/dataset_info.json", Body=body)
        for number in range(images):
            storage.put_object(Bucket=bucket, Key=f"clean/{number}.png", Body=b"png")
        return bucket

    return put


def job(bucket: str, **change: Any) -> dict[str, Any]:
    """A request of CreateTrainingJob."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/clean/"}
    return {
        "TrainingJobName": unique("job"),
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "HyperParameters": {"epochs": "20"},
        "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models/"},
        "ResourceConfig": {
            "InstanceCount": 1,
            "InstanceType": "ml.g5.2xlarge",
            "VolumeSizeInGB": 100,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **change,
    }


def train(request: dict[str, Any], **state: Any) -> Definition:
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    return single({"Type": "Task", "Resource": resource, "Arguments": request, **state})


def test_a_job_is_followed_to_its_end(engine: Engine, run: Run, data_set: Any) -> None:
    bucket = data_set()
    request = job(bucket)
    output = run(train(request))["output"]
    name = request["TrainingJobName"]
    assert (output["TrainingJobStatus"], output["TrainingJobName"]) == ("Completed", name)
    assert output["HyperParameters"] == {"epochs": "20"}
    passed = [each["Status"] for each in output["SecondaryStatusTransitions"]]
    assert passed == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    model = output["ModelArtifacts"]["S3ModelArtifacts"]
    assert model == f"s3://{bucket}/models/{name}/output/model.tar.gz"
    key = model.removeprefix(f"s3://{bucket}/")
    body = engine.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        [entry] = archive.getmembers()
        note = archive.extractfile(entry)
        assert note is not None
        assert b"trained nothing" in note.read()


@pytest.mark.parametrize(
    ("info", "images", "hyperparameters", "reason"),
    [
        (None, 0, {}, "No S3 objects found under S3 URL"),
        (None, 1, {}, "dataset_info.json"),
        (b"{no", 1, {}, "dataset_info.json is no JSON"),
        ({"class_prompt": "x"}, 1, {}, "instance_prompt"),
        (INFO, 0, {}, "has no images"),
        ({"instance_prompt": "x"}, 1, {"with_prior_preservation": "True"}, "class_prompt"),
    ],
)
def test_a_set_that_cannot_be_trained_on_fails_the_job(
    run: Run, data_set: Any, info: Any, images: int, hyperparameters: Any, reason: str
) -> None:
    request = job(data_set(info, images), HyperParameters=hyperparameters)
    catch = [{"ErrorEquals": ["States.TaskFailed"], **CAUGHT}]
    caught = run(train(request, Catch=catch))["output"]
    assert caught["error"] == "States.TaskFailed"
    cause = json.loads(caught["cause"])
    assert cause["TrainingJobStatus"] == "Failed"
    assert reason in cause["FailureReason"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TrainingJobName": "a_b"}, "ValidationException"),
        ({"RoleArn": "role"}, "ValidationException"),
        ({"HyperParameters": {"epochs": 20}}, "SerializationException"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "ValidationException"),
        ({"InputDataConfig": []}, "ValidationException"),
        ({"ResourceConfig": {"InstanceCount": 1}}, "ValidationException"),
    ],
)
def test_what_the_api_refuses(run: Run, change: Any, code: str) -> None:
    caught = run(train(job("any", **change), Catch=[{"ErrorEquals": ["States.ALL"], **CAUGHT}]))
    assert caught["output"]["error"] == "SageMaker.AmazonSageMakerException"
    assert f"Error Code: {code}" in caught["output"]["cause"]


def test_a_name_is_taken_for_good(run: Run, data_set: Any, sagemaker: Any) -> None:
    request = job(data_set())
    assert run(train(request))["status"] == "SUCCEEDED"
    again = run(train(request))
    assert again["error"] == "SageMaker.ResourceInUseException"
    assert "already exists" in again["cause"]
    for call in (sagemaker.describe_training_job, sagemaker.stop_training_job):
        with pytest.raises(ClientError, match="Requested resource not found"):
            call(TrainingJobName="unknown")
    arn = sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
    tags = [{"Key": "job", "Value": "dataset-1"}]
    tagged = sagemaker.add_tags(ResourceArn=arn["TrainingJobArn"], Tags=tags)
    assert tagged["Tags"] == tags


@pytest.fixture
def slowly(stand_ins: StandIns) -> Iterator[None]:
    stand_ins.slow_training(SLOW)
    yield
    stand_ins.slow_training(FAST)


@pytest.mark.usefixtures("slowly")
def test_a_stopped_job_is_a_failed_task(
    create_machine: Make, finish: Run, data_set: Any, sagemaker: Any, engine: Engine
) -> None:
    request = job(data_set())
    steps, name = engine.client("stepfunctions"), request["TrainingJobName"]
    machine = create_machine(train(request))
    execution = steps.start_execution(stateMachineArn=machine)["executionArn"]

    def status() -> str:
        return str(sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"])

    def submitted() -> bool:
        events = steps.get_execution_history(executionArn=execution)["events"]
        return str(events[-1]["type"]) == "TaskSubmitted"

    assert wait_for(submitted)
    sagemaker.stop_training_job(TrainingJobName=name)
    assert wait_for(lambda: status() == "Stopped")

    told = finish(execution)
    assert told["error"] == "States.TaskFailed"
    assert json.loads(told["cause"])["TrainingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="status Stopped"):
        sagemaker.stop_training_job(TrainingJobName=name)


@pytest.mark.usefixtures("slowly")
def test_a_job_ends_with_the_task_that_waits_for_it(
    run: Run, data_set: Any, sagemaker: Any
) -> None:
    request = job(data_set())
    assert run(train(request, TimeoutSeconds=1))["error"] == "States.Timeout"

    def status() -> str:
        told = sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
        return str(told["TrainingJobStatus"])

    assert wait_for(lambda: status() == "Stopped")


def test_its_changes_are_events(engine: Engine, run: Run, data_set: Any) -> None:
    events, queues, name = engine.client("events"), engine.client("sqs"), unique("changes")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Training Job State Change"]}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    request = job(data_set())
    run(train(request))
    seen: list[Any] = []

    def both() -> bool:
        found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        seen.extend(json.loads(message["Body"])["detail"] for message in found)
        return len(seen) == 2

    assert wait_for(both)
    assert {each["TrainingJobName"] for each in seen} == {request["TrainingJobName"]}
    assert {each["TrainingJobStatus"] for each in seen} == {"InProgress", "Completed"}


def test_its_calls_name_the_state_and_can_be_broken(
    stand_ins: StandIns, run: Run, data_set: Any
) -> None:
    stand_ins.record_calls()
    request = job(data_set())
    run(train(request))
    calls = [each for each in stand_ins.recorded_calls() if each["service"] == "sagemaker"]
    assert [each["operation"] for each in calls] == ["CreateTrainingJob", "DescribeTrainingJob"]
    assert all(each["caller"].endswith("/Only") for each in calls)
    assert calls[0]["facts"] == {"training_job": request["TrainingJobName"], "role": ROLE}
    stand_ins.record_calls(False)
    for kind, error in {
        "throttle": "SageMaker.AmazonSageMakerException",
        "drop": "SageMaker.SdkClientException",
    }.items():
        stand_ins.break_calls({"service": "sagemaker", "caller": "/Only", "kind": kind})
        assert run(train(job("any")))["error"] == error
    stand_ins.mend()
