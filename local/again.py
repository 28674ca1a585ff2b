"""Starts the next run of a request that did not come to its end, under the same request_id."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

import local.policy  # noqa: F401 - makes the functions' modules importable
from accept_request.again import MAX_RUNS
from local.deployed_stack import DeployedStack, Record
from shared.appeals import is_named_for
from shared.statuses import OPEN, RERUNNABLE

# Starts of one run that failed before they had claimed the record.
_MOST_STARTS = 20
_NAME = "again-"
_JUDGED = "it was judged, and would be again: change the prompt, and ask with another request_id"
_APPEAL = f"{_JUDGED}; where the stack has reviews, its requester may appeal, once"
_ADVICE = {
    "COMPLETED": "its pictures are delivered: for others ask with another request_id",
    "BLOCKED_PROMPT": _APPEAL,
    "BLOCKED_IMAGE": _APPEAL,
    "MODEL_FILTERED": _JUDGED,
    "INVALID": "what is wrong stands in its reasons: correct it, and send the request again",
}


class NotStartable(RuntimeError):
    """Every start of this run has failed before it had claimed the record."""


def objection(record: Record) -> str:
    """Why this request is not run again now and what to do instead; empty if nothing objects."""
    status = record["status"]
    if record["request_id"].startswith(f"execution-{_NAME}"):
        return "it is such a run itself, which never began: redrive the request that it was for"
    if is_named_for(record["request_id"].removeprefix("execution-")):
        return "it is an appeal that was not taken: its reasons say why"
    if status in OPEN:
        return "it is still open: wait for its end"
    if status not in RERUNNABLE:
        return _JUDGED if _ADVICE[status] == _APPEAL and "appeal" in record else _ADVICE[status]
    if "open_shard" in record:
        return "its result event is not out yet: try again in ten minutes"
    if record["run"] >= MAX_RUNS:
        return f"it was run {MAX_RUNS} times: ask with another request_id"
    return ""


def start_again(stack: DeployedStack, record: Record) -> str:
    """The ARN of the execution of the next run; the same however often one asks for it."""
    request = {"request_id": record["request_id"], "run": record["run"]}
    for number in range(1, _MOST_STARTS + 1):
        try:
            return _start(stack, execution_name(record, number), request)
        except ClientError as error:
            # One that ended with the record as it was; a running one would have answered.
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
    raise NotStartable(f"{_MOST_STARTS} executions have failed to start run {record['run'] + 1}")


@dataclass
class Ended:
    """Of several requests that were run again: how many ended how, and why some were not run."""

    statuses: Counter[str] = field(default_factory=Counter)
    objections: dict[str, str] = field(default_factory=dict)


def run_all_again(
    stack: DeployedStack,
    request_ids: Iterable[str],
    at_once: int,
    every: float,
    progress: Callable[[int], None],
) -> Ended:
    """Run each again, so many at a time, and look for their ends `every` so many seconds."""
    ended, waiting = Ended(), deque(request_ids)
    under_way: dict[str, str] = {}
    while waiting or under_way:
        while waiting and len(under_way) < at_once:
            _begin(stack, waiting.popleft(), under_way, ended)
        time.sleep(every)
        for arn in list(under_way):
            if _has_ended(stack, arn):
                record = stack.record(under_way.pop(arn)) or {}
                ended.statuses[record.get("status", "no record")] += 1
        progress(sum(ended.statuses.values()) + len(ended.objections))
    return ended


def _begin(stack: DeployedStack, request_id: str, under_way: dict[str, str], ended: Ended) -> None:
    record = stack.record(request_id)
    why = objection(record) if record else "it has no record: drop the file again"
    if record and not why:
        try:
            under_way[start_again(stack, record)] = request_id
        except NotStartable as error:
            why = str(error)
    if why:
        ended.objections[request_id] = why


def _has_ended(stack: DeployedStack, arn: str) -> bool:
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    return bool(described["status"] != "RUNNING")


def execution_name(record: Record, number: int = 1) -> str:
    """An id may have letters that a name may not, and be too long for one."""
    identity = hashlib.sha256(record["request_id"].encode()).hexdigest()
    return f"{_NAME}{identity[:40]}-{record['run'] + 1}-{number}"


def _start(stack: DeployedStack, name: str, request: dict[str, Any]) -> str:
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["StateMachineArn"], name=name, input=json.dumps(request)
    )
    return str(started["executionArn"])
