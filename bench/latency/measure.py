"""Sends requests through both designs and reads what each stage took."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.config import Config

from bench.latency.both_designs import BothDesigns
from bench.latency.canned import ServiceTimes
from bench.latency.processor import Processor
from local.engine.settings import REGION

OURS, ONE = "state machine", "one Lambda"
DESIGNS = (OURS, ONE)
# In the order of a request's way.
PATH = (
    *("AcceptRequest", "FilterKeywords", "ClassifyPrompt", "GenerateImages", "ResumeGeneration"),
    *("StoreImages", "ModerateImages", "PublishImages"),
)
MODERATING = ("FilterKeywords", "ClassifyPrompt", "ModerateImages")
# How often each state is entered is counted; which of them moderate, nobody but we can say.
MODERATING_STATES = (*MODERATING, "IsPromptClean", "IsPromptSafe", "AreImagesSafe")
CHAIN, COMPLETED = "Chain", "COMPLETED"
NO_TIME = ServiceTimes()
# Classify, moderate and generate as the design's best known description has them.
BLOG_TIMES = ServiceTimes(classify=0.2, moderate=0.5, generate=15.0)
_FUNCTION = re.compile(r"-(\w+)Function-")
_REPORT = re.compile(r"^REPORT RequestId: .*?Duration: ([\d.]+) ms.*?Memory Size: (\d+) MB")
# CountOutcomes reads the event of every request's end.
_LOG_GROUP = re.compile(rf"/({'|'.join(PATH)}|CountOutcomes)LogGroup$")
_LOOK_SECONDS = 0.02
_LOOK_SECONDS_AMONG_MANY = 0.25
Request = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """One request. Milliseconds: `whole` from start to end, `passed` and `cpu` by stage.

    `cpu` is of the functions' processes, of one Lambda's as it measures itself; `whole_cpu` is of
    all its processes. `states` are entered, by name.
    """

    design: str
    status: str
    whole: float
    passed: dict[str, float]
    cpu: dict[str, float]
    whole_cpu: float
    states: dict[str, int]


@dataclass(frozen=True)
class Load:
    """Many requests at a time: milliseconds of each, and of all functions' processors a request."""

    design: str
    at_a_time: int
    seconds: float
    whole: list[float]
    cpu: float
    processes: int
    megabytes: float
    unfinished: int


@dataclass(frozen=True)
class Billed:
    """What Lambda would charge a request of one design: calls, seconds and GB-seconds."""

    calls: float
    seconds: float
    gb_seconds: float


