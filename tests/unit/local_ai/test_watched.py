"""Calls on the stand-ins: recorded with who made them, and broken on purpose."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local.ai.running import StandIns
from local.faults.callers import access_key

Client = Callable[[str], Any]
REQUEST = {"prompt": "a red fox in the snow", "width": 64, "height": 64}


@pytest.fixture
def watched(stand_ins: StandIns) -> Iterator[StandIns]:
    stand_ins.forget_calls()
    yield stand_ins
    stand_ins.mend()
    stand_ins.record_calls(False)


@pytest.fixture
def function(stand_ins: StandIns) -> Client:
    """Clients as a function's process has them."""
    session = boto3.Session(access_key("Judge-1", 4711), "local", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    return lambda service: session.client(service, endpoint_url=stand_ins.endpoint, config=config)


def classify(function: Client) -> Any:
    segments = [{"Text": "a red fox"}]
    return function("comprehend").detect_toxic_content(TextSegments=segments, LanguageCode="en")


def test_calls_are_recorded_with_their_caller(
    watched: StandIns, function: Client, client: Client, engine: Any
) -> None:
    watched.record_calls()
    engine.put("work/in/one.json", b"{}")
    classify(function)
    classify(client)  # of nobody that is known here
    function("sagemaker-runtime").invoke_endpoint_async(
        EndpointName="painter", InputLocation="s3://work/in/one.json", InferenceId="one"
    )
    image = {"S3Object": {"Bucket": "work", "Name": "no picture", "Version": "v"}}
    with pytest.raises(ClientError):
        function("rekognition").detect_moderation_labels(Image=image)

    assert [(c["caller"], c["service"], c["operation"], c["facts"])
            for c in watched.recorded_calls()] == [
        ("Judge-1", "comprehend", "DetectToxicContent", {}),
        ("Judge-1", "sagemaker", "InvokeEndpointAsync",
         {"endpoint": "painter", "bucket": "work", "key": "in/one.json"}),
        ("Judge-1", "rekognition", "DetectModerationLabels",
         {"bucket": "work", "key": "no picture", "version": "v"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "code", "status"),
    [
        ({"kind": "error"}, "InternalServerException", 500),
        ({"kind": "throttle"}, "TooManyRequestsException", 400),
        ({"kind": "error", "code": "Odd", "status": 503}, "Odd", 503),
        ({"kind": "lost", "status": 500}, "InternalServerException", 500),
    ],
)
def test_errors(
    watched: StandIns, function: Client, rule: dict[str, Any], code: str, status: int
) -> None:
    watched.break_calls({"service": "comprehend", **rule})
    with pytest.raises(ClientError) as error:
        classify(function)
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert classify(function)["ResultList"]


@pytest.mark.parametrize(("kind", "performed"), [("drop", 0), ("lost", 1)])
def test_connections_end_without_an_answer(
    watched: StandIns, function: Client, kind: str, performed: int
) -> None:
    before = watched.calls("DetectToxicContent")
    watched.break_calls({"service": "comprehend", "kind": kind})
    with pytest.raises(ConnectionClosedError):
        classify(function)
    assert watched.calls("DetectToxicContent") - before == performed


@pytest.mark.parametrize("kind", ["empty", "malformed"])
def test_answers_without_anything(watched: StandIns, function: Client, kind: str) -> None:
    watched.break_calls({"service": "comprehend", "kind": kind})
    assert "ResultList" not in classify(function)


def test_a_delay(watched: StandIns, function: Client) -> None:
    watched.break_calls({"service": "comprehend", "kind": "delay", "seconds": 0.3})
    started = time.monotonic()
    assert classify(function)["ResultList"]
    assert time.monotonic() - started >= 0.3


def test_an_invocation_is_picked_by_its_inference(
    watched: StandIns, function: Client, engine: Any
) -> None:
    engine.put("work/in/one.json", b"{}")
    watched.break_calls({"service": "sagemaker", "kind": "throttle", "contains": "second"})
    runtime = function("sagemaker-runtime")
    call = {"EndpointName": "painter", "InputLocation": "s3://work/in/one.json"}
    runtime.invoke_endpoint_async(**call, InferenceId="first")
    with pytest.raises(ClientError, match="ThrottlingException"):
        runtime.invoke_endpoint_async(**call, InferenceId="second")


def test_the_engine_kills_the_function(watched: StandIns, function: Client, engine: Any) -> None:
    watched.break_calls({"service": "comprehend", "kind": "kill_before"})
    with pytest.raises(ConnectionClosedError):
        classify(function)
    assert engine.killed == [access_key("Judge-1", 4711)]
