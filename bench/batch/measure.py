"""Runs a batch on the local engine and measures it: rows by time, memory by function, calls."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.batch.alone import Alone
from bench.soak import chaos
from bench.soak.figures import line
from bench.soak.logs import messages
from bench.spent import comprehend_units
from local.deployed_stack import Record
from local.engine import memory
from local.jobs import BATCHES_FOLDER, drop_batch, execution_of_batch, follow
from local.stack import LocalStack

ENGINE, STAND_INS = "engine", "stand-ins"
PROCESSES = 24
_START_SECONDS, _LOOK_SECONDS = 120.0, 1.0
_WEIGH_SECONDS = 2.0
_SAMPLE = 100
# Looks between which rows have ended: fewer say nothing of growth.
_FEWEST = 5
_FUNCTION = re.compile(r".*-(\w+)Function-\w+")
_REPORT_LINE = re.compile(
    r"^REPORT RequestId: .*?Duration: ([\d.]+) ms.*?Memory Size: (\d+) MB", re.M
)
_SUBJECTS = ("a lighthouse", "a red fox", "two boats", "an old mill", "a bridge")
_PLACES = ("by the sea", "in the mountains", "in a forest", "above a valley")
# Of each hundred rows so many are stopped by a keyword, and are no requests.
KEYWORDS, BROKEN = 8, 2
Told = Callable[[Record], None]


@dataclass(frozen=True)
class Held:
    """One process at one look, in bytes; `peak` is the most it ever held."""

    pid: int
    name: str
    rss: int
    pss: int
    peak: int


@dataclass(frozen=True)
class Sample:
    """One look: seconds since the drop, rows done, every process."""

    at: float
    done: int
    held: tuple[Held, ...]


@dataclass
class Measured:
    """What came of one batch. Seconds are wall clock; a row's are from its claim to its end."""

    rows: int
    job: Record
    seconds: float
    prepare_seconds: float
    row_seconds: list[float]
    samples: list[Sample]
    counts: dict[str, float]
    transitions: dict[str, float]
    alone: list[Alone]


def write_rows(file: Path, rows: int) -> None:
    """A JSONL file: small pictures, since what is measured is the process and not the painter."""
    with file.open("w", encoding="utf-8") as out:
        for number in range(rows):
            out.write(_row(number) + "\n")


def _row(number: int) -> str:
    place = number % 100
    if place < BROKEN:
        return '{"prompt": "a lighthouse", "width": 500}'
    subject, where = _SUBJECTS[number % 5], _PLACES[number // 5 % 4]
    who = "a nude model" if place < BROKEN + KEYWORDS else subject
    asked = {"prompt": f"{who} {where}, number {number}", "width": 256, "height": 256}
    return json.dumps({**asked, "language": "en"})


def measure(rows: int, tell: Told, doing: Callable[[str], None]) -> Measured:
    """Run a batch of so many rows on a stack of its own."""
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="safelight-batch-")))
        stack = running.enter_context(LocalStack(max_processes=PROCESSES, progress=doing))
        file = folder / "rows.jsonl"
        write_rows(file, rows)
        for server in (stack.engine, stack.stand_ins):
            server.break_calls(*chaos.counters())
        with Weighing(stack) as weighing:
            began = time.monotonic()
            job_id, token = drop_batch(stack, file, f"{BATCHES_FOLDER}bench/rows.jsonl")
            arn = execution_of_batch(stack, token, _START_SECONDS, _LOOK_SECONDS)

            def look(job: Record) -> None:
                weighing.done = int(job.get("done", 0))
                tell(job)

            job = follow(stack, job_id, arn, every=_LOOK_SECONDS, progress=look)
            seconds = time.monotonic() - began
        report = [*stack.engine.broken_calls(), *stack.stand_ins.broken_calls()]
        doing("reading what the rows left")
        records = list(stack.all_records())
        prepare = _seconds_in(stack, arn, "PrepareBatch")
        return Measured(
            rows=rows,
            job=job,
            seconds=seconds,
            prepare_seconds=prepare,
            row_seconds=[_seconds(one) for one in records if one["stage"] != "PrepareBatch"],
            samples=weighing.samples,
            counts=_counts(stack, report),
            transitions=_transitions(stack, arn, rows),
            alone=[],
        )


