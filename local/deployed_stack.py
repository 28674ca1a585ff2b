"""A deployed Safelight stack as its users see it: drop a file, put an event, read a record.

Nothing here knows whether the stack is in an account or on the local engine: that is in the
clients alone.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from local.engine.settings import REGION

Clients = Callable[[str], Any]
Record = dict[str, Any]
PROMPTS_FOLDER = "prompts/"
REQUEST_EVENT = "ImageRequested"
DEFAULT_SOURCE = "safelight.cli"
# Of records and reviews: what is one JSON document in one attribute.
_DOCUMENTS = frozenset(
    ("source", "metadata", "reasons", "warnings", "attempts", "images", "models", "timings")
) | {"usage", "history", "classification", "shadow", "report", "reviews", "appeal", "approved"}
# Services that no engine answers for.
_STAND_INS = ("application-autoscaling", "comprehend")
# A key cannot be compared with an empty text.
_EVER = "0"
_read = TypeDeserializer().deserialize


class PutFailed(RuntimeError):
    """EventBridge took the call and refused the event."""


def local_clients(endpoint: str, stand_ins: str) -> Clients:
    """Clients, each made once, for an engine and stand-ins that a process of this machine runs."""
    session = boto3.session.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        region_name=REGION,
    )
    config = Config(s3={"addressing_style": "path"}, connect_timeout=3)
    return functools.cache(
        lambda service: session.client(
            service,
            endpoint_url=stand_ins if service in _STAND_INS else endpoint,
            config=config,
        )
    )


class DeployedStack:
    """One stack: its outputs, and what can be done with it."""

    def __init__(self, name: str, clients: Clients, outputs: dict[str, str]) -> None:
        self.name = name
        self.outputs = outputs
        self.client = clients

    def drop(self, content: bytes, key: str) -> str:
        """Write a prompt file; returns what tells its execution from others."""
        bucket = self.outputs["PromptsBucket"]
        written = self.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
        return str(written["VersionId"])

    def upload(self, file: Path, bucket: str, key: str) -> tuple[str, str]:
        """Write a file of any size that one PUT takes (5 GB); its (version id, ETag)."""
        with file.open("rb") as content:
            written = self.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
        return str(written["VersionId"]), str(written["ETag"]).strip('"')

    def put_event(self, detail: object, source: str = DEFAULT_SOURCE) -> str:
        """Put an ImageRequested event; returns its id, which tells its execution from others."""
        entry = {
            "EventBusName": self.outputs["EventBus"],
            "Source": source,
            "DetailType": REQUEST_EVENT,
            "Detail": json.dumps(detail),
        }
        put = self.client("events").put_events(Entries=[entry])["Entries"][0]
        if "EventId" not in put:
            raise PutFailed(f"{put.get('ErrorCode')}: {put.get('ErrorMessage')}")
        return str(put["EventId"])

    def publish_policy(self, key: str, bundle: bytes) -> str:
        """Put a compiled policy into the policy bucket; returns its version id."""
        written = self.client("s3").put_object(
            Bucket=self.outputs["PolicyBucket"],
            Key=key,
            Body=bundle,
            ContentType="application/json",
        )
        return str(written["VersionId"])

    def parameters(self) -> dict[str, str]:
        """The values that the stack was deployed with."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {
            parameter["ParameterKey"]: parameter["ParameterValue"]
            for parameter in stacks[0].get("Parameters", ())
        }

    def record(self, request_id: str) -> Record | None:
        """The record, its JSON documents parsed; None if there is none."""
        found = self.client("dynamodb").get_item(
            TableName=self.outputs["ResultsTable"],
            Key={"request_id": {"S": request_id}},
            ConsistentRead=True,
        )
        return parsed(found["Item"]) if "Item" in found else None

    def job(self, job_id: str) -> Record | None:
        """A batch or a data set, its JSON documents parsed; None if there is none."""
        found = self.client("dynamodb").get_item(
            TableName=self.outputs["JobsTable"],
            Key={"job_id": {"S": job_id}},
            ConsistentRead=True,
        )
        return parsed(found["Item"]) if "Item" in found else None

    def records_of(self, requester: str, limit: int = 20, since: str = "") -> list[Record]:
        """The newest records of one requester, made at `since` (as records write it) or later."""
        # A query's answer ends at 1 MB, whatever its limit.
        pages = (
            self.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.outputs["ResultsTable"],
                IndexName="by-requester",
                KeyConditionExpression="requester = :requester AND created_at >= :since",
                ExpressionAttributeValues={
                    ":requester": {"S": requester},
                    ":since": {"S": since or _EVER},
                },
                ScanIndexForward=False,
                PaginationConfig={"MaxItems": limit, "PageSize": limit},
            )
        )
        return [parsed(item) for page in pages for item in page["Items"]]

    def all_records(self) -> Iterator[Record]:
        """Every record, in no order: reads the whole table, which only an operator's tool may."""
        pages = self.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.outputs["ResultsTable"]):
            yield from map(parsed, page["Items"])

    def object(self, bucket: str, key: str, version_id: str = "") -> bytes:
        """The bytes of a stored picture or preview."""
        version = {"VersionId": version_id} if version_id else {}
        found = self.client("s3").get_object(Bucket=bucket, Key=key, **version)
        return bytes(found["Body"].read())


def parsed(item: dict[str, Any]) -> Record:
    """A DynamoDB item as the record's schema describes it."""
    record = {name: _plain(_read(value)) for name, value in item.items()}
    return {
        name: json.loads(value) if name in _DOCUMENTS and isinstance(value, str) else value
        for name, value in record.items()
    }


def default_key(file: Path) -> str:
    """Where a prompt file goes unless its sender says otherwise."""
    return PROMPTS_FOLDER + file.name


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
