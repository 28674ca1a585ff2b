"""Batches and data sets on a stack, as the workflow tests see them."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema
from workflow.running_system import ENDED, ROOT, Stack

from local.deployed_stack import DeployedStack, parsed
from local.executions import Executions
from shared.job_events import event_of

Json = dict[str, Any]
JOB_EVENT = json.loads((ROOT / "schemas" / "job-event.schema.json").read_text("utf-8"))


@dataclass(frozen=True)
class Ended:
    """One execution of a job's machine that has ended, and the job as it is then."""

    arn: str
    status: str
    output: Json
    states: list[str]
    job: Json

    @property
    def job_id(self) -> str:
        return str(self.job["job_id"])


def until(holds: Callable[[], Any], within: float = ENDED) -> Any:
    """What `holds` returns, once it is something; AssertionError if it never is."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def jsonl(*rows: object) -> bytes:
    """A batch's file; a text stands for a request of that prompt."""
    requests = ({"prompt": row} if isinstance(row, str) else row for row in rows)
    return b"".join(json.dumps(request).encode() + b"\n" for request in requests)


def drop(stack: Stack, key: str, content: bytes) -> str:
    """Puts a batch's file; the ARN of the execution that it starts."""
    version = stack.deployed.drop(content, key)
    executions = Executions(stack.deployed, "RunBatchArn")
    return str(until(lambda: executions.find(version)))


def batch(stack: Stack, key: str, content: bytes) -> Ended:
    """Puts a batch's file, and waits for the end of the execution that it starts."""
    return ended(stack, drop(stack, key, content))


def put_set(stack: Stack, prefix: str, files: dict[str, bytes], **prompts: str) -> None:
    """Puts a data set's files, and dataset_info.json if there are prompts."""
    info = {"dataset_info.json": json.dumps(prompts).encode()} if prompts else {}
    for name, content in {**files, **info}.items():
        stack.client("s3").put_object(
            Bucket=stack.outputs["DatasetsBucket"], Key=prefix + name, Body=content
        )


def submit(stack: Stack, asked: object) -> str:
    """Starts ModerateDataset; the execution's ARN."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["ModerateDatasetArn"], input=json.dumps(asked)
    )
    return str(started["executionArn"])


def data_set(stack: Stack, **asked: Any) -> Ended:
    """Submits a data set, and waits for the end of the execution."""
    return ended(stack, submit(stack, asked))


def images_of(stack: Stack, job: Json) -> dict[str, Json]:
    """What a data set's report says of each object, by its name below the prefix."""
    report = job["report"]
    lines = stack.deployed.object(report["bucket"], report["jsonl_key"]).splitlines()
    rows = [json.loads(line) for line in lines]
    assert Counter(row["verdict"] for row in rows) == +Counter(report["counts"])
    return {row["key"].removeprefix(job["source"]["prefix"]): row for row in rows}


def ended(stack: Stack, arn: str) -> Ended:
    """Waits for the end of an execution of a job's machine."""
    described = stack.wait_for_end(arn)
    output = json.loads(described.get("output") or "{}")
    return Ended(arn, described["status"], output, states(stack, arn), job_of(stack, arn))


def job_of(stack: Stack, arn: str) -> Json:
    """The job that an execution has claimed, or nothing."""
    jobs = stack.client("dynamodb").scan(TableName=stack.outputs["JobsTable"])["Items"]
    mine = [item for item in jobs if item["execution_arn"]["S"] == arn]
    assert len(mine) <= 1, "an execution has more than one job"
    return parsed(mine[0]) if mine else {}


def states(stack: Stack, arn: str) -> list[str]:
    """The states that an execution has entered, in their order."""
    history = stack.client("stepfunctions").get_execution_history(
        executionArn=arn, maxResults=1000
    )["events"]
    return [
        e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e
    ]


def follow_jobs(stack: Stack) -> Json:
    """What a look of FollowJobs has done."""
    reply = stack.client("lambda").invoke(FunctionName=stack.function("FollowJobs"), Payload=b"{}")
    told: Json = json.loads(reply["Payload"].read())
    assert "FunctionError" not in reply, told
    return told


def assert_closed_and_told(stack: Stack, job_id: str, status: str) -> Json:
    """The job is closed and announced, by events that all say the same; returns the job."""
    job = until(lambda: _announced(stack.deployed, job_id))
    assert job["status"] == status, job
    assert "open_jobs" not in job
    key = {"job_id": {"S": job_id}}
    item = stack.client("dynamodb").get_item(TableName=stack.outputs["JobsTable"], Key=key)["Item"]
    told = event_of({n: int(v["N"]) if "N" in v else v["S"] for n, v in item.items()})
    events = until(lambda: _ends(stack, job))
    for event in events:
        jsonschema.validate(event["detail"], JOB_EVENT)
        assert (event["detail-type"], event["detail"]) == told
    return dict(job)


def _announced(deployed: DeployedStack, job_id: str) -> Json | None:
    job = deployed.job(job_id)
    return job if job and "announced_at" in job else None


def _ends(stack: Stack, job: Json) -> list[Json]:
    """The events of the end of this run of a job."""
    return [
        event
        for event in stack.events(job["job_id"], about="job_id")
        if event["detail"]["run"] == job["run"] and event["detail"]["status"] != "RUNNING"
    ]


def summary_of(stack: Stack, job: Json) -> Json:
    """A batch's summary."""
    report = job["report"]
    told: Json = json.loads(stack.deployed.object(report["bucket"], report["key"]))
    assert told["counts"] == report["counts"]
    return told


def rows_of(stack: Stack, job: Json) -> dict[int, Json]:
    """A batch's results, by line: those that its summary names, each line once."""
    bucket = job["report"]["bucket"]
    texts = [stack.deployed.object(bucket, key) for key in summary_of(stack, job)["results"]]
    rows = [json.loads(line) for text in texts for line in text.splitlines()]
    assert len({row["line"] for row in rows}) == len(rows), "a line has two results"
    return {row["line"]: row for row in rows}


def assert_rows_are_truthful(stack: Stack, job: Json) -> dict[int, Json]:
    """Each result is what its record says, and told of by one event; returns records by line."""
    rows, summary = rows_of(stack, job), summary_of(stack, job)
    statuses = Counter(row["status"] for row in rows.values())
    assert summary["counts"] == dict(statuses)
    assert summary["total"] == len([row for row in rows.values() if "rule" not in row])
    assert summary["invalid"] == len(rows) - summary["total"]
    assert summary["rows_without_result"] == 0
    records = {}
    for line, row in rows.items():
        record = stack.deployed.record(row["request_id"])
        assert record is not None
        assert (row["status"], row["run"]) == (record["status"], record["run"])
        assert "open_shard" not in record
        events = [
            event
            for event in stack.events(row["request_id"])
            if event["detail"]["run"] == record["run"]
        ]
        assert {event["detail"]["status"] for event in events} == {row["status"]}
        assert len({event["detail"]["event_id"] for event in events}) == 1
        records[line] = record
    return records
