"""Who called what: functions by their process's key, state machines by the task at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from contract.machines import Invoke, Make, Run, call, single, unique

from local.running import Engine

pytestmark = pytest.mark.engine


@pytest.fixture
def recorded(engine: Engine) -> Iterator[Any]:
    """A look at the calls since the test began, without their times."""
    engine.forget_calls()
    engine.record_calls()
    yield lambda: [{**each, "at": 0} for each in engine.recorded_calls()]
    engine.record_calls(False)


@pytest.fixture(scope="session")
def table(engine: Engine) -> str:
    name = unique("table")
    engine.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def record(caller: str, service: str, operation: str, **facts: str) -> dict[str, Any]:
    return {
        "caller": caller,
        "service": service,
        "operation": operation,
        "facts": facts,
        "at": 0,
    }


def test_a_functions_calls_are_its_own(
    engine: Engine, probe: str, invoke: Invoke, recorded: Any, table: str
) -> None:
    bucket, function = unique("bucket"), probe.rsplit(":", 1)[1]
    engine.client("s3").create_bucket(Bucket=bucket)

    def do(service: str, method: str, **arguments: Any) -> Any:
        return invoke({"op": "call", "service": service, "method": method, "arguments": arguments})

    place = {"Bucket": bucket, "Key": "a b/ä"}
    do("s3", "put_object", **place, Body="secret")
    do("s3", "get_object", **place, VersionId="null")
    do("s3", "head_object", **place)
    do("s3", "copy_object", Bucket=bucket, Key="copy", CopySource={**place, "VersionId": "null"})
    do("s3", "list_object_versions", Bucket=bucket, Prefix="a")
    do("dynamodb", "put_item", TableName=table, Item={"id": {"S": "secret"}})
    do("dynamodb", "query", TableName=table, IndexName="by-day")
    do("events", "put_events", Entries=[{"EventBusName": "bus", "Detail": "secret"}])
    do("stepfunctions", "send_task_success", taskToken="secret", output="{}")
    do("stepfunctions", "describe_execution", executionArn="arn:execution")
    do("sqs", "send_message", QueueUrl="http://queue", MessageBody="secret")
    do("sns", "publish", TopicArn="arn:topic", Message="secret")
    s3 = {"bucket": bucket, "key": "a b/ä"}
    source = {"source_bucket": bucket, "source_key": "a b/ä", "source_version": "null"}
    assert recorded() == [
        record(function, "s3", "PutObject", **s3),
        record(function, "s3", "GetObject", **s3, version="null"),
        record(function, "s3", "HeadObject", **s3),
        record(function, "s3", "CopyObject", bucket=bucket, key="copy", **source),
        record(function, "s3", "ListObjectVersions", bucket=bucket, prefix="a"),
        record(function, "dynamodb", "PutItem", table=table),
        record(function, "dynamodb", "Query", table=table, index="by-day"),
        record(function, "events", "PutEvents", bus="bus"),
        record(function, "states", "SendTaskSuccess"),
        record(function, "states", "DescribeExecution", execution="arn:execution"),
        record(function, "sqs", "SendMessage", queue="http://queue"),
        record(function, "sns", "Publish", topic="arn:topic"),
    ]
    assert "secret" not in str(engine.recorded_calls())


def test_a_machines_calls_name_machine_and_state(
    engine: Engine, probe: str, create_machine: Make, finish: Run, recorded: Any, table: str
) -> None:
    machine = create_machine(
        single(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::dynamodb:putItem",
                "Arguments": {"TableName": table, "Item": {"id": {"S": "one"}}},
            }
        )
    )
    invoking = create_machine(single(call(probe, {"op": "echo", "value": "secret"})))
    for arn in (machine, invoking):
        started = engine.client("stepfunctions").start_execution(stateMachineArn=arn)
        assert finish(started["executionArn"])["status"] == "SUCCEEDED"
    assert recorded() == [
        record(f"{_name(machine)}/Only", "dynamodb", "PutItem", table=table),
        record(f"{_name(invoking)}/Only", "lambda", "Invoke", function=probe),
    ]


def test_nothing_is_recorded_unless_asked(engine: Engine, invoke: Invoke, table: str) -> None:
    engine.forget_calls()
    invoke({"op": "call", "service": "dynamodb", "method": "list_tables"})
    assert engine.recorded_calls() == []


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[1]
