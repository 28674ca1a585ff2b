"""PrepareBatch and SummarizeBatch alone: their processor time and memory by the size of the file.

Each size is a process of its own, with an S3 that makes the bytes that are read and throws away
what is written: what is left is ours. `python -m bench.batch.alone --rows 1000000`
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from shared.s3 import ObjectVersion

FUNCTIONS = ("PrepareBatch", "SummarizeBatch")
SIZES = (1_000, 10_000, 100_000)
_BLOCK = 1024 * 1024
_ROOT = Path(__file__).parents[2]
_NOW = "2026-11-20T10:00:00.000Z"
_EXECUTION = {"arn": "arn:execution", "name": "alone", "started_at": _NOW}
_JOB = {
    "job_id": "batch-0123456789abcdef01234567", "run": 1, "created_at": _NOW, "bucket": "work",
    "results": "results/", "refused": "refused/", "source": {}, "total": 0, "invalid": 0,
}  # fmt: skip
Json = dict[str, Any]


@dataclass(frozen=True)
class Alone:
    """What one run of one function took: processor seconds, the most bytes it held, calls."""

    function: str
    rows: int
    bytes: int
    seconds: float
    peak: int
    writes: int

    @property
    def rows_a_second(self) -> float:
        return self.rows / self.seconds


class Nowhere:
    """An S3 whose one file is made as it is read, and which keeps nothing."""

    def __init__(self, line: Callable[[int], bytes], rows: int) -> None:
        self._line, self._rows = line, rows
        self.read_bytes = self.writes = 0

    def stream(self, version: ObjectVersion, offset: int = 0) -> Iterator[bytes]:
        """The file by blocks; it is only ever read from its beginning here."""
        block = bytearray()
        for number in range(self._rows):
            block += self._line(number)
            if len(block) >= _BLOCK:
                self.read_bytes += len(block)
                yield bytes(block)
                block.clear()
        self.read_bytes += len(block)
        yield bytes(block)

    def list_all(self, bucket: str, prefix: str) -> list[Any]:
        """One manifest of a map run."""
        manifest = SimpleNamespace(key=f"{prefix}run/manifest.json", modified=datetime.now(UTC))
        return [manifest] if prefix == _JOB["results"] else []

    def read(self, version: ObjectVersion, most: int) -> bytes:
        """The manifest."""
        return json.dumps({"ResultFiles": {"SUCCEEDED": [{"Key": "SUCCEEDED_0.json"}]}}).encode()

    def write(self, bucket: str, key: str, body: bytes, kind: str) -> ObjectVersion:
        """Counts it."""
        self.writes += 1
        return ObjectVersion(bucket, key)


def measure(function: str, rows: int) -> Alone:
    """In a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.batch.alone", "--only", function, "--rows", str(rows)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": f"{_ROOT}:{_ROOT / 'functions'}"},
        check=True,
        capture_output=True,
        text=True,
    )
    return Alone(**json.loads(ran.stdout))


def _prepare(rows: int) -> Nowhere:
    from prepare_batch.prepare import Clerk, Settings, prepare

    storage = Nowhere(_row, rows)
    jobs = SimpleNamespace(claim=lambda job: (True, job), note=lambda *_: True)
    settings = Settings("jobs", "results", "bus", "work", 90, 20)
    clerk = Clerk(settings, cast(Any, jobs), cast(Any, None), cast(Any, storage), cast(Any, None))
    file = {"key": "batches/rows.jsonl", "etag": "0" * 32, "version-id": "1"}
    event = {"source": "aws.s3", "detail": {"bucket": {"name": "prompts"}, "object": file}}
    answer = prepare(clerk, event, _EXECUTION, {}, lambda: True)
    _check(answer["verdict"] == "ready" and answer["job"]["total"] == rows, answer)
    return storage


def _summarize(rows: int) -> Nowhere:
    from summarize_batch.summarize import Settings, summarize

    storage = Nowhere(_result, rows)
    settings = Settings("images")
    answer = summarize(cast(Any, storage), settings, _JOB, "COMPLETED", {}, lambda: True)
    _check(answer["report"]["counts"] == {"COMPLETED": rows}, answer)
    return storage


def _row(number: int) -> bytes:
    asked = {"prompt": f"a lighthouse on a cliff at sunset, number {number}", "language": "en"}
    return json.dumps(asked).encode() + b"\n"


def _result(number: int) -> bytes:
    told = {
        "line": number,
        "request_id": f"{_JOB['job_id']}-{number}",
        "run": 1,
        "status": "COMPLETED",
        "images": [{"bucket": "images", "key": f"pictures/{_JOB['job_id']}-{number}/1/0.png"}],
    }
    return json.dumps(told).encode() + b"\n"


def _check(holds: bool, answer: Json) -> None:
    if not holds:
        raise RuntimeError(f"not what was to be measured: {answer}")


def _in_this_process(function: str, rows: int) -> Alone:
    run = {"PrepareBatch": _prepare, "SummarizeBatch": _summarize}[function]
    began = time.process_time()
    storage = run(rows)
    seconds = time.process_time() - began
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return Alone(function, rows, storage.read_bytes, seconds, peak, storage.writes)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.batch.alone", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--only", choices=FUNCTIONS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(vars(_in_this_process(arguments.only, arguments.rows[0]))))
        return
    for function in FUNCTIONS:
        for rows in arguments.rows:
            found = measure(function, rows)
            print(
                f"{function:14} {rows:>9,} rows, {found.bytes / 1e6:7.1f} MB: {found.seconds:6.1f} "
                f"s of processor, {found.rows_a_second:,.0f} rows a second, at most "
                f"{found.peak / 1e6:.1f} MB, {found.writes} objects written"
            )


if __name__ == "__main__":
    main()
