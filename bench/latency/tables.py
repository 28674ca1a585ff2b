"""The figures as tables: lines of text that a terminal and a document show alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.latency.both_designs import LOOK_MILLISECONDS
from bench.latency.canned import ServiceTimes
from bench.latency.figures import ASSUMED_STATE_MS, Own, at_memory, growth, spread
from bench.latency.growth import Growth
from bench.latency.measure import (
    BLOG_TIMES,
    CHAIN,
    DESIGNS,
    MODERATING_STATES,
    ONE,
    OURS,
    PATH,
    Load,
    Sample,
)
from bench.latency.run import Results

GENERATION_MS = 1000 * BLOG_TIMES.generate
MODERATION_MS = 1000 * (BLOG_TIMES.classify + BLOG_TIMES.moderate)
MOST_OWN, MOST_MODERATION = 0.01, 0.05
# Of the states RecordOutcome, AnnounceOutcome and MarkAnnounced, which call without a function.
_RECORDING_CALLS = 3
# The one Lambda's own names for what the state machine does otherwise.
WAY_IN_PAIRS = {
    **{stage: stage for stage in PATH},
    "ResumeGeneration": "wait",
    "RecordOutcome": "RecordOutcome",
}


@dataclass(frozen=True)
class Grid:
    """A table: its first column is words, the others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    caption: str = ""


def all_tables(found: Results) -> list[Grid]:
    """In the order in which they are read."""
    return [
        verdicts(found),
        stages(found),
        requests(found),
        way(found),
        projection(found),
        loads(found),
        bill(found),
        *(grown(one) for one in found.growths),
    ]


def missed(found: Results) -> list[str]:
    """The targets that own code as measured does not meet."""
    own = found.own(on_this_cpu=True)
    names = []
    if own.share(GENERATION_MS) >= MOST_OWN:
        names.append("own code")
    if own.moderation_share(GENERATION_MS, MODERATION_MS) >= MOST_MODERATION:
        names.append("moderation")
    return names


def verdicts(found: Results) -> Grid:
    """The two targets, for own code on a whole CPU and on the functions' parts of one."""
    grid = Grid(
        f"Targets: shares of a generation of {BLOG_TIMES.generate:g} s",
        (
            *("own code", "ms", "moderation's ms", "ours", f"below {MOST_OWN:.0%}"),
            *("moderation's", f"below {MOST_MODERATION:.0%}"),
        ),
        caption=(
            f"Requests whose services take {_told(BLOG_TIMES)}. Ours: the processor time of the "
            f"{len(PATH)} functions on the way. Moderation's: its services' {MODERATION_MS:.0f} "
            f"ms, {MODERATION_MS / GENERATION_MS:.2%} alone, and the processor time of its three "
            "functions. States, calls of S3 and DynamoDB and cold starts come on top: see below."
        ),
    )
    for name, own in (
        (f"{OURS}, a whole CPU of this machine", found.own(on_this_cpu=True)),
        (f"{OURS}, on each function's part of one", found.own(on_this_cpu=False)),
        (f"{ONE}, a whole CPU of this machine", found.own_of_one_lambda()),
    ):
        ours = own.share(GENERATION_MS)
        moderation = own.moderation_share(GENERATION_MS, MODERATION_MS)
        grid.rows.append(
            (
                name,
                f"{own.code:.0f}",
                f"{own.moderation_code:.0f}",
                f"{ours:.2%}",
                _verdict(ours < MOST_OWN),
                f"{moderation:.2%}",
                _verdict(moderation < MOST_MODERATION),
            )
        )
    return grid