class Weighing:
    """`with Weighing(stack) as weighing:` samples until the block ends; set `done` meanwhile."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.done = 0
        self.samples: list[Sample] = []

    def __enter__(self) -> Weighing:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()
        self._look()  # what came last may not have been seen yet

    def _sample(self) -> None:
        while not self._stopped.wait(_WEIGH_SECONDS if self.samples else 0):
            self._look()

    def _look(self) -> None:
        pids = [self._stack.stand_ins.pid]
        with contextlib.suppress(OSError):
            pids += memory.tree(self._stack.engine.pid)
        held = tuple(filter(None, map(self._held, pids)))
        self.samples.append(Sample(time.monotonic() - self._began, self.done, held))

    def _held(self, pid: int) -> Held | None:
        try:
            found = memory.of(pid)
            status = Path(f"/proc/{pid}/status").read_text()
            most = int(status.partition("VmHWM:")[2].split()[0]) * 1024
        except (OSError, KeyError, IndexError):
            return None  # it has ended, or is about to
        name = STAND_INS if pid == self._stack.stand_ins.pid else _plain(found.name)
        return Held(pid, name, found.rss, found.pss, most)


def names(samples: list[Sample]) -> set[str]:
    """Of all groups of processes that were seen."""
    return {one.name for sample in samples for one in sample.held}


def peak(samples: list[Sample], name: str) -> int:
    """The most that one process of a group has held, in bytes: on AWS each is alone."""
    return max(one.peak for sample in samples for one in sample.held if one.name == name)


def together(samples: list[Sample], name: str) -> int:
    """The most that all of a group held at a look, in bytes, shared pages counted once."""
    return max(sum(one.pss for one in sample.held if one.name == name) for sample in samples)


def growth(samples: list[Sample], name: str) -> float | None:
    """Bytes that a group's longest-lived process grew by with each row of the batch.

    By least squares over the last three quarters of its life: first it warms up. None for one that
    was there while few rows ended.
    """
    lives: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for sample in samples:
        for one in sample.held:
            if one.name == name:
                lives[one.pid].append((sample.done, one.rss))
    life = max(lives.values(), key=len, default=[])
    late = life[len(life) // 4 :]
    if len({done for done, _ in late}) < _FEWEST:
        return None
    return line([done for done, _ in late], [size for _, size in late]).slope


def rates(samples: list[Sample], parts: int = 5) -> list[tuple[float, float]]:
    """(seconds since the drop, rows a second until then) for equal parts of the time."""
    if not samples or samples[-1].at <= 0:
        return []
    found, last = [], samples[0]
    for part in range(1, parts + 1):
        end = samples[-1].at * part / parts
        until = max((one for one in samples if one.at <= end), key=lambda one: one.at)
        if until.at > last.at:
            found.append((until.at, (until.done - last.done) / (until.at - last.at)))
        last = until
    return found


def _plain(name: str) -> str:
    found = _FUNCTION.fullmatch(name)
    return found[1] if found else name


def _seconds(record: Record) -> float:
    start, end = (datetime.fromisoformat(record[name]) for name in ("created_at", "updated_at"))
    return (end - start).total_seconds()


def _counts(stack: LocalStack, report: list[dict[str, Any]]) -> dict[str, float]:
    counts: dict[str, float] = dict(chaos.counted(report))
    lines = [
        found for text in messages(stack.client("logs")) for found in _REPORT_LINE.findall(text)
    ]
    counts["Lambda requests"] = len(lines)
    counts["Lambda GB-seconds"] = sum(float(ms) / 1000 * int(mb) / 1024 for ms, mb in lines)
    counts["Comprehend units"] = comprehend_units(int(counts.pop("Comprehend requests", 0)))
    return counts


def _transitions(stack: LocalStack, arn: str, rows: int) -> dict[str, float]:
    """State entries and tasks tried again, a row: of the requests, of the map, of the batch."""
    client = stack.client("stepfunctions")
    machine = stack.outputs["StateMachineArn"]
    listed = client.list_executions(stateMachineArn=machine, maxResults=_SAMPLE)["executions"]
    children: list[dict[str, Any]] = []
    for run in client.list_map_runs(executionArn=arn)["mapRuns"]:
        found = client.list_executions(mapRunArn=run["mapRunArn"], maxResults=_SAMPLE)
        children += found["executions"]
    return {
        "request": _mean(_entered(client, one["executionArn"]) for one in listed),
        # Each child's start is one as well.
        "child": 1 + _mean(_entered(client, one["executionArn"]) for one in children),
        "batch": _entered(client, arn) / rows,
    }


def _entered(client: Any, arn: str) -> int:
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    types: list[str] = [event["type"] for page in pages for event in page["events"]]
    entered = sum(kind.endswith("StateEntered") for kind in types)
    again: int = types.count("TaskScheduled") - types.count("TaskStateEntered")
    return entered + max(0, again)


def _mean(values: Iterator[int]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _seconds_in(stack: LocalStack, arn: str, state: str) -> float:
    """How long the execution was in a state, all its visits together."""
    spent, entered = 0.0, None
    pages = stack.client("stepfunctions").get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=arn):
        for event in page["events"]:
            if event.get("stateEnteredEventDetails", {}).get("name") == state:
                entered = event["timestamp"]
            elif event.get("stateExitedEventDetails", {}).get("name") == state and entered:
                spent += (event["timestamp"] - entered).total_seconds()
    return spent
