"""What there is to see when all is over: executions, records, events, pictures, tokens and logs."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from PIL import Image

from bench.soak.logs import messages
from bench.soak.plan import name_in
from bench.soak.system import System
from local.ai.marker import read_marker

Json = dict[str, Any]
_READERS = 4
# As StoreImages ends the keys of previews.
_PREVIEW = "-preview.jpg"


@dataclass(frozen=True)
class Execution:
    """One that was started. `first` is the record that a duplicate points to."""

    arn: str
    name: str
    status: str
    first: str
    transitions: int


@dataclass(frozen=True)
class Picture:
    """One object version in the images bucket; `marked` as unsafe by the painter itself."""

    key: str
    sha256: str
    marked: bool


@dataclass(frozen=True)
class Evidence:
    """Everything, by `name` of the submission where there is one.

    `stored` and `previews` are the hashes of what StoreImages stored.
    """

    executions: list[Execution]
    records: list[Json]
    events: list[Json]
    published: list[Picture]
    stored: frozenset[str]
    previews: frozenset[str]
    tokens: frozenset[str]
    logs: str
    function_logs: str


def gather(system: System, events: list[Json]) -> Evidence:
    """Reads everything that is left of the load."""
    tables = system.client("dynamodb").get_paginator("scan")
    inferences = [
        item
        for page in tables.paginate(TableName=system.outputs["InferencesTable"])
        for item in page["Items"]
    ]
    pictures = list(_objects(system, system.outputs["WorkBucket"], "pictures/"))
    return Evidence(
        executions=_executions(system),
        records=list(system.all_records()),
        events=[event["detail"] for event in events],
        published=list(_published(system)),
        stored=_hashes(body for key, body in pictures if not key.endswith(_PREVIEW)),
        previews=_hashes(body for key, body in pictures if key.endswith(_PREVIEW)),
        tokens=frozenset(row["task_token"]["S"] for row in inferences if "task_token" in row),
        logs=system.logs(),
        function_logs="\n".join(messages(system.client("logs"))),
    )


def _hashes(bodies: Iterable[bytes]) -> frozenset[str]:
    return frozenset(hashlib.sha256(body).hexdigest() for body in bodies)


def _executions(system: System) -> list[Execution]:
    pages = (
        system.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=system.outputs["StateMachineArn"])
    )
    arns = [one["executionArn"] for page in pages for one in page["executions"]]
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda arn: _execution(system, arn), arns))


def _execution(system: System, arn: str) -> Execution:
    client = system.client("stepfunctions")
    described = client.describe_execution(executionArn=arn)
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    types = [event["type"] for page in pages for event in page["events"]]
    # A retry is charged like a transition: more tasks were scheduled than task states entered.
    entered = sum(kind.endswith("StateEntered") for kind in types)
    retries = types.count("TaskScheduled") - types.count("TaskStateEntered")
    output = described.get("output") or ""
    return Execution(
        arn,
        name_in(described["name"], described.get("input") or ""),
        described["status"],
        _first(output),
        entered + max(0, retries),
    )


def _first(output: str) -> str:
    first = json.loads(output).get("first") if output else None
    return str(first["request_id"]) if first else ""


def _published(system: System) -> Iterator[Picture]:
    for key, body in _objects(system, system.outputs["ImagesBucket"], ""):
        with Image.open(io.BytesIO(body)) as picture:
            marked = read_marker(picture.convert("RGB")) is not None
        yield Picture(key, hashlib.sha256(body).hexdigest(), marked)


def _objects(system: System, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """(key, content) of every version of every object."""
    pages = system.client("s3").get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for version in page.get("Versions", ()):
            yield version["Key"], system.object(bucket, version["Key"], version["VersionId"])