def stages(found: Results) -> Grid:
    """Own code by stage, warm and cold."""
    ours, one = found.warm[OURS], found.warm[ONE]
    grid = Grid(
        "Own code, a stage: milliseconds of processor, one request at a time",
        (
            *("stage", f"{OURS}, warm", "quarters", "on its part of a CPU", "cold"),
            *("calls of AWS", f"{ONE}, warm", "quarters ", "cold "),
        ),
        caption=(
            f"Medians, n = {len(ours)} of each warm, {len(found.cold[OURS])} cold, in turns. "
            f"{OURS.capitalize()}: all that the function's process does, with runtime client and "
            "SDK; cold with the interpreter's start, imports and clients. On its part of a CPU: "
            "times 1,769 MB over the function's memory. ResumeGeneration is one Lambda's looking "
            "for the picture. RecordOutcome has no function of ours: three states call DynamoDB "
            "and EventBridge."
        ),
    )
    called, scaled_code = found.calls[OURS], 0.0
    for stage, other in WAY_IN_PAIRS.items():
        theirs = (*_shown([s.cpu[other] for s in one if other in s.cpu]), "")
        if stage not in PATH:
            grid.rows.append((stage, "", "", "", "", str(_RECORDING_CALLS), *theirs))
            continue
        mine = [sample.cpu[stage] for sample in ours]
        cold = spread([sample.cpu[stage] for sample in found.cold[OURS]]).middle
        scaled = at_memory(spread(mine).middle, found.memory[stage])
        scaled_code += scaled
        figures = (*_shown(mine), f"{scaled:.1f}", f"{cold:,.0f}", str(called.get(stage, 0)))
        grid.rows.append((stage, *figures, *theirs))
    calls = sum(called.get(stage, 0) for stage in PATH) + _RECORDING_CALLS
    colds = [f"{spread([s.whole_cpu for s in found.cold[d]]).middle:,.0f}" for d in DESIGNS]
    grid.rows.append(
        (
            "together",
            *_shown([sample.whole_cpu for sample in ours]),
            f"{scaled_code:.1f}",
            colds[0],
            str(calls),
            *_shown([sample.whole_cpu for sample in one]),
            colds[1],
        )
    )
    return grid


def requests(found: Results) -> Grid:
    """Whole requests, cold and warm, with and without service times."""
    grid = Grid(
        "A request from start to end on this engine: milliseconds",
        ("request", "design", "n", "median", "quarters", "beyond the services", "processor"),
        caption=(
            "Beyond the services: engine, waiting and calls included, which are this machine's and "
            "not AWS's. One Lambda looks for the picture at once and then every "
            f"{LOOK_MILLISECONDS} ms. Processor: of the functions; of a cold request with the "
            "interpreter's start, imports and clients. A process that has waited computes longer "
            "than one that has just answered."
        ),
    )
    groups = {
        "warm, services at 0 ms": (found.warm, 0.0),
        "cold, services at 0 ms": (found.cold, 0.0),
        f"warm, services at {_told(BLOG_TIMES)}": (found.slow, 1000 * BLOG_TIMES.total),
    }
    for name, (samples, services) in groups.items():
        for design in DESIGNS:
            whole = spread([sample.whole for sample in samples[design]])
            cpu = spread([sample.whole_cpu for sample in samples[design]])
            grid.rows.append(
                (
                    name,
                    design,
                    str(whole.n),
                    f"{whole.middle:,.0f}",
                    f"{whole.low:,.0f} - {whole.high:,.0f}",
                    f"{whole.middle - services:,.0f}",
                    f"{cpu.middle:,.0f}",
                )
            )
    return grid


def way(found: Results) -> Grid:
    """Where a slow request's time goes, stage by stage."""
    grid = Grid(
        f"The way of a request whose services take {_told(BLOG_TIMES)}: milliseconds passed",
        ("stage", "its service", OURS, ONE),
        caption=(
            f"Medians, n = {len(found.slow[OURS])}. GenerateImages with the wait for the picture: "
            "SNS, SQS and ResumeGeneration, or looks at S3. The rest: choices and transitions of "
            "this engine, or the call of the function."
        ),
    )
    services = {
        "ClassifyPrompt": BLOG_TIMES.classify,
        "GenerateImages": BLOG_TIMES.generate,
        "ModerateImages": BLOG_TIMES.moderate,
    }
    columns = {design: way_of(found.slow[design]) for design in DESIGNS}
    for stage in columns[OURS]:
        service = f"{1000 * services[stage]:,.0f}" if stage in services else ""
        cells = (f"{columns[design][stage]:,.0f}" for design in DESIGNS)
        grid.rows.append((stage, service, *cells))
    return grid


def way_of(samples: list[Sample]) -> dict[str, float]:
    """Median milliseconds of each stage that a request passes, and of the rest."""
    joined = {
        "GenerateImages": ("GenerateImages", "wait"),
        "RecordOutcome": ("RecordOutcome", "AnnounceOutcome", "MarkAnnounced"),
    }
    named = [stage for stage in PATH if stage != "ResumeGeneration"] + ["RecordOutcome"]
    passed = {
        stage: spread(
            [sum(s.passed.get(one, 0.0) for one in joined.get(stage, (stage,))) for s in samples]
        ).middle
        for stage in named
    }
    whole = spread([sample.whole for sample in samples]).middle
    return passed | {"the rest": whole - sum(passed.values()), "together": whole}


