"""Events: from S3 and from a bus to an execution, and what becomes of the undeliverable."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from contract.machines import Make, single, unique, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine
KEYS = [
    "prompts/a b.txt",
    "prompts/a+b.txt",
    "prompts/ä€😀.json",
    "prompts/a%2Fb%20c.txt",
    "prompts/x=&?#'\"().json",
]


@pytest.fixture
def starts(engine: Engine, create_machine: Make) -> Callable[..., Callable[[], list[Any]]]:
    """Start an execution for each event of a pattern; returns a look at the inputs so far."""

    def connect(pattern: dict[str, Any], bus: str = "default") -> Callable[[], list[Any]]:
        events, steps = engine.client("events"), engine.client("stepfunctions")
        rule, machine = unique("rule"), create_machine(single({"Type": "Succeed"}))
        events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern))
        target = {"Id": "machine", "Arn": machine, "RoleArn": "arn:aws:iam::000000000000:role/r"}
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])

        def inputs() -> list[Any]:
            executions = steps.list_executions(stateMachineArn=machine)["executions"]
            arns = [execution["executionArn"] for execution in executions]
            found = [steps.describe_execution(executionArn=arn)["input"] for arn in arns]
            return [json.loads(text) for text in found]

        return inputs

    return connect


@pytest.fixture
def bucket(engine: Engine) -> str:
    """A versioned bucket whose events go to EventBridge."""
    storage, name = engine.client("s3"), unique("bucket")
    storage.create_bucket(Bucket=name)
    storage.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    storage.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return name


def created(bucket: str) -> dict[str, Any]:
    detail = {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "prompts/"}]}}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def test_a_new_object_starts_an_execution_with_awss_event(
    engine: Engine, starts: Any, bucket: str
) -> None:
    inputs = starts(created(bucket))
    storage = engine.client("s3")
    storage.put_object(Bucket=bucket, Key="elsewhere/a.txt", Body=b"no")
    put = storage.put_object(Bucket=bucket, Key="prompts/a.txt", Body=b"yes")
    (event,) = wait_for(inputs)
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert len(event["time"]) == len("2026-01-01T00:00:00Z")
    detail = event["detail"]
    assert set(detail) == {
        *("version", "bucket", "object", "request-id", "requester", "source-ip-address", "reason")
    }
    assert detail["reason"] == "PutObject"
    assert detail["object"].pop("sequencer")
    assert detail["object"] == {
        "key": "prompts/a.txt",
        "size": 3,
        "etag": put["ETag"].strip('"'),
        "version-id": put["VersionId"],
    }


def test_odd_keys_arrive_as_they_are(engine: Engine, starts: Any, bucket: str) -> None:
    inputs = starts(created(bucket))
    for key in KEYS:
        engine.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    arrived = wait_for(lambda: len(found := inputs()) == len(KEYS) and found)
    assert sorted(event["detail"]["object"]["key"] for event in arrived) == sorted(KEYS)


def test_each_version_is_an_event(engine: Engine, starts: Any, bucket: str) -> None:
    inputs = starts(created(bucket))
    put = [
        engine.client("s3").put_object(Bucket=bucket, Key="prompts/a.txt", Body=body)["VersionId"]
        for body in (b"1", b"2")
    ]
    arrived = wait_for(lambda: len(found := inputs()) == 2 and found)
    versions = [event["detail"]["object"]["version-id"] for event in arrived]
    assert sorted(versions) == sorted(put)


def test_an_event_on_a_custom_bus_starts_an_execution(engine: Engine, starts: Any) -> None:
    events, bus = engine.client("events"), unique("bus")
    events.create_event_bus(Name=bus)
    inputs = starts({"source": ["my.app"], "detail-type": ["ImageRequested"]}, bus)
    detail = {"prompt": 'a "boat"\nä'}
    entry = {"Source": "my.app", "DetailType": "ImageRequested", "Detail": json.dumps(detail)}
    events.put_events(Entries=[{**entry, "EventBusName": bus}, entry])
    (event,) = wait_for(inputs)
    assert event["detail"] == detail
    assert event["id"]
    assert (event["source"], event["account"], event["region"]) == (
        "my.app",
        "000000000000",
        "us-east-1",
    )


@pytest.fixture
def undelivered(engine: Engine) -> Callable[[str, str], dict[str, Any]]:
    """Put an event on the bus whose rule has this target and a queue; what comes to the queue."""

    def put(target: str, detail: str) -> dict[str, Any]:
        events, queues, rule = engine.client("events"), engine.client("sqs"), unique("rule")
        url = queues.create_queue(QueueName=unique("dead"))["QueueUrl"]
        told = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        queue = {"Arn": told["Attributes"]["QueueArn"]}
        events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
        events.put_targets(
            Rule=rule, Targets=[{"Id": "t", "Arn": target, "DeadLetterConfig": queue}]
        )
        events.put_events(Entries=[{"Source": rule, "DetailType": "Lost", "Detail": detail}])
        received = queues.receive_message(
            QueueUrl=url, WaitTimeSeconds=5, MessageAttributeNames=["All"]
        )
        (message,) = received["Messages"]
        assert message["MessageAttributes"]["TARGET_ARN"]["StringValue"] == target
        found: dict[str, Any] = message
        return found

    return put


def test_an_event_for_a_missing_target_goes_to_the_rules_queue(undelivered: Any) -> None:
    message = undelivered("arn:aws:states:us-east-1:000000000000:stateMachine:gone", '{"a":1}')
    assert json.loads(message["Body"])["detail"] == {"a": 1}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_an_event_above_256_kib_starts_nothing_and_goes_to_the_rules_queue(
    engine: Engine, create_machine: Make, undelivered: Any
) -> None:
    machine = create_machine(single({"Type": "Succeed"}))
    detail = {"a": "x" * 262_144}
    message = undelivered(machine, json.dumps(detail))
    assert json.loads(message["Body"])["detail"] == detail
    assert not engine.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]


def test_a_function_behind_a_rule_is_tried_three_times(
    engine: Engine, make_function: Make, tmp_path: Any
) -> None:
    events, rule, file = engine.client("events"), unique("rule"), tmp_path / "calls"
    source = (
        f"def handler(*_):\n    open({str(file)!r}, 'a').write('x')\n    raise ValueError('no')\n"
    )
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": make_function(source)}])
    events.put_events(Entries=[{"Source": rule, "DetailType": "Try", "Detail": "{}"}])
    assert wait_for(lambda: file.exists() and file.read_text() == "xxx")
