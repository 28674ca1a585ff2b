"""One run of the bench: everything measured, in the order that wastes least waiting."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.latency import growth
from bench.latency.both_designs import BothDesigns
from bench.latency.canned import ServiceTimes
from bench.latency.figures import Own, at_memory, spread
from bench.latency.growth import Growth
from bench.latency.measure import (
    BLOG_TIMES,
    DESIGNS,
    MODERATING,
    MODERATING_STATES,
    NO_TIME,
    ONE,
    OURS,
    PATH,
    Bench,
    Billed,
    Load,
    Request,
    Sample,
    repeated,
)

REQUEST: Request = {"prompt": "a lighthouse on a cliff at sunset"}
_WARMING = 3
# Long enough for a load to have all its processes started before it is measured.
_HELD = ServiceTimes(generate=2.0)
# For what follows a request's end, and for log lines to be there.
_QUIET_SECONDS = 2.0
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How often what is measured. A load is (requests at a time, requests, services' times)."""

    warm: int = 24
    cold: int = 3
    slow: int = 4
    loads: tuple[tuple[int, int, ServiceTimes], ...] = (
        (8, 24, NO_TIME),
        (32, 32, NO_TIME),
        (32, 32, BLOG_TIMES),
    )
    rounds: int = 6
    terms: tuple[int, ...] = growth.TERMS

    @property
    def steps(self) -> int:
        """How often a run tells what it is doing."""
        return 6 + len(self.loads)


QUICK = Plan(warm=6, cold=1, slow=1, loads=((8, 8, NO_TIME),), rounds=2, terms=growth.TERMS[:3])


@dataclass
class Results:
    """What came of a run. Samples by design: `warm`, `cold` with services that take no time."""

    load_before: float = 0.0
    load_after: float = 0.0
    seconds: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)
    warm: dict[str, list[Sample]] = field(default_factory=dict)
    cold: dict[str, list[Sample]] = field(default_factory=dict)
    slow: dict[str, list[Sample]] = field(default_factory=dict)
    loads: list[tuple[ServiceTimes, Load]] = field(default_factory=list)
    billed: dict[str, Billed] = field(default_factory=dict)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    growths: list[Growth] = field(default_factory=list)

    def own(self, *, on_this_cpu: bool) -> Own:
        """Ours in a request whose services take their time.

        On a whole CPU of this machine, or on the part of one that each function's memory brings.
        """
        samples = self.slow[OURS]
        code = {stage: spread([sample.cpu[stage] for sample in samples]).middle for stage in PATH}
        if not on_this_cpu:
            code = {stage: at_memory(ms, self.memory[stage]) for stage, ms in code.items()}
        states = samples[0].states
        return Own(
            code=sum(code.values()),
            moderation_code=sum(code[stage] for stage in MODERATING),
            states=sum(states.values()),
            moderation_states=sum(states.get(state, 0) for state in MODERATING_STATES),
        )

    def own_of_one_lambda(self) -> Own:
        """The same of the chain as one Lambda, which has a whole CPU and no states."""
        samples = self.slow[ONE]
        moderating = [sum(sample.cpu[stage] for stage in MODERATING) for sample in samples]
        code = spread([sample.whole_cpu for sample in samples]).middle
        return Own(code, spread(moderating).middle, 0, 0)


def run(plan: Plan, tell: Tell) -> Results:
    """Start both designs, measure, end them."""
    found, started = Results(load_before=os.getloadavg()[0]), time.monotonic()
    tell("starting engine and both designs")
    with BothDesigns() as both:
        bench = Bench(both)
        found.memory = bench.memory_sizes()
        repeated(_WARMING, lambda: bench.one_by_one(REQUEST))
        tell("warm, one by one")
        found.warm = repeated(plan.warm, lambda: bench.one_by_one(REQUEST))
        found.calls = bench.calls(REQUEST)
        tell("growth with prompts and pictures")
        found.growths = [
            growth.with_prompts(bench, plan.rounds),
            growth.with_images(bench, plan.rounds),
        ]
        tell("the services take their time")
        _measure_slow(both, bench, plan, found)
        for at_a_time, requests, times in plan.loads:
            tell(f"{at_a_time} at a time, services take {times.total:g} s")
            for design in DESIGNS:
                both.canned.take(_HELD)
                bench.load(design, REQUEST, at_a_time, at_a_time, _HELD)
                both.canned.take(times)
                load = bench.load(design, REQUEST, at_a_time, requests, times)
                found.loads.append((times, load))
        both.canned.take(NO_TIME)
        tell("cold")
        found.cold = repeated(plan.cold, lambda: _cold(bench))
    tell("growth with the policy")
    found.growths.append(growth.with_policy(plan.terms, plan.rounds))
    found.load_after, found.seconds = os.getloadavg()[0], time.monotonic() - started
    return found


def _cold(bench: Bench) -> list[Sample]:
    bench.cool()
    return bench.one_by_one(REQUEST)


def _measure_slow(both: BothDesigns, bench: Bench, plan: Plan, found: Results) -> None:
    both.canned.take(BLOG_TIMES)
    time.sleep(_QUIET_SECONDS)
    since = time.time()
    found.slow = repeated(plan.slow, lambda: bench.side_by_side(REQUEST, BLOG_TIMES))
    time.sleep(_QUIET_SECONDS)
    found.billed = bench.billed(since, plan.slow)
    both.canned.take(NO_TIME)
