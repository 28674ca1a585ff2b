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
def table() -> Iterator[Callable[[str], Table]]:
    """Makes a table with the key given."""
    with mock_aws():
        client = client_of("dynamodb")

        def make(key: str) -> Table:
            client.create_table(
                TableName="table",
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            return Table("table", client)

        yield make
