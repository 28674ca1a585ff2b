"""S3 by version and condition; DynamoDB by condition and index."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contract.machines import Invoke, Make, unique

from local.running import Engine

pytestmark = pytest.mark.engine


def code(action: Any) -> str:
    with pytest.raises(ClientError) as error:
        action()
    return str(error.value.response["Error"]["Code"])


@pytest.fixture(scope="module")
def storage(engine: Engine) -> Any:
    return engine.client("s3")


@pytest.fixture(scope="module")
def bucket(storage: Any) -> str:
    name = unique("bucket")
    storage.create_bucket(Bucket=name)
    storage.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture(scope="module")
def versions(storage: Any, bucket: str) -> list[Any]:
    bodies = (b"first", b"second!")
    return [storage.put_object(Bucket=bucket, Key="k", Body=body) for body in bodies]


def test_get_and_head_by_version(storage: Any, bucket: str, versions: list[Any]) -> None:
    first = {"Bucket": bucket, "Key": "k", "VersionId": versions[0]["VersionId"]}
    assert storage.get_object(**first)["Body"].read() == b"first"
    head = storage.head_object(**first)
    assert (head["ContentLength"], head["VersionId"]) == (5, versions[0]["VersionId"])
    assert storage.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second!"
    missing = {**first, "VersionId": "0" * 32}
    assert code(lambda: storage.get_object(**missing)) in ("NoSuchVersion", "InvalidArgument")


def test_get_a_range_of_a_version(storage: Any, bucket: str, versions: list[Any]) -> None:
    first = {"Bucket": bucket, "Key": "k", "VersionId": versions[0]["VersionId"]}
    part = storage.get_object(**first, Range="bytes=2-100")
    assert (part["ContentRange"], part["Body"].read()) == ("bytes 2-4/5", b"rst")
    assert code(lambda: storage.get_object(**first, Range="bytes=5-9")) == "InvalidRange"


def test_get_under_a_condition(storage: Any, bucket: str, versions: list[Any]) -> None:
    wanted = {"Bucket": bucket, "Key": "k"}
    etag = versions[1]["ETag"]
    assert storage.get_object(**wanted, IfMatch=etag)["ETag"] == etag
    stale = versions[0]["ETag"]
    assert code(lambda: storage.get_object(**wanted, IfMatch=stale)) == "PreconditionFailed"
    assert code(lambda: storage.head_object(**wanted, IfNoneMatch=etag)) in ("304", "NotModified")


def test_get_only_if_changed(storage: Any, bucket: str, versions: list[Any]) -> None:
    wanted = {"Bucket": bucket, "Key": "k"}
    assert code(lambda: storage.get_object(**wanted, IfNoneMatch=versions[1]["ETag"])) == "304"
    newer = storage.get_object(**wanted, IfNoneMatch=versions[0]["ETag"])
    assert (newer["Body"].read(), newer["VersionId"]) == (b"second!", versions[1]["VersionId"])


def test_versions_are_listed_newest_first(storage: Any, bucket: str) -> None:
    put = [storage.put_object(Bucket=bucket, Key="listed", Body=b"%d" % n) for n in range(3)]
    storage.delete_object(Bucket=bucket, Key="listed")
    listed = storage.list_object_versions(Bucket=bucket, Prefix="listed", MaxKeys=20)["Versions"]
    newest_first = [one["VersionId"] for one in reversed(put)]
    assert [one["VersionId"] for one in listed] == newest_first
    assert code(lambda: storage.get_object(Bucket=bucket, Key="listed")) == "NoSuchKey"


def test_put_only_if_absent(storage: Any, bucket: str, versions: list[Any]) -> None:
    again = {"Bucket": bucket, "Key": "k", "Body": b"x", "IfNoneMatch": "*"}
    assert code(lambda: storage.put_object(**again)) == "PreconditionFailed"


def test_copy_of_a_version_under_a_condition(
    storage: Any, bucket: str, versions: list[Any]
) -> None:
    source = {"Bucket": bucket, "Key": "k", "VersionId": versions[0]["VersionId"]}
    copy = {"Bucket": bucket, "Key": "copy ä", "CopySource": source}
    answer = storage.copy_object(**copy, CopySourceIfMatch=versions[0]["ETag"])
    assert answer["VersionId"]
    assert storage.get_object(Bucket=bucket, Key="copy ä")["Body"].read() == b"first"
    other = versions[1]["ETag"]
    refused = code(lambda: storage.copy_object(**copy, CopySourceIfMatch=other))
    assert refused == "PreconditionFailed"


def test_copy_can_replace_metadata(storage: Any, bucket: str, versions: list[Any]) -> None:
    storage.copy_object(
        Bucket=bucket,
        Key="labelled",
        CopySource={"Bucket": bucket, "Key": "k"},
        MetadataDirective="REPLACE",
        Metadata={"verdict": "safe"},
        ContentType="image/png",
    )
    head = storage.head_object(Bucket=bucket, Key="labelled")
    assert (head["ContentType"], head["Metadata"]) == ("image/png", {"verdict": "safe"})


def test_what_is_not_there_is_named(storage: Any, bucket: str) -> None:
    assert code(lambda: storage.get_object(Bucket=bucket, Key="none")) == "NoSuchKey"
    assert code(lambda: storage.head_object(Bucket=bucket, Key="none")) == "404"


@pytest.fixture(scope="module")
def database(engine: Engine) -> Any:
    return engine.client("dynamodb")


@pytest.fixture(scope="module")
def table(database: Any) -> str:
    name = unique("records")
    database.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("id", "open", "deadline")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-deadline",
                "KeySchema": [
                    {"AttributeName": "open", "KeyType": "HASH"},
                    {"AttributeName": "deadline", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_a_refused_claim_shows_who_holds_it(database: Any, table: str) -> None:
    claim = {
        "TableName": table,
        "ConditionExpression": "attribute_not_exists(id) OR (holder = :me AND #s = :running)",
        "ExpressionAttributeNames": {"#s": "status"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    def put(holder: str) -> None:
        item = {"id": {"S": "a"}, "holder": {"S": holder}, "status": {"S": "RUNNING"}}
        values = {":me": {"S": holder}, ":running": {"S": "RUNNING"}}
        database.put_item(**claim, Item=item, ExpressionAttributeValues=values)

    put("first")
    put("first")
    with pytest.raises(database.exceptions.ConditionalCheckFailedException) as refused:
        put("second")
    assert refused.value.response["Item"]["holder"] == {"S": "first"}


def test_a_refused_update_shows_the_item(database: Any, table: str) -> None:
    database.put_item(TableName=table, Item={"id": {"S": "b"}, "n": {"N": "1"}})
    with pytest.raises(database.exceptions.ConditionalCheckFailedException) as refused:
        database.update_item(
            TableName=table,
            Key={"id": {"S": "b"}},
            UpdateExpression="SET n = :n REMOVE old",
            ConditionExpression="n = :other",
            ExpressionAttributeValues={":n": {"N": "5"}, ":other": {"N": "3"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert refused.value.response["Item"]["n"] == {"N": "1"}


def test_a_sparse_index_is_queried_in_order(database: Any, table: str) -> None:
    for number, state in (("3", "o"), ("1", "o"), ("2", None)):
        item = {"id": {"S": f"gsi-{number}"}, "deadline": {"S": number}}
        database.put_item(TableName=table, Item=item | ({"open": {"S": state}} if state else {}))
    found = database.query(
        TableName=table,
        IndexName="by-deadline",
        KeyConditionExpression="#o = :o AND deadline < :d",
        ExpressionAttributeNames={"#o": "open"},
        ExpressionAttributeValues={":o": {"S": "o"}, ":d": {"S": "9"}},
    )
    assert [item["deadline"]["S"] for item in found["Items"]] == ["1", "3"]


SIGNING = """
import boto3
from botocore.config import Config

def handler(event, _):
    signing = boto3.client("s3", config=Config(signature_version="s3v4"))
    return signing.generate_presigned_url("get_object", Params=event, ExpiresIn=60)
"""


def test_a_link_that_a_function_signed(
    make_function: Make, invoke: Invoke, bucket: str, versions: list[Any]
) -> None:
    first = {"Bucket": bucket, "Key": "k", "VersionId": versions[0]["VersionId"]}
    link, _ = invoke(first, make_function(SIGNING))
    with urllib.request.urlopen(link) as answer:  # noqa: S310
        assert answer.read() == b"first"
    other = link.replace(versions[0]["VersionId"], versions[1]["VersionId"])
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(other)  # noqa: S310
