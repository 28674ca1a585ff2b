"""Writes what a map run's children came to, as ResultWriter has it, to S3.

`<prefix>/<run id>/manifest.json` names the files: SUCCEEDED_n, FAILED_n (failed, timed out and
aborted children) and PENDING_n (those that were never started). What failed is written unchanged
whatever the Transformation says, and result files end in .json whatever the OutputType
(docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html; the names of JSON
Lines files by github.com/floci-io/floci/pull/1823). AWS begins another file at 5 GB: here it is at
1 MiB, so that readers meet more than one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.engine.map_definitions import Writer
from local.engine.spool import Spool

_LARGEST_FILE = 1024 * 1024
_KINDS = ("FAILED", "PENDING", "SUCCEEDED")
Json = dict[str, Any]


class ResultWriterError(Exception):
    """The results cannot be written."""


class Results:
    """The children's results, on disk until all are there; not safe for threads."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._spools = {kind: Spool() for kind in _KINDS}

    def add(self, record: Json) -> None:
        """A child's record, ended; or one that is PENDING and has but its Input."""
        kind = record["status"] if record["status"] in _KINDS else "FAILED"
        for entry in transformed(self._writer, record):
            text = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
            self._spools[kind].add(text)

    def write(self, s3: Any, arguments: Json, map_run_arn: str) -> Json:
        """Put the files and the manifest; the state's output."""
        try:
            return self._write(s3, arguments, map_run_arn)
        except (ClientError, BotoCoreError, KeyError) as error:
            raise ResultWriterError(str(error)) from error

    def _write(self, s3: Any, arguments: Json, map_run_arn: str) -> Json:
        bucket, prefix = arguments["Bucket"], str(arguments.get("Prefix", "")).rstrip("/")
        folder = "/".join(filter(None, [prefix, map_run_arn.rpartition(":")[2]]))
        files: dict[str, list[Json]] = {kind: [] for kind in _KINDS}
        for kind, listed in files.items():
            for number, body in enumerate(self._bodies(kind)):
                key = f"{folder}/{kind}_{number}.json"
                s3.put_object(Bucket=bucket, Key=key, Body=body)
                listed.append({"Key": key, "Size": len(body)})
        manifest = {"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": files}
        key = f"{folder}/manifest.json"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest).encode())
        return {"MapRunArn": map_run_arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}

    def _bodies(self, kind: str) -> Iterator[bytes]:
        lines: list[bytes] = []
        size = 0
        for line in self._spools[kind]:
            encoded = line.encode()
            if lines and size + len(encoded) > _LARGEST_FILE:
                yield self._body(lines)
                lines, size = [], 0
            lines.append(encoded)
            size += len(encoded)
        if lines:
            yield self._body(lines)

    def _body(self, lines: list[bytes]) -> bytes:
        if self._writer.lines:
            return b"".join(line + b"\n" for line in lines)
        return b"[" + b",".join(lines) + b"]"

    def close(self) -> None:
        """Forget them."""
        for spool in self._spools.values():
            spool.close()


def transformed(writer: Writer, record: Json) -> list[Any]:
    """What a child stands for in the results: one entry, or each of an array's to be flattened."""
    if writer.transformation == "NONE" or record["status"] != "SUCCEEDED":
        return [_whole(record)]
    output = json.loads(record["output"])
    if writer.transformation == "FLATTEN" and isinstance(output, list):
        return output
    return [output]


def _whole(record: Json) -> Json:
    """DescribeExecution's answer in the casing of a state machine, without what is not there."""
    names = (
        "executionArn", "input", "inputDetails", "name", "output", "outputDetails", "error",
        "cause", "startDate", "stateMachineArn", "status", "stopDate",
    )  # fmt: skip
    told = {name[0].upper() + name[1:]: record.get(name) for name in names}
    for details in ("InputDetails", "OutputDetails"):
        told[details] = {"Included": True}
    if record["status"] != "SUCCEEDED":
        del told["OutputDetails"]
    return {name: value for name, value in told.items() if value is not None}