class Bench:
    """Both designs under measurement."""

    def __init__(self, both: BothDesigns) -> None:
        self.both = both
        self._processor = Processor(both.engine.pid)
        self._lambda = _patient_lambda(both.endpoint)
        for service in ("stepfunctions", "lambda", "logs"):
            both.client(service)

    def one_by_one(self, request: Request, designs: Iterable[str] = DESIGNS) -> list[Sample]:
        """One request through each design, one design after the other."""
        return [self._sampled(design, request) for design in designs]

    def side_by_side(self, request: Request, times: ServiceTimes) -> list[Sample]:
        """One request through each design, at the same time: for services that take long."""
        self._processor.spent()
        with ThreadPoolExecutor(len(DESIGNS)) as pool:
            sent = pool.map(lambda design: self._send(design, request, times.total), DESIGNS)
            samples = list(sent)
        spent = self._spent()
        return [_with_cpu(sample, spent) for sample in samples]

    def _sampled(self, design: str, request: Request) -> Sample:
        self._processor.spent()
        sample = self._send(design, request, 0)
        return _with_cpu(sample, self._spent())

    def load(
        self, design: str, request: Request, at_a_time: int, requests: int, times: ServiceTimes
    ) -> Load:
        """The request so many times; each begins when another one has ended."""
        self._processor.spent()
        weighed: list[tuple[int, float]] = []
        stop = threading.Event()
        scales = threading.Thread(target=self._weigh, args=(design, weighed, stop), daemon=True)
        scales.start()
        started = time.perf_counter()
        with ThreadPoolExecutor(at_a_time) as pool:
            sent = pool.map(
                lambda _: self._send(design, request, times.total, _LOOK_SECONDS_AMONG_MANY),
                range(requests),
            )
            samples = list(sent)
        seconds = time.perf_counter() - started
        stop.set()
        scales.join()
        processes, held = max(weighed, key=lambda one: one[1], default=(0, 0.0))
        return Load(
            design=design,
            at_a_time=at_a_time,
            seconds=seconds,
            whole=[sample.whole for sample in samples],
            cpu=sum(_of(design, self._spent()).values()) / requests,
            processes=processes,
            megabytes=held,
            unfinished=sum(sample.status != COMPLETED for sample in samples),
        )

    def _weigh(self, design: str, weighed: list[tuple[int, float]], stop: threading.Event) -> None:
        while not stop.wait(1.0):
            held = [
                one.pss / 1e6
                for one in self.both.engine.memory()
                if (match := _FUNCTION.search(one.name)) and (match[1] == CHAIN) == (design == ONE)
            ]
            weighed.append((len(held), sum(held)))

    def cool(self) -> None:
        """Have the next request of each design find no process of any function."""
        known = (*PATH, CHAIN)
        self.both.end_processes(name for name in self.both.functions() if _short(name) in known)

    def memory_sizes(self) -> dict[str, int]:
        """Megabytes by stage; the one Lambda's by CHAIN."""
        functions = self.both.functions().items()
        return {_short(name): settings["MemorySize"] for name, settings in functions}

    def calls(self, request: Request) -> dict[str, dict[str, int]]:
        """{design: {caller: calls}}, callers by stage, recorded apart from the rest."""
        found: dict[str, dict[str, int]] = {}
        servers = (self.both.engine, self.both.canned)
        for design in DESIGNS:
            for server in servers:
                server.record_calls()
            self._send(design, request, 0)
            counted: Counter[str] = Counter()
            for server in servers:
                counted.update(_short(str(call["caller"])) for call in server.recorded_calls())
                server.record_calls(False)
                server.forget_calls()
            found[design] = dict(counted)
        return found

    def billed(self, since: float, requests: int) -> dict[str, Billed]:
        """By design, from the engine's REPORT lines since a time.time()."""
        totals = {design: [0.0, 0.0, 0.0] for design in DESIGNS}
        logs = self.both.client("logs")
        for page in logs.get_paginator("describe_log_groups").paginate():
            for name in (group["logGroupName"] for group in page["logGroups"]):
                ours = _LOG_GROUP.search(name)
                if not ours and CHAIN not in name:
                    continue
                found = logs.filter_log_events(logGroupName=name, startTime=int(since * 1000))
                total = totals[OURS if ours else ONE]
                for event in found["events"]:
                    if line := _REPORT.match(event["message"]):
                        seconds, megabytes = float(line[1]) / 1000, int(line[2])
                        total[0] += 1
                        total[1] += seconds
                        total[2] += seconds * megabytes / 1024
        return {
            design: Billed(*(value / requests for value in total))
            for design, total in totals.items()
        }

    def _spent(self) -> dict[str, float]:
        return {_short(name): spent for name, spent in self._processor.spent().items()}

    def _send(
        self, design: str, request: Request, expected: float, every: float = _LOOK_SECONDS
    ) -> Sample:
        return self._run_one(request) if design == ONE else self._run_ours(request, expected, every)

    def _run_one(self, request: Request) -> Sample:
        started = time.perf_counter()
        reply = self._lambda.invoke(
            FunctionName=self.both.one_lambda, Payload=json.dumps(request).encode()
        )
        answer = json.loads(reply["Payload"].read())
        whole = 1000 * (time.perf_counter() - started)
        stages: dict[str, list[float]] = answer.get("stages", {})
        return Sample(
            ONE,
            str(answer.get("status", answer.get("errorType"))),
            whole,
            {name: passed for name, (passed, _) in stages.items()},
            {name: cpu for name, (_, cpu) in stages.items()},
            whole_cpu=0.0,
            states={},
        )

    def _run_ours(self, request: Request, expected: float, every: float) -> Sample:
        client = self.both.client("stepfunctions")
        arn = client.start_execution(
            stateMachineArn=self.both.outputs["StateMachineArn"], input=json.dumps(request)
        )["executionArn"]
        time.sleep(expected)
        while True:
            execution = client.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                break
            time.sleep(every)
        output = json.loads(execution.get("output") or "{}")
        events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        passed, states = read_history(events)
        return Sample(
            OURS,
            output.get("status", execution["status"]),
            1000 * (execution["stopDate"] - execution["startDate"]).total_seconds(),
            passed,
            cpu={},
            whole_cpu=0.0,
            states=states,
        )


def _with_cpu(sample: Sample, spent: dict[str, float]) -> Sample:
    cpu = _of(sample.design, spent)
    stages = sample.cpu or {stage: cpu.get(stage, 0.0) for stage in PATH}
    return replace(sample, cpu=stages, whole_cpu=sum(cpu.values()))


def read_history(events: list[dict[str, Any]]) -> tuple[dict[str, float], dict[str, int]]:
    """(milliseconds in each state, how often it was entered) of an execution's history."""
    entered: dict[str, Any] = {}
    passed: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for event in events:
        if details := event.get("stateEnteredEventDetails"):
            entered[details["name"]] = event["timestamp"]
            states[details["name"]] += 1
        elif details := event.get("stateExitedEventDetails"):
            spent = event["timestamp"] - entered[details["name"]]
            passed[details["name"]] += 1000 * spent.total_seconds()
    return dict(passed), dict(states)


def repeated(times: int, act: Callable[[], list[Sample]]) -> dict[str, list[Sample]]:
    """Samples by design. RuntimeError if a request came to another end than a picture."""
    found: dict[str, list[Sample]] = {}
    for _ in range(times):
        for sample in act():
            check(sample)
            found.setdefault(sample.design, []).append(sample)
    return found


def check(sample: Sample) -> None:
    """RuntimeError if the request came to another end than a picture: it would be the faster."""
    if sample.status != COMPLETED:
        raise RuntimeError(f"{sample.design}: a request ended with {sample.status}")


def _of(design: str, spent: dict[str, float]) -> dict[str, float]:
    """What is the design's, of the request's own way."""
    mine = (CHAIN,) if design == ONE else PATH
    return {name: value for name, value in spent.items() if name in mine}


def _short(name: str) -> str:
    """A stage's name, from its function's on the engine."""
    match = _FUNCTION.search(name)
    return match[1] if match else name


def _patient_lambda(endpoint: str) -> Any:
    """A client that waits as long as one function may take."""
    return boto3.session.Session().client(
        "lambda",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        config=Config(read_timeout=900, retries={"total_max_attempts": 1}, max_pool_connections=50),
    )
