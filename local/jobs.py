"""Batches and data sets as their senders see them: begun, followed, and what came of them."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

import local.policy  # noqa: F401 - makes the functions' modules importable
from local.deployed_stack import DeployedStack, Record
from local.executions import Executions, NotStarted, StillRunning
from shared.job_events import counters
from shared.jobs import batch_id, dataset_id
from shared.statuses import RETRYABLE

BATCHES_FOLDER, DATASETS_FOLDER = "batches/", "datasets/"
RUN_BATCH, MODERATE_DATASET = "RunBatchArn", "ModerateDatasetArn"
# What a stack has whose template knows of jobs.
BATCH_OUTPUTS = ("JobsTable", RUN_BATCH)
DATASET_OUTPUTS = ("JobsTable", "DatasetsBucket", MODERATE_DATASET)
RUNNING = "RUNNING"
_MINUTE = 60.0
# Fewer than these in the last minute say little of how long the rest will take.
_TELLING = 10
Json = dict[str, Any]


class NotClaimed(RuntimeError):
    """The execution has ended and there is no job: says how it ended."""


def drop_batch(stack: DeployedStack, file: Path, key: str) -> tuple[str, str]:
    """Write a batch file; (job's id, what tells its execution from others)."""
    bucket = stack.outputs["PromptsBucket"]
    version_id, etag = stack.upload(file, bucket, key)
    return batch_id(bucket, key, etag), version_id


def start_dataset(stack: DeployedStack, asked: Json) -> tuple[str, str]:
    """Start ModerateDataset; (job's id, the execution's ARN)."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs[MODERATE_DATASET], input=json.dumps(asked)
    )
    return dataset_id(stack.outputs["DatasetsBucket"], asked["prefix"]), started["executionArn"]


def execution_of_batch(stack: DeployedStack, token: str, seconds: float, every: float) -> str:
    """The ARN of the execution that a dropped batch file has started. Raises NotStarted."""
    executions, deadline = Executions(stack, RUN_BATCH), time.monotonic() + seconds
    while (arn := executions.find(token)) is None:
        if time.monotonic() > deadline:
            raise NotStarted(f"no execution started within {seconds:.0f} s")
        time.sleep(every)
    return arn


def follow(
    stack: DeployedStack,
    job_id: str,
    arn: str,
    *,
    every: float,
    seconds: float = float("inf"),
    progress: Callable[[Record], None] = lambda _: None,
) -> Record:
    """The job once it has ended. Raises NotClaimed or StillRunning.

    It is another execution's if that one was there first: this one has ended then as a duplicate.
    """
    deadline = time.monotonic() + seconds
    settled = False
    while True:
        job = stack.job(job_id)
        settled = settled or _settled(stack, job, arn)
        if settled and job is None:
            job = stack.job(job_id)  # it may have come between the two looks
            if job is None:
                raise NotClaimed(_how_it_ended(stack, arn))
        if settled and job is not None:
            progress(job)
            if job["status"] != RUNNING:
                return job
        if time.monotonic() > deadline:
            raise StillRunning(f"still running after {seconds:.0f} s")
        time.sleep(every)


def _settled(stack: DeployedStack, job: Record | None, arn: str) -> bool:
    """Whether it is known which execution's the job is."""
    if job is not None and job["execution_arn"] == arn:
        return True
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    return bool(described["status"] != RUNNING)


def _how_it_ended(stack: DeployedStack, arn: str) -> str:
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    cause = ": ".join(filter(None, (described.get("error"), described.get("cause"))))
    return f"the execution ended as {described['status']} before it was recorded: {cause or arn}"


def counts(job: Record) -> dict[str, int]:
    """Rows by outcome: those of the report once there is one, which are exact."""
    return dict((job.get("report") or {}).get("counts") or counters(job))


def items_of_map_run(stack: DeployedStack, arn: str) -> Json:
    """The item counts of an execution's newest map run, as DescribeMapRun has them; {} before."""
    client = stack.client("stepfunctions")
    try:
        runs = client.list_map_runs(executionArn=arn)["mapRuns"]
        if not runs:
            return {}
        newest = max(runs, key=lambda run: run["startDate"])
        described = client.describe_map_run(mapRunArn=newest["mapRunArn"])
    except ClientError as error:
        # Of an execution whose history is no longer kept.
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return {}
    return dict(described["itemCounts"])


def rows_of(stack: DeployedStack, job: Record) -> Iterator[Json]:
    """What a batch's results say of each row ({line, request_id, status, …}), read as asked for.

    None before there are results.
    """
    report = job.get("report")
    if report:
        summary = json.loads(stack.object(report["bucket"], report["key"]))
        for key in summary["results"]:
            yield from _json_lines(stack, report["bucket"], key)


def is_technical(status: str) -> bool:
    """Whether a row that ended so may end otherwise another time."""
    return status in RETRYABLE


def reasons_of(stack: DeployedStack, job: Record) -> Counter[tuple[str, str]]:
    """(verdict, reason) of a data set's images: how many images have it."""
    found: Counter[tuple[str, str]] = Counter()
    report = job.get("report") or {}
    if "jsonl_key" in report:
        for row in _json_lines(stack, report["bucket"], report["jsonl_key"]):
            reasons = {
                f"{one['category']}: {one.get('label') or one['rule']}" for one in row["reasons"]
            }
            found.update((row["verdict"], reason) for reason in reasons)
    return found


def is_clean(job: Record) -> bool:
    """Whether every prompt and image of a judged data set is clean."""
    prompts = (job.get("report") or {}).get("prompts", {})
    images = {verdict for verdict, count in counts(job).items() if count}
    return {*prompts.values(), *images} <= {"clean"}


def _json_lines(stack: DeployedStack, bucket: str, key: str) -> Iterator[Json]:
    found = stack.client("s3").get_object(Bucket=bucket, Key=key)
    for line in found["Body"].iter_lines():
        if line:
            yield json.loads(line)


class Pace:
    """How fast a job's rows get done, by the looks of the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looks: deque[tuple[float, int]] = deque()

    def look(self, done: int) -> None:
        """Note how many are done now."""
        now = self._clock()
        self._looks.append((now, done))
        while len(self._looks) > 2 and self._looks[1][0] <= now - _MINUTE:
            self._looks.popleft()

    @property
    def per_minute(self) -> float:
        """0 until something was done between two looks."""
        if not self._looks:
            return 0.0
        (start, before), (end, now) = self._looks[0], self._looks[-1]
        return _MINUTE * (now - before) / (end - start) if end > start else 0.0

    def seconds_for(self, left: int) -> float | None:
        """How long so many more will take; None while that cannot be told."""
        if not self._looks or self._looks[-1][1] - self._looks[0][1] < _TELLING:
            return None
        return _MINUTE * left / self.per_minute
