"""Prepares a batch: claims it, and makes of its file chunks to be run and records of bad lines."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from prepare_batch.chunks import Chunk, chunks
from prepare_batch.rows import begin, is_csv, rows
from shared.announcement import announce
from shared.arrival import Arrival, from_batch, read_arrival
from shared.dynamodb import Item
from shared.ending import ended
from shared.eventbridge import Bus
from shared.jobs import Jobs, batch_id
from shared.lines import Place, Window
from shared.records import Records, utc_text
from shared.request import InvalidRequest
from shared.s3 import ObjectMissing, ObjectVersion, Storage
from shared.settings import Environment
from shared.statuses import OPEN

STAGE = "PrepareBatch"
FOLDER = "batches/"
# Beyond them it is not a file with bad lines, but a bad file.
MAX_INVALID_LINES = 10_000
_JSONL = "application/jsonl"
# Before FollowJobs has seen what the endpoint does.
_FIRST_CONCURRENCY = 10
# As in the state machine: no job is deleted while it runs.
LONGEST = timedelta(days=30)
# Nothing was run of such a batch, or not all: dropped again, it is looked at again.
_MAY_FOLLOW = frozenset({"FAILED", "INVALID"})


@dataclass(frozen=True)
class Settings:
    """PrepareBatch's variables."""

    jobs_table: str
    results_table: str
    bus: str
    work_bucket: str
    retention_days: int
    batch_concurrency: int

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            jobs_table=env.text("JOBS_TABLE"),
            results_table=env.text("RESULTS_TABLE"),
            bus=env.text("EVENT_BUS"),
            work_bucket=env.text("WORK_BUCKET"),
            retention_days=env.number("RETENTION_DAYS"),
            batch_concurrency=env.number("BATCH_CONCURRENCY"),
        )


@dataclass(frozen=True)
class Clerk:
    """What preparing needs."""

    settings: Settings
    jobs: Jobs
    records: Records
    storage: Storage
    bus: Bus


@dataclass
class Progress:
    """Where in the file the next call goes on, and what was found before."""

    place: Place
    columns: list[str]
    total: int = 0
    invalid: int = 0

    @classmethod
    def of(cls, cursor: dict[str, Any]) -> "Progress":
        """As an earlier call has told it; the beginning if there was none."""
        place = Place(cursor.get("offset", 0), cursor.get("line", 1))
        counts = cursor.get("total", 0), cursor.get("invalid", 0)
        return cls(place, cursor.get("columns", []), *counts)

    def cursor(self) -> dict[str, Any]:
        """As the next call is told it."""
        return {
            "offset": self.place.offset,
            "line": self.place.line,
            "columns": self.columns,
            "total": self.total,
            "invalid": self.invalid,
        }


def prepare(
    clerk: Clerk,
    event: object,
    execution: dict[str, str],
    cursor: dict[str, Any],
    has_time: Callable[[], bool],
) -> dict[str, Any]:
    """{verdict, job, cursor, reasons, first} for an S3 event; cursor is empty at the first call.

    verdict is ready; more (time was short: to be called again with the cursor); invalid (reasons
    say why: nothing of the file is to be run); duplicate (first says of what); or ignored.
    """
    arrival = read_arrival(event, execution["name"])
    # An input that names no file is claimed and refused like a file, under a name of its own.
    file = arrival.file or ObjectVersion("", "", etag=execution["name"])
    job = _job(clerk.settings, file, arrival.source, execution)
    progress = Progress.of(cursor)
    if arrival.ignored:
        return _answer("ignored", clerk.settings, job, progress)
    mine, claimed = clerk.jobs.claim(job)
    if not mine and claimed["status"] in _MAY_FOLLOW:
        mine, claimed = clerk.jobs.claim_again(job, claimed)
    if not mine:
        return {**_answer("duplicate", clerk.settings, job, progress), "first": _first(claimed)}
    try:
        done = _write(clerk, file, claimed, progress, has_time)
    except InvalidRequest as invalid:
        answer = _answer("invalid", clerk.settings, claimed, progress)
        _note(clerk, claimed, answer, "invalid")
        return {**answer, "reasons": [{"stage": STAGE, **_reason(invalid)}]}
    if not done:
        return _answer("more", clerk.settings, claimed, progress)
    answer = _answer("ready", clerk.settings, claimed, progress)
    _note(clerk, claimed, answer, "total", "invalid", "concurrency")
    return answer


def _note(clerk: Clerk, claimed: Item, answer: dict[str, Any], *names: str) -> None:
    noted: Item = {name: answer["job"][name] for name in names}
    job_id, arn = str(claimed["job_id"]), str(claimed["execution_arn"])
    clerk.jobs.note(job_id, arn, {**noted, "updated_at": _now()})


def _write(
    clerk: Clerk,
    file: ObjectVersion,
    job: Item,
    progress: Progress,
    has_time: Callable[[], bool],
) -> bool:
    """Goes on with the file; False if it was not finished. Raises InvalidRequest."""
    try:
        for chunk in _chunks(clerk.storage, file, progress):
            _check_bad(progress.invalid + len(chunk.bad), chunk)
            _write_chunk(clerk, file, job, chunk)
            progress.place = chunk.following
            progress.total += len(chunk.good)
            progress.invalid += len(chunk.bad)
            if not has_time():
                return False
    except ObjectMissing:
        raise InvalidRequest(
            "file", "exists", "the file, or this version of it, is no longer there"
        ) from None
    if not progress.total + progress.invalid:
        raise InvalidRequest("file", "not_empty", "the file has no rows")
    return True


