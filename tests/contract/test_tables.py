"""Tables: an index holds what its projection includes, in order, and follows its hash key."""

from __future__ import annotations

from typing import Any

import pytest
from contract.machines import unique

from local.running import Engine

pytestmark = pytest.mark.engine
INDEX = {
    "IndexName": "by-queue",
    "KeySchema": [
        {"AttributeName": "queue", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status"]},
}


@pytest.fixture(scope="module")
def rows(engine: Engine) -> tuple[Any, str]:
    """A table of three rows in one queue, the latest written first."""
    dynamodb, name = engine.client("dynamodb"), unique("rows")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": "S"} for key in ("id", "queue", "at")
        ],
        GlobalSecondaryIndexes=[INDEX],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in "321":
        texts = {"id": number, "queue": "open", "at": number, "status": "OPEN", "token": "secret"}
        item = {attribute: {"S": text} for attribute, text in texts.items()}
        dynamodb.put_item(TableName=name, Item=item)
    return dynamodb, name


def queued(rows: tuple[Any, str], queue: str, **more: Any) -> Any:
    dynamodb, name = rows
    return dynamodb.query(
        TableName=name,
        IndexName="by-queue",
        KeyConditionExpression="queue = :queue",
        ExpressionAttributeValues={":queue": {"S": queue}},
        **more,
    )


def test_a_page_holds_what_is_included_and_no_more(rows: tuple[Any, str]) -> None:
    first = queued(rows, "open", Limit=2)
    assert [item["id"]["S"] for item in first["Items"]] == ["1", "2"]
    assert {frozenset(item) for item in first["Items"]} == {
        frozenset(("id", "queue", "at", "status"))
    }
    rest = queued(rows, "open", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [item["id"]["S"] for item in rest["Items"]] == ["3"]
    newest = queued(rows, "open", ScanIndexForward=False, Limit=1)
    assert newest["Items"][0]["id"]["S"] == "3"


def test_a_row_follows_its_queue(rows: tuple[Any, str]) -> None:
    dynamodb, name = rows
    dynamodb.update_item(
        TableName=name,
        Key={"id": {"S": "1"}},
        UpdateExpression="SET queue = :done",
        ExpressionAttributeValues={":done": {"S": "done"}},
    )
    assert queued(rows, "open", Select="COUNT")["Count"] == 2
    assert [item["id"]["S"] for item in queued(rows, "done")["Items"]] == ["1"]
