"""InvokeEndpointAsync over the wire: what it accepts, what lands in S3, what SNS is told."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from local.ai.running import StandIns

Invoke = Callable[..., dict[str, Any]]
REQUEST = {"prompt": "a red fox in the snow", "width": 256, "height": 256, "seed": 7}


def test_the_whole_protocol_of_a_success(invoke: Invoke, engine: Any) -> None:
    answer = invoke("one", REQUEST)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-safelight-stand-in"] == "local-procedural-painter-1"
    assert answer["InferenceId"] == "one"
    assert answer["OutputLocation"] == "s3://work/out/one.out"
    assert answer["FailureLocation"] == "s3://work/fail/one-error.out"
    [(topic, notice)] = engine.wait_for(1)
    assert topic == "success"
    assert notice.pop("eventTime") >= notice.pop("receivedTime")
    assert notice == {
        "awsRegion": "us-east-1",
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "application/json;jpeg",
            "contentType": "application/json",
            "endpointName": "painter",
            "inputLocation": "s3://work/in/one.json",
        },
        "responseParameters": {
            "contentType": "application/json;jpeg",
            "outputLocation": "s3://work/out/one.out",
        },
        "inferenceId": "one",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_the_output_is_jpegs_in_base64(invoke: Invoke, engine: Any) -> None:
    invoke("two", {**REQUEST, "num_images_per_prompt": 2})
    engine.wait_for(1)

    body, content_type = engine.objects["work/out/two.out"]
    reply = json.loads(body)
    first, second = (base64.b64decode(image) for image in reply["generated_images"])

    assert content_type == "application/json;jpeg"
    assert reply["prompt"] == REQUEST["prompt"]
    assert reply["model_version"] == "local-procedural-painter-1"
    assert Image.open(io.BytesIO(first)).format == "JPEG"
    assert Image.open(io.BytesIO(second)).size == (256, 256)
    assert first != second


def test_without_accept_the_output_is_rgb_arrays(invoke: Invoke, engine: Any) -> None:
    invoke("arrays", {**REQUEST, "width": 64, "height": 128}, Accept="application/json")
    engine.wait_for(1)

    body, content_type = engine.objects["work/out/arrays.out"]
    [rows] = json.loads(body)["generated_images"]

    assert content_type == "application/json"
    assert (len(rows), len(rows[0]), len(rows[0][0])) == (128, 64, 3)


def test_plain_text_input_gives_one_picture(invoke: Invoke, engine: Any) -> None:
    invoke("text", b"a lighthouse", ContentType="application/x-text")
    engine.wait_for(1)

    reply = json.loads(engine.objects["work/out/text.out"][0])

    assert reply["prompt"] == "a lighthouse"
    assert isinstance(reply["generated_image"], str)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"width": 100}, "width"),
        ({"height": "512"}, "height"),
        ({"height": 4096}, "height"),
        ({"num_images_per_prompt": 0}, "num_images_per_prompt"),
        ({"num_inference_steps": True}, "num_inference_steps"),
        ({"guidance_scale": "high"}, "guidance_scale"),
        ({"negative_prompt": 3}, "negative_prompt"),
        ({"seed": -1}, "seed"),
        ({"prompt": ""}, "prompt"),
        ({"steps": 3}, "steps"),
    ],
)
def test_a_bad_field_fails_with_its_name(
    invoke: Invoke, engine: Any, change: dict[str, Any], named: str
) -> None:
    invoke("bad", {**REQUEST, **change})
    [(topic, notice)] = engine.wait_for(1)

    assert topic == "error"
    assert notice["invocationStatus"] == "Failed"
    assert "client error (400)" in notice["failureReason"]
    assert "responseParameters" not in notice
    failure = json.loads(engine.objects["work/fail/bad-error.out"][0])
    assert failure["code"] == 400
    assert named in failure["message"]
    assert "work/out/bad.out" not in engine.objects


@pytest.mark.parametrize("body", [b"{not json", b"[]", b"\xff\xfe"])
def test_an_unreadable_request_fails(invoke: Invoke, engine: Any, body: bytes) -> None:
    invoke("bad", body)
    assert engine.wait_for(1)[0][0] == "error"


def test_a_missing_input_fails_without_a_failure_file(
    invoke: Invoke, stand_ins: StandIns, engine: Any
) -> None:
    invoke("none", REQUEST, InputLocation="s3://work/in/never-there.json")
    [(topic, notice)] = engine.wait_for(1)

    assert (topic, notice["invocationStatus"]) == ("error", "Failed")
    assert "work/fail/none-error.out" not in engine.objects


@pytest.mark.parametrize(
    "change",
    [
        {"EndpointName": "nobody"},
        {"InputLocation": "https://example.org/input"},
        {"InputLocation": "s3://bucket-only"},
        {"InferenceId": "x" * 65},
        {"RequestTTLSeconds": 59},
        {"RequestTTLSeconds": 21_601},
        {"InvocationTimeoutSeconds": 3_601},
        {"CustomAttributes": "x" * 1_025},
        {"Filename": "name.out"},
    ],
)
def test_a_bad_call_is_a_validation_error(invoke: Invoke, change: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        invoke("refused", REQUEST, **change)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
