"""Task states that write without a function: DynamoDB, EventBridge; and how much may pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from contract.machines import CAUGHT, Run, call, single, unique

from local.running import Engine

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def table(engine: Engine) -> Iterator[str]:
    database, name = engine.client("dynamodb"), unique("records")
    database.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    database.delete_table(TableName=name)


def update(table: str, **state: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Arguments": {
            "TableName": table,
            "Key": {"id": {"S": "{% $states.input.id %}"}},
            "UpdateExpression": "SET #s = :s, outcome = :o, n = if_not_exists(n, :z) + :one",
            "ConditionExpression": "attribute_not_exists(#s) OR #s = :running",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {
                ":s": {"S": "DONE"},
                ":running": {"S": "RUNNING"},
                ":o": {"S": "{% $string({'text': $states.input.text}) %}"},
                ":z": {"N": "0"},
                ":one": {"N": "{% $string(1) %}"},
            },
            "ReturnValues": "ALL_NEW",
        },
        **state,
    }


def test_a_conditional_update_writes(engine: Engine, run: Run, table: str) -> None:
    given = {"id": "a", "text": 'a "quote"\n€'}
    ended = run(single(update(table, Output="{% $states.result.Attributes %}")), given)
    assert ended["output"]["n"] == {"N": "1"}
    item = engine.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "a"}})["Item"]
    assert json.loads(item["outcome"]["S"]) == {"text": given["text"]}


def test_a_failed_condition_has_the_optimized_integrations_name(run: Run, table: str) -> None:
    given = {"id": "b", "text": ""}
    failed = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], **CAUGHT}
    assert run(single(update(table)), given)["status"] == "SUCCEEDED"
    ended = run(single(update(table, Catch=[failed])), given)
    assert ended["output"]["error"] == "DynamoDB.ConditionalCheckFailedException"
    assert "conditional request failed" in ended["output"]["cause"]


def test_an_unknown_table_has_its_error_name(run: Run) -> None:
    ended = run(single(update("no-such-table")), {"id": "a", "text": ""})
    assert ended["error"] == "DynamoDB.ResourceNotFoundException"


def put_event(source: str, **entry: Any) -> dict[str, Any]:
    detail = {"id": "{% $states.input.id %}", "list": [1, "{% $states.input.text %}"]}
    entries = [{"Source": source, "DetailType": "Done", "Detail": detail, **entry}]
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {"Entries": entries},
        "Output": "{% $states.result %}",
    }


def test_an_event_is_put_on_a_bus_with_its_detail(engine: Engine, run: Run) -> None:
    events, queues = engine.client("events"), engine.client("sqs")
    bus, queue = unique("bus"), unique("events")
    url = queues.create_queue(QueueName=queue)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.create_event_bus(Name=bus)
    events.put_rule(Name="all", EventBusName=bus, EventPattern='{"source":["safelight"]}')
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule="all", EventBusName=bus, Targets=[target])
    given = {"id": "a", "text": 'ä\n"b"'}
    ended = run(single(put_event("safelight", EventBusName=bus)), given)
    assert ended["output"]["FailedEntryCount"] == 0
    message = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("safelight", "Done")
    assert event["detail"] == {"id": "a", "list": [1, given["text"]]}
    assert ended["executionArn"] in event["resources"]


def test_a_refused_entry_fails_the_state(run: Run) -> None:
    state = {
        **put_event("aws.reserved"),
        "Catch": [{"ErrorEquals": ["EventBridge.FailedEntry"], **CAUGHT}],
    }
    ended = run(single(state), {"id": "a", "text": ""})
    assert ended["output"]["error"] == "EventBridge.FailedEntry"
    assert json.loads(ended["output"]["cause"])["FailedEntryCount"] == 1


def test_a_result_over_256_kib_is_a_data_limit_error(run: Run, probe: str) -> None:
    fits = run(single(call(probe, {"op": "echo", "value": "{% $pad('', 200000, 'x') %}"})))
    assert len(fits["output"]) == 200_000
    ended = run(single(call(probe, {"op": "echo", "value": "{% $pad('', 270000, 'x') %}"})))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")
