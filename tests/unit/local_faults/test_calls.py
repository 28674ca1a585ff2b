"""What a request is: its caller, operation and facts, and nothing of its content."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from local.faults import callers
from local.faults.calls import CallLog, call_of
from local.faults.watch import Watch

KEY = callers.access_key("stack-Store-1", 40123)


def signed(service: str, **headers: str) -> dict[str, str]:
    scope = f"{KEY}/20261121/us-east-1/{service}/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return {"authorization": authorization, **headers}


def target(name: str, service: str) -> dict[str, str]:
    return signed(service, **{"x-amz-target": name})


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "operation", "facts"),
    [
        ("GET", "/b/a%20b/c?versionId=v", signed("s3"), {}, "GetObject",
         {"bucket": "b", "key": "a b/c", "version": "v"}),
        ("HEAD", "/b/k", signed("s3"), {}, "HeadObject", {"bucket": "b", "key": "k"}),
        ("PUT", "/b/k", signed("s3"), {}, "PutObject", {"bucket": "b", "key": "k"}),
        ("DELETE", "/b/k", signed("s3"), {}, "DeleteObject", {"bucket": "b", "key": "k"}),
        ("GET", "/b/k?tagging", signed("s3"), {}, "GetObjectTagging", {"bucket": "b", "key": "k"}),
        ("PUT", "/b/k", signed("s3", **{"x-amz-copy-source": "s/a%2Fb?versionId=v"}), {},
         "CopyObject", {"bucket": "b", "key": "k", "source_bucket": "s", "source_key": "a/b",
                        "source_version": "v"}),
        ("GET", "/b?list-type=2&prefix=p", signed("s3"), {}, "ListObjectsV2",
         {"bucket": "b", "prefix": "p"}),
        ("GET", "/b?versions", signed("s3"), {}, "ListObjectVersions", {"bucket": "b"}),
        ("POST", "/b?delete", signed("s3"), {}, "DeleteObjects", {"bucket": "b"}),
        ("HEAD", "/b", signed("s3"), {}, "HeadBucket", {"bucket": "b"}),
        ("POST", "/b/k?uploads", signed("s3"), {}, "POST", {"bucket": "b", "key": "k"}),
        ("POST", "/", target("DynamoDB_20120810.Query", "dynamodb"),
         {"TableName": "t", "IndexName": "i"}, "Query", {"table": "t", "index": "i"}),
        ("POST", "/", target("AWSEvents.PutEvents", "events"),
         {"Entries": [{"EventBusName": "two"}, {"EventBusName": "one"}, {}]}, "PutEvents",
         {"bus": "default,one,two"}),
        ("POST", "/", target("AWSStepFunctions.StartExecution", "states"),
         {"stateMachineArn": "arn:m", "input": "{}"}, "StartExecution", {"state_machine": "arn:m"}),
        ("POST", "/", target("AWSStepFunctions.SendTaskSuccess", "states"),
         {"taskToken": "t", "output": "{}"}, "SendTaskSuccess", {}),
        ("POST", "/", target("AmazonSQS.SendMessage", "sqs"), {"QueueUrl": "http://q"},
         "SendMessage", {"queue": "http://q"}),
        ("POST", "/", target("TrentService.Decrypt", "kms"), {"KeyId": "k"}, "Decrypt",
         {"kms_key": "k"}),
        ("POST", "/2015-03-31/functions/f/invocations", signed("lambda"), {}, "Invoke",
         {"function": "f"}),
        ("POST", "/", target("RekognitionService.DetectModerationLabels", "rekognition"),
         {"Image": {"S3Object": {"Bucket": "b", "Name": "k"}}}, "DetectModerationLabels",
         {"bucket": "b", "key": "k"}),
        ("POST", "/", target("RekognitionService.DetectText", "rekognition"),
         {"Image": {"Bytes": "AAAA"}}, "DetectText", {}),
        ("POST", "/", target("Comprehend_20171127.ClassifyDocument", "comprehend"),
         {"EndpointArn": "arn:e", "Text": "t"}, "ClassifyDocument", {"endpoint": "arn:e"}),
        ("POST", "/", target("Comprehend_20171127.CreateDocumentClassifier", "comprehend"),
         {"DocumentClassifierName": "n", "VersionName": "v", "DataAccessRoleArn": "arn:r"},
         "CreateDocumentClassifier", {"classifier": "n", "version": "v", "role": "arn:r"}),
        ("POST", "/", target("Comprehend_20171127.CreateEndpoint", "comprehend"),
         {"EndpointName": "e", "ModelArn": "arn:m"}, "CreateEndpoint",
         {"endpoint": "e", "classifier": "arn:m"}),
        ("POST", "/", target("Comprehend_20171127.UpdateEndpoint", "comprehend"),
         {"EndpointArn": "arn:e", "DesiredModelArn": "arn:m"}, "UpdateEndpoint",
         {"endpoint": "arn:e", "classifier": "arn:m"}),
        ("POST", "/", target("AnyScaleFrontendService.RegisterScalableTarget",
                             "application-autoscaling"),
         {"ResourceId": "arn:e"}, "RegisterScalableTarget", {"resource": "arn:e"}),
        ("POST", "/", target("SageMaker.DescribeEndpoint", "sagemaker"), {"EndpointName": "e"},
         "DescribeEndpoint", {"endpoint": "e"}),
        ("POST", "/endpoints/e/async-invocations",
         signed("sagemaker", **{"x-amzn-sagemaker-inputlocation": "s3://b/k"}), {},
         "InvokeEndpointAsync", {"endpoint": "e", "bucket": "b", "key": "k"}),
        ("POST", "/guardrail/g/version/1/apply", signed("bedrock"), {}, "ApplyGuardrail",
         {"guardrail": "g"}),
        ("POST", "/model/m/converse", signed("bedrock"), {}, "Converse", {"model": "m"}),
        ("POST", "/", target("DynamoDB_20120810.PutItem", "dynamodb"), "no object", "PutItem", {}),
    ],
)  # fmt: skip
def test_operations_and_facts(
    method: str, path: str, headers: dict[str, str], body: Any, operation: str, facts: Any
) -> None:
    call = call_of(method, path, headers, json.dumps(body).encode())
    service = callers.credential_of(headers).service
    told = (call.caller, call.service, call.operation, call.facts)
    assert told == ("stack-Store-1", service, operation, facts)


def test_a_form_has_its_action_and_topic() -> None:
    body = urlencode({"Action": "Publish", "TopicArn": "arn:t", "Message": "a secret"}).encode()
    headers = signed("sns", **{"content-type": "application/x-www-form-urlencoded; charset=utf-8"})
    call = call_of("POST", "/", headers, body)
    assert (call.operation, call.facts) == ("Publish", {"topic": "arn:t"})
    assert "a secret" in call.text


def test_what_is_not_json_has_no_facts() -> None:
    assert call_of("POST", "/", signed("dynamodb"), b"\xff").facts == {}


def test_the_text_that_rules_look_in_is_decoded() -> None:
    headers = signed("s3", **{"x-amz-copy-source": "s/a%20b"})
    call = call_of("PUT", "/b/%C3%A4?x=a+b", headers, b"body \xff" + b"." * 100_000 + b"end")
    for part in ("/b/ä", "x=a b", "s/a b", "body"):
        assert part in call.text
    assert "end" not in call.text


def test_keys_name_a_function_and_its_process() -> None:
    assert callers.caller_of(KEY) == "stack-Store-1"
    assert callers.port_of(KEY) == 40123
    assert callers.caller_of("AKIAIOSFODNN7EXAMPLE") == ""
    assert callers.port_of("local") == 0
    assert callers.credential_of({}) == ("", "")


def test_a_header_names_a_state_machine() -> None:
    headers = {callers.CALLER_HEADER: "machine/State"}
    assert call_of("GET", "/b/k", headers, b"", "s3").caller == "machine/State"


def test_a_record_has_no_text_and_no_key() -> None:
    log = CallLog()
    log.add(call_of("PUT", "/b/k", signed("s3"), b"a secret"))
    [row] = log.report()
    assert row.keys() == {"caller", "service", "operation", "facts", "at"}
    assert "secret" not in str(row)
    assert "40123" not in str(row)


def test_a_watch_looks_only_when_it_is_asked() -> None:
    watch = Watch()
    assert not watch.active
    assert watch.control("PUT", "/_local/recording", b'{"on": true}') == (200, {"status": "ok"})
    assert watch.active
    watch.rule_for(call_of("PUT", "/b/k", signed("s3"), b""))
    watch.rule_for(call_of("PUT", "/b/k", {}, b""))
    told = watch.control("GET", "/_local/recording", b"")
    assert told is not None
    assert len(told[1]["calls"]) == 1
    watch.control("DELETE", "/_local/recording", b"")
    watch.control("PUT", "/_local/recording", b'{"on": false}')
    assert not watch.active


@pytest.mark.parametrize(
    ("path", "body"),
    [("faults", b"{}"), ("faults", b"nonsense"), ("faults", b'[{"service": "s3"}]')],
)
def test_a_wrong_control_call_is_answered_400(path: str, body: bytes) -> None:
    answer = Watch().control("POST", f"/_local/{path}", body)
    assert answer is not None
    assert answer[0] == 400
    assert answer[1]["error"]


def test_another_control_call_is_not_the_watchs() -> None:
    assert Watch().control("GET", "/_local/health", b"") is None
