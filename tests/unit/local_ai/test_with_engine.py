"""The stand-ins before the real local engine: a picture's whole way, with AWS clients only."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local.ai.running import StandIns
from local.running import Engine

pytestmark = pytest.mark.engine
TOPIC = "arn:aws:sns:us-east-1:000000000000:"
REQUEST = {"prompt": "a red fox", "width": 512, "height": 512, "seed": 7}


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[StandIns]:
    with StandIns() as stand_ins:
        yield stand_ins


@pytest.fixture(scope="module")
def engine(stand_ins: StandIns) -> Iterator[Engine]:
    with Engine(ai_endpoint=stand_ins.endpoint) as engine:
        stand_ins.use_engine(engine.endpoint)
        engine.client("s3").create_bucket(Bucket="work")
        engine.client("s3").put_bucket_versioning(
            Bucket="work", VersioningConfiguration={"Status": "Enabled"}
        )
        yield engine


@pytest.fixture(scope="module")
def notices(engine: Engine) -> str:
    """The URL of a queue that hears both topics."""
    queue: str = engine.client("sqs").create_queue(QueueName="notices")["QueueUrl"]
    for name in ("success", "error"):
        topic = engine.client("sns").create_topic(Name=name)["TopicArn"]
        engine.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs",
            Endpoint=f"arn:aws:sqs:us-east-1:{topic.split(':')[4]}:notices",
        )  # fmt: skip
    return queue


def received(engine: Engine, queue: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(10):
        answer = engine.client("sqs").receive_message(
            QueueUrl=queue, WaitTimeSeconds=2, MaxNumberOfMessages=10
        )
        for message in answer.get("Messages", []):
            found.append(json.loads(json.loads(message["Body"])["Message"]))
            engine.client("sqs").delete_message(
                QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"]
            )
        if len(found) >= count:
            break
    return found


def client(stand_ins: StandIns, service: str) -> Any:
    session = boto3.Session("local", "local", region_name="us-east-1")
    return session.client(service, endpoint_url=stand_ins.endpoint)


@pytest.fixture
def invoke(engine: Engine, stand_ins: StandIns, notices: str) -> Callable[[str, str], None]:
    """Invoke the registered endpoint with an input key of `work`, under an inference id."""
    stand_ins.register_endpoint(
        "painter",
        output_path="s3://work/out/",
        failure_path="s3://work/failed/",
        success_topic=TOPIC + "success",
        error_topic=TOPIC + "error",
    )
    tests = received(engine, notices, 2)
    assert [message["eventName"] for message in tests] == ["TestNotification"] * 2

    def invoke(key: str, inference_id: str) -> None:
        client(stand_ins, "sagemaker-runtime").invoke_endpoint_async(
            EndpointName="painter",
            InputLocation=f"s3://work/{key}",
            InferenceId=inference_id,
            Accept="application/json;jpeg",
        )

    return invoke


def test_from_the_request_in_s3_to_the_verdict(
    engine: Engine, stand_ins: StandIns, notices: str, invoke: Callable[[str, str], None]
) -> None:
    s3 = engine.client("s3")
    stand_ins.script(prompt="red fox", generation=["unsafe"])
    invoke("in/not-there.json", "missing")
    s3.put_object(Bucket="work", Key="in/a b+2.json", Body=json.dumps(REQUEST).encode())
    invoke("in/a b+2.json", "there")

    found = {message["inferenceId"]: message for message in received(engine, notices, 2)}
    assert found["missing"]["invocationStatus"] == "Failed"
    output_location = found["there"]["responseParameters"]["outputLocation"]
    assert output_location == "s3://work/out/there.out"
    output = s3.get_object(Bucket="work", Key="out/there.out")
    assert output["ContentType"] == "application/json;jpeg"
    [picture] = json.loads(output["Body"].read())["generated_images"]

    stored = s3.put_object(Bucket="work", Key="a.jpg", Body=base64.b64decode(picture))
    s3.put_object(Bucket="work", Key="a.jpg", Body=b"a later version, no picture")
    place = {"Bucket": "work", "Name": "a.jpg", "Version": stored["VersionId"]}
    verdict = client(stand_ins, "rekognition").detect_moderation_labels(Image={"S3Object": place})

    assert [row["Name"] for row in verdict["ModerationLabels"]] == ["Violence", "Graphic Violence"]
