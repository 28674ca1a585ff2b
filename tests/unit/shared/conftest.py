"""A table and buckets in moto. Clients are made once: it takes as long as a whole test."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.dynamodb import Table


@functools.cache
def client_of(service: str) -> Any:
    return boto3.client(service)


@pytest.fixture
def client() -> Iterator[Any]:
    """S3 with two versioned buckets, here and there."""
    with mock_aws():
        client = client_of("s3")
        for bucket in ("here", "there"):
            client.create_bucket(Bucket=bucket)
            client.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        yield client


@pytest.fixture
def table() -> Iterator[Callable[..., Table]]:
    """Makes a table with the key given, and an index of these two attributes by their first."""
    with mock_aws():
        client = client_of("dynamodb")

        def make(key: str, name: str = "table", index: tuple[str, ...] = ()) -> Table:
            indexed = (
                {
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": f"by-{index[0]}",
                            "KeySchema": _schema(index),
                            "Projection": {"ProjectionType": "ALL"},
                        }
                    ]
                }
                if index
                else {}
            )
            client.create_table(
                TableName=name,
                KeySchema=_schema((key,)),
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name in (key, *index)
                ],
                BillingMode="PAY_PER_REQUEST",
                **indexed,
            )
            return Table(name, client)

        yield make


def _schema(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]
