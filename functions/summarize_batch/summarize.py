"""Sums a batch up: the outcome of every row, in files of bounded size, and how many of each."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from shared.lines import Place, Window, lines
from shared.map_results import result_files
from shared.records import utc_text
from shared.s3 import ObjectVersion, Storage
from shared.settings import Environment
from summarize_batch.outcomes import outcome, refused

FOLDER = "batches"
# Of a file of results. Step Functions' own may have 5 GB.
_MAX_ROWS = 20_000
# Of a child's whole record: its input and output, 256 KiB each, as texts within a text.
_MAX_LINE_BYTES = 2 * 1024 * 1024
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """SummarizeBatch's variables."""

    images_bucket: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        return cls(images_bucket=Environment().text("IMAGES_BUCKET"))


@dataclass
class Progress:
    """Where the next call goes on, and what was counted before."""

    file: int = 0
    offset: int = 0
    parts: int = 0
    rows: int = 0
    repeated: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, found: Outcome) -> None:
        """One more outcome; a line that was refused is none of the rows."""
        status = found["status"]
        self.counts[status] = self.counts.get(status, 0) + 1
        self.rows += "rule" not in found
        self.repeated += bool(found.get("repeated"))


@dataclass(frozen=True)
class _File:
    """What is to be read, and how."""

    key: str
    read: Callable[[bytes], Outcome | None]


def summarize(
    storage: Storage,
    settings: Settings,
    job: dict[str, Any],
    status: str,
    cursor: dict[str, Any],
    has_time: Callable[[], bool],
) -> dict[str, Any]:
    """{verdict, cursor, report} for a job as PrepareBatch told it, which ended with this status.

    cursor is empty at the first call. verdict is done, and report says where the summary lies; or
    more (time was short: to be called again with the cursor).
    """
    progress = Progress(**{**cursor, "counts": {**cursor.get("counts", {})}})
    folder = f"{FOLDER}/{job['job_id']}/{job['run']}/"
    found = _outcomes(storage, job, progress)
    while part := list(islice(found, _MAX_ROWS)):
        body = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for _, one in part)
        key = _part_key(folder, progress.parts)
        storage.write(settings.images_bucket, key, body, "application/jsonl")
        for _, one in part:
            progress.add(one)
        progress.file, progress.offset = part[-1][0]
        progress.parts += 1
        if not has_time():
            return {"verdict": "more", "cursor": vars(progress), "report": {}}
    summary = _summary(job, status, folder, progress)
    body = json.dumps(summary, ensure_ascii=False, indent=2).encode()
    key = f"{folder}summary.json"
    storage.write(settings.images_bucket, key, body, "application/json")
    report = {"bucket": settings.images_bucket, "key": key, "counts": summary["counts"]}
    return {"verdict": "done", "cursor": vars(progress), "report": report}


def _outcomes(
    storage: Storage, job: dict[str, Any], progress: Progress
) -> Iterator[tuple[tuple[int, int], Outcome]]:
    """((file, offset) behind it, outcome) of every row from the progress on."""
    first, offset = progress.file, progress.offset
    for number, file in enumerate(_files(storage, job)[first:], first):
        stream = storage.stream(ObjectVersion(job["bucket"], file.key), offset)
        for line in lines(Window(stream, Place(offset)), _MAX_LINE_BYTES):
            found = file.read(line.content) if line.content else None
            if found:
                yield (number, line.following.offset), found
        offset = 0


def _files(storage: Storage, job: dict[str, Any]) -> list[_File]:
    """The newest map run's files, then those of refused lines."""
    bucket = job["bucket"]
    keys = result_files(storage, bucket, job["results"], "SUCCEEDED", "FAILED")
    bad = storage.list_all(bucket, job["refused"])
    return [*(_File(key, outcome) for key in keys), *(_File(one.key, refused) for one in bad)]


def _summary(job: dict[str, Any], status: str, folder: str, progress: Progress) -> dict[str, Any]:
    now = datetime.now(UTC)
    started = datetime.fromisoformat(job["created_at"])
    return {
        "job_id": job["job_id"],
        "run": job["run"],
        "status": status,
        "source": job["source"],
        "total": job["total"],
        "invalid": job["invalid"],
        "counts": dict(sorted(progress.counts.items())),
        "repeated": progress.repeated,
        "rows_without_result": max(0, job["total"] - progress.rows),
        "results": [_part_key(folder, part) for part in range(progress.parts)],
        "started_at": job["created_at"],
        "ended_at": utc_text(now),
        "seconds": round((now - started).total_seconds(), 3),
    }


def _part_key(folder: str, part: int) -> str:
    return f"{folder}results-{part:05}.jsonl"