def _chunks(storage: Storage, file: ObjectVersion, progress: Progress) -> Iterator[Chunk]:
    if not file.key.startswith(FOLDER):
        raise InvalidRequest("file", "folder", f"a batch is an S3 object under {FOLDER}")
    with_header = is_csv(file.key)
    window = Window(storage.stream(file, progress.place.offset), progress.place)
    if progress.place.offset == 0:
        progress.columns = begin(window, with_header)
    yield from chunks(rows(window, progress.columns), window.place)


def _check_bad(number: int, chunk: Chunk) -> None:
    if number > MAX_INVALID_LINES:
        line, _ = chunk.bad[0]
        raise InvalidRequest(
            "file",
            "max_invalid_lines",
            f"more than {MAX_INVALID_LINES} lines are no requests"
            f" (the first of the last {len(chunk.bad)} is line {line})",
        )


def _write_chunk(clerk: Clerk, file: ObjectVersion, job: Item, chunk: Chunk) -> None:
    number = f"{chunk.start.line:09}"
    work, places = clerk.settings.work_bucket, _places(job)
    if chunk.good:
        items = [_item(_arrival(file, job, line), line, request) for line, request in chunk.good]
        clerk.storage.write(work, f"{places['chunks']}{number}.jsonl", _jsonl(items), _JSONL)
    if chunk.bad:
        told = [
            _record(clerk, _arrival(file, job, line), job, line, why) for line, why in chunk.bad
        ]
        clerk.storage.write(work, f"{places['refused']}{number}.jsonl", _jsonl(told), _JSONL)


def _arrival(file: ObjectVersion, job: Item, line: int) -> Arrival:
    return from_batch(str(job["job_id"]), line, file)


def _item(arrival: Arrival, line: int, request: dict[str, Any]) -> dict[str, Any]:
    """What runs a row: the input of its execution, and what it and its record will be called."""
    source = arrival.source
    batch = {name: source[name] for name in ("job_id", "bucket", "key", "version_id")}
    return {
        "line": line,
        "name": arrival.derived_id,
        "request_id": arrival.record_key(request.get("request_id")),
        "input": {"batch": {**batch, "line": line}, "request": request},
    }


def _record(
    clerk: Clerk, arrival: Arrival, job: Item, line: int, why: InvalidRequest
) -> dict[str, Any]:
    """Records and announces a bad line, once; returns what is listed of it."""
    now, request_id = _now(), arrival.derived_id
    reason = {**_reason(why), "line": line}
    unclaimed: Item = {
        "run": 1,
        "execution_arn": job["execution_arn"],
        "requester": arrival.namespace,
        "created_at": job["created_at"],
        "expires_at": _expiry(datetime.fromisoformat(str(job["created_at"])), clerk.settings),
        "request_hash": "none",
        "policy_hash": "none",
        "source": json.dumps(arrival.source, ensure_ascii=False),
        "metadata": "{}",
    }
    ending = ended("INVALID", STAGE, now, reason)
    _, closed = clerk.records.close(request_id, str(job["execution_arn"]), ending, unclaimed)
    if "open_shard" in closed and closed["status"] not in OPEN:
        announce(clerk.bus, clerk.records, closed, now)
    shown = {name: reason[name] for name in ("field", "rule", "message")}
    return {"line": line, "request_id": request_id, **shown}


def _reason(invalid: InvalidRequest) -> dict[str, Any]:
    return {
        "category": "invalid_request",
        "field": invalid.field,
        "rule": invalid.rule,
        "message": invalid.message,
        "action": "reject",
    }


def _jsonl(documents: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in documents)


def _job(
    settings: Settings, file: ObjectVersion, source: dict[str, str], execution: dict[str, str]
) -> Item:
    started = datetime.fromisoformat(execution["started_at"])
    return {
        "job_id": batch_id(file.bucket, file.key, file.etag),
        "kind": "batch",
        "run": 1,
        "stage": STAGE,
        "execution_arn": execution["arn"],
        "created_at": execution["started_at"],
        "updated_at": execution["started_at"],
        "expires_at": _expiry(started + LONGEST, settings),
        "source": json.dumps(source, ensure_ascii=False),
        "fingerprint": file.etag,
    }


def _places(job: Item) -> dict[str, str]:
    """Prefixes in the work bucket: of what this run is to do, of bad lines, of its results.

    Each run has its own: were a chunk of an earlier one left over, its rows would run twice.
    """
    folder = f"jobs/{job['job_id']}/{job['run']}/"
    return {name: f"{folder}{name}/" for name in ("chunks", "refused", "results")}


def _answer(verdict: str, settings: Settings, job: Item, progress: Progress) -> dict[str, Any]:
    named = {name: job[name] for name in ("job_id", "run", "created_at", "expires_at")}
    return {
        "verdict": verdict,
        "job": {
            **named,
            "source": json.loads(str(job["source"])),
            "total": progress.total,
            "invalid": progress.invalid,
            "concurrency": min(settings.batch_concurrency, _FIRST_CONCURRENCY),
            "bucket": settings.work_bucket,
            **_places(job),
        },
        "cursor": progress.cursor(),
        "reasons": [],
    }


def _first(job: Item) -> dict[str, Any]:
    return {name: job.get(name) for name in ("job_id", "run", "status", "execution_arn")}


def _expiry(moment: datetime, settings: Settings) -> int:
    return int((moment + timedelta(days=settings.retention_days)).timestamp())


def _now() -> str:
    return utc_text(datetime.now(UTC))
