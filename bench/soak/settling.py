"""After the load: waits until nothing runs, and lets the sweeper finish what is left."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.soak.system import GENERATION_SECONDS, NAME, System

_PAST = "2026-01-01T00:00:00Z"
# The sweeper leaves an execution that has ended to CloseExecution for a minute: many times that.
_PAUSE_SECONDS, _MOST_SWEEPS = 6.0, 60
_QUIET_SECONDS = 3.0
Json = dict[str, Any]


def wait_for_ends(system: System, tell: Callable[[str], None]) -> list[str]:
    """The executions that still run when the longest wait for the endpoint is over three times."""
    deadline = time.monotonic() + 60 + 3 * GENERATION_SECONDS / system.time_scale
    while running := _running(system):
        if time.monotonic() > deadline:
            break
        tell(f"{len(running)} still run")
        time.sleep(1)
    return running


def sweep(system: System, tell: Callable[[str], None]) -> dict[str, int]:
    """Has the sweeper end everything; what it did, in its own words.

    An inference that nobody answered and a record that nobody announced are made overdue. An open
    record is not: the sweeper must find out by itself that its execution has ended.
    """
    function = _sweeper(system)
    done: Counter[str] = Counter()
    for _ in range(_MOST_SWEEPS):
        if not _left(system):
            break
        tell("sweeping")
        _make_overdue(system)
        reply = system.client("lambda").invoke(FunctionName=function, Payload=b"{}")
        swept = json.loads(reply["Payload"].read())
        if "done" not in swept:
            raise RuntimeError(f"SweepRequests failed: {swept}")
        done.update(swept["done"])
        if not swept["done"] and _left(system):
            tell("waiting for the sweeper's grace to pass")
            time.sleep(_PAUSE_SECONDS)
    return dict(done)


def wait_for_quiet(count: Callable[[], int]) -> None:
    """Until a number has not changed for some seconds."""
    seen, since = count(), time.monotonic()
    while time.monotonic() - since < _QUIET_SECONDS:
        time.sleep(0.2)
        if (now := count()) != seen:
            seen, since = now, time.monotonic()


def _running(system: System) -> list[str]:
    pages = (
        system.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=system.outputs["StateMachineArn"], statusFilter="RUNNING")
    )
    return [one["executionArn"] for page in pages for one in page["executions"]]


def _sweeper(system: System) -> str:
    pages = system.client("lambda").get_paginator("list_functions").paginate()
    names: list[str] = [one["FunctionName"] for page in pages for one in page["Functions"]]
    return next(name for name in names if name.startswith(f"{NAME}-SweepRequestsFunction"))


def _open_rows(system: System, table: str) -> list[Json]:
    pages = system.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"] if "open_shard" in item]


def _left(system: System) -> bool:
    tables = (system.outputs["ResultsTable"], system.outputs["InferencesTable"])
    return any(_open_rows(system, table) for table in tables)


def _make_overdue(system: System) -> None:
    for table, key in (
        (system.outputs["ResultsTable"], "request_id"),
        (system.outputs["InferencesTable"], "inference_id"),
    ):
        for row in _open_rows(system, table):
            is_open_record = key == "request_id" and row["status"]["S"] == "RUNNING"
            if not is_open_record:
                system.client("dynamodb").update_item(
                    TableName=table,
                    Key={key: row[key]},
                    UpdateExpression="SET deadline = :past",
                    ExpressionAttributeValues={":past": {"S": _PAST}},
                )