def projection(found: Results) -> Grid:
    """What states that take time make of the shares: assumptions, said to be."""
    own = found.own(on_this_cpu=False)
    bare = found.own(on_this_cpu=True)
    grid = Grid(
        "If a state takes time on AWS (assumed: nobody measured it)",
        ("a state takes", "ours adds", "ours", "moderation adds", "moderation's"),
        caption=(
            f"{own.states} states are entered on the way to a delivered picture, "
            f"{own.moderation_states} of them moderate ({', '.join(MODERATING_STATES)}). Own code "
            f"on the functions' part of a CPU. The targets hold up to {_most(own)}; with a whole "
            f"CPU for each function, up to {_most(bare)}."
        ),
    )
    for state in ASSUMED_STATE_MS:
        grid.rows.append(
            (
                f"{state:.0f} ms",
                f"{own.code + own.states * state:,.0f} ms",
                f"{own.share(GENERATION_MS, state):.2%}",
                f"{own.moderation_code + own.moderation_states * state:,.0f} ms",
                f"{own.moderation_share(GENERATION_MS, MODERATION_MS, state):.2%}",
            )
        )
    return grid


def loads(found: Results) -> Grid:
    """Many requests at a time."""
    grid = Grid(
        "At concurrency",
        ("load", "design", "n", "a second", "median", "slowest", "CPU ms", "processes", "MB"),
        caption=(
            "One run of each; median and slowest in seconds. Requests a second are those of this "
            "machine's processors, which engine, functions and senders share. CPU: a "
            "request's, with the starts of processes that the load asks for. Processes and memory: "
            "of the functions, at most."
        ),
    )
    for times, load in found.loads:
        grid.rows.append(_load(times, load))
    return grid


def _load(times: ServiceTimes, load: Load) -> tuple[str, ...]:
    whole = spread(load.whole)
    name = f"{load.at_a_time} at a time, services at {_told(times)}"
    return (
        name + (f", {load.unfinished} unfinished" if load.unfinished else ""),
        load.design,
        str(len(load.whole)),
        f"{len(load.whole) / load.seconds:.1f}",
        f"{whole.middle / 1000:.2f}",
        f"{max(load.whole) / 1000:.2f}",
        f"{load.cpu:.0f}",
        str(load.processes),
        f"{load.megabytes:,.0f}",
    )


def bill(found: Results) -> Grid:
    """What Lambda would charge."""
    grid = Grid(
        f"Lambda's bill of a request whose services take {_told(BLOG_TIMES)}",
        ("design", "invocations", "seconds", "GB-seconds", "states"),
        caption=(
            "Durations as the engine reports them, all functions that the request has run, "
            f"CountOutcomes included. One Lambda has {found.memory[CHAIN]} MB, as StoreImages has."
        ),
    )
    states = {OURS: sum(found.slow[OURS][0].states.values()), ONE: 0}
    for design, billed in found.billed.items():
        grid.rows.append(
            (
                design,
                f"{billed.calls:.1f}",
                f"{billed.seconds:.2f}",
                f"{billed.gb_seconds:.2f}",
                str(states[design]),
            )
        )
    return grid


def grown(found: Growth) -> Grid:
    """One kind of growth."""
    grid = Grid(
        f"Growth with the {found.of}: milliseconds of processor",
        ("stage", *(f"{size:,}" for size in found.sizes), "growth"),
        caption=f"Medians of {found.n} rounds; growth is the last over the first.",
    )
    for stage, values in found.stages.items():
        shown = (f"{value:.3f}" if value < 1 else f"{value:.1f}" for value in values)
        grid.rows.append((stage, *shown, f"{growth(values):.1f} x"))
    return grid


def _most(own: Own) -> str:
    ours = own.most_state_ms(MOST_OWN, GENERATION_MS)
    moderation = own.most_moderation_state_ms(MOST_MODERATION, GENERATION_MS, MODERATION_MS)
    return f"{max(ours, 0):.1f} ms a state (ours) and {max(moderation, 0):.1f} ms (moderation's)"


def _told(times: ServiceTimes) -> str:
    if not times.total:
        return "0 ms"
    parts = (times.classify, times.moderate, times.generate)
    return " / ".join(f"{1000 * part:,.0f}" for part in parts) + " ms"


def _shown(values: list[float]) -> tuple[str, str]:
    found = spread(values)
    return f"{found.middle:.1f}", f"{found.low:.1f} - {found.high:.1f}"


def _verdict(met: bool) -> str:
    return "met" if met else "missed"
