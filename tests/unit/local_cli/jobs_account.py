"""An account with one stack in it, as far as `safelight batch` and `safelight dataset` see it.

A batch file or a data set starts an execution; what becomes of its job is told beforehand, one look
after the other.
"""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from local.deployed_stack import DeployedStack, Record

PROMPTS, DATASETS, IMAGES = "prompts", "datasets", "images"
OUTPUTS = {
    "PromptsBucket": PROMPTS,
    "DatasetsBucket": DATASETS,
    "ResultsTable": "results",
    "JobsTable": "jobs",
    "StateMachineArn": "arn:machine:GenerateSafeImage",
    "RunBatchArn": "arn:machine:RunBatch",
    "ModerateDatasetArn": "arn:machine:ModerateDataset",
}
Json = dict[str, Any]


def job(job_id: str, status: str = "RUNNING", **more: Any) -> Record:
    """A job as its record says it, its JSON documents not yet text."""
    made: Record = {
        "job_id": job_id,
        "kind": job_id.partition("-")[0],
        "run": 1,
        "status": status,
        "stage": "RunRows",
        "execution_arn": "arn:execution:1",
        "created_at": "2026-11-20T10:00:00.000Z",
        "updated_at": "2026-11-20T10:00:09.000Z",
        "source": {"bucket": PROMPTS, "key": "batches/prompts.jsonl"},
        "total": 4,
    }
    return made | more


class Account:
    """Its S3, DynamoDB and Step Functions, and the stack that uses them."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.puts: list[str] = []
        self.records: dict[str, Record] = {}
        self.looks: list[Record | None] = []
        self.started: dict[str, Json] = {}
        self.ended: Json = {"status": "SUCCEEDED"}
        self.items: Json = {}
        self.stack = DeployedStack("s", lambda _: self, OUTPUTS)

    def put_object(self, **given: Any) -> Json:
        content = given["Body"].read()
        self.objects[given["Bucket"], given["Key"]] = content
        self.puts.append(given["Key"])
        if given["Bucket"] == PROMPTS:
            self._start({"detail": {"object": {"key": given["Key"], "version-id": "v1"}}})
        return {"VersionId": "v1", "ETag": f'"{_md5(content)}"'}

    def get_object(self, **given: Any) -> Json:
        content = self.objects[given["Bucket"], given["Key"]]
        return {"Body": StreamingBody(io.BytesIO(content), len(content))}

    def get_item(self, **given: Any) -> Json:
        key = given["Key"]
        if given["TableName"] == "results":
            return _answer(self.records.get(key["request_id"]["S"]))
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return _answer(found)

    def start_execution(self, **given: Any) -> Json:
        return {"executionArn": self._start(json.loads(given["input"]))}

    def list_executions(self, **_: Any) -> Json:
        now = datetime.now(UTC)
        return {"executions": [{"executionArn": arn, "startDate": now} for arn in self.started]}

    def describe_execution(self, **given: Any) -> Json:
        return {"input": json.dumps(self.started.get(given["executionArn"], {}))} | self.ended

    def list_map_runs(self, **_: Any) -> Json:
        if not self.items:
            error: Any = {"Error": {"Code": "ExecutionDoesNotExist", "Message": "…"}}
            raise ClientError(error, "ListMapRuns")
        return {"mapRuns": [{"mapRunArn": "arn:map", "startDate": datetime.now(UTC)}]}

    def describe_map_run(self, **_: Any) -> Json:
        return {"itemCounts": self.items}

    def get_paginator(self, name: str) -> Account:
        assert name == "list_objects_v2"
        return self

    def paginate(self, **given: Any) -> list[Json]:
        found = [
            {"Key": key, "ETag": f'"{_md5(content)}"'}
            for (bucket, key), content in self.objects.items()
            if bucket == given["Bucket"] and key.startswith(given["Prefix"])
        ]
        return [{"Contents": found}] if found else [{}]

    def _start(self, given: Json) -> str:
        arn = f"arn:execution:{len(self.started) + 1}"
        self.started[arn] = given
        return arn


def _answer(record: Record | None) -> Json:
    if record is None:
        return {}
    flat = {
        name: json.dumps(value) if isinstance(value, dict | list) else value
        for name, value in record.items()
    }
    return {"Item": {name: TypeSerializer().serialize(value) for name, value in flat.items()}}


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
