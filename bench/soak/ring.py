"""One load from its first request to its account, on an engine of its own."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.soak import chaos, settling
from bench.soak.account import Account, account
from bench.soak.evidence import Evidence, gather
from bench.soak.load import Sender
from bench.soak.plan import plan, scripts
from bench.soak.system import System
from bench.soak.weight import Weighing
from bench.spent import comprehend_units

_REPORT_LINE = re.compile(
    r"^REPORT RequestId: .*?Duration: ([\d.]+) ms.*?Memory Size: (\d+) MB", re.M
)
Json = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """One load. `processes` is how many functions may run at a time."""

    requests: int
    concurrency: int
    faults: float
    seed: int
    time_scale: float
    processes: int


@dataclass(frozen=True)
class Tell:
    """Where a ring says how far it is: `sent` by how many, `doing` in words."""

    sent: Callable[[int], None] = lambda _: None
    doing: Callable[[str], None] = lambda _: None


@dataclass
class Ring:
    """What came of one load."""

    settings: Settings
    account: Account
    load_seconds: float
    settling_seconds: float
    round_trips: list[float]
    stages: dict[str, list[float]]
    injected: dict[str, int]
    model_faults: dict[str, int]
    counts: dict[str, float]
    swept: dict[str, int]
    refused: dict[str, str]
    rss: dict[str, list[int]]
    cpu: dict[str, float]
    executions: int
    events: int
    published: int
    kinds: dict[str, int] = field(default_factory=dict)


def run(settings: Settings, tell: Tell) -> Ring:
    """Start everything, load it, settle it, look at everything, and end everything."""
    planned = plan(settings.requests, settings.seed, settings.faults)
    tell.doing("starting engine and stack")
    with System(settings.time_scale, settings.processes) as system:
        for script in scripts(planned):
            system.stand_ins.script(**script)
        system.unleash(settings.faults, settings.seed)
        sender, weighing = Sender(system, tell.sent), Weighing(system)
        tell.doing("sending")
        load = sender.send_all(planned, settings.concurrency, weighing)
        started = time.monotonic()
        settling.wait_for_ends(system, tell.doing)
        report = system.calm()
        swept = settling.sweep(system, tell.doing)
        settling.wait_for_quiet(lambda: len(load.events))
        sender.stop()
        settled = time.monotonic() - started
        tell.doing("looking at everything")
        evidence = gather(system, load.events)
    checked = account(planned, load.refused, evidence, bool(settings.faults))
    return Ring(
        settings=settings,
        account=checked,
        load_seconds=load.seconds,
        settling_seconds=settled,
        round_trips=list(load.round_trips.values()),
        stages=_stages(evidence),
        injected=chaos.injected(report),
        model_faults=Counter(submission.fault for submission in planned if submission.fault),
        counts=_counts(report, evidence),
        swept=swept,
        refused=load.refused,
        rss=weighing.rss,
        cpu=weighing.cpu,
        executions=len(evidence.executions),
        events=len(evidence.events),
        published=len(evidence.published),
        kinds=Counter(submission.kind for submission in planned),
    )


def _stages(evidence: Evidence) -> dict[str, list[float]]:
    stages: dict[str, list[float]] = {}
    for record in evidence.records:
        for stage, spent in record.get("timings", {}).items():
            stages.setdefault(stage, []).append(spent)
    return stages


def _counts(report: list[Json], evidence: Evidence) -> dict[str, float]:
    """Everything that has a price, as it was counted."""
    counts: dict[str, float] = dict(chaos.counted(report))
    counts["state transitions"] = sum(one.transitions for one in evidence.executions)
    lines = _REPORT_LINE.findall(evidence.function_logs)
    counts["Lambda requests"] = len(lines)
    counts["Lambda GB-seconds"] = sum(float(ms) / 1000 * int(mb) / 1024 for ms, mb in lines)
    counts["Comprehend units"] = comprehend_units(int(counts.pop("Comprehend requests", 0)))
    return counts
