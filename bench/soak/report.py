"""The figures as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.soak.account import MEANINGS
from bench.soak.figures import PERCENTS, line, percentiles
from bench.soak.ring import Ring
from bench.soak.tables import costs, titled
from bench.soak.weight import ENGINE, FUNCTIONS, STAND_INS
from bench.spent import GPU_HOUR, PRICED, cost
from local.record_text import STAGES

BEYOND = (10_000, 100_000)
_MOST_NAMED = 10


def print_ring(console: Console, ring: Ring) -> None:
    """The account of one load, its outcomes, faults, times and costs."""
    settings = ring.settings
    console.rule(f"{settings.requests:,} requests, {settings.concurrency} at a time")
    console.print(
        f"{ring.executions:,} executions, {ring.events:,} result events, {ring.published:,} "
        f"published pictures; load {ring.load_seconds:.0f} s ({_per_second(ring):.1f} requests/s), "
        f"then {ring.settling_seconds:.0f} s until nothing ran and the sweeper had nothing left",
        highlight=False,
    )
    console.print(_account(ring))
    _name_findings(console, ring)
    console.print(_outcomes(ring))
    console.print(_faults(ring))
    console.print(_times(ring))
    console.print(_costs(ring))


def print_growth(console: Console, rings: Sequence[Ring]) -> None:
    """How time, memory and cost grow, and where that would lead."""
    if len(rings) < 2:
        return
    counts = [ring.settings.requests for ring in rings]
    table = titled("Growth: measured, and a straight line through it")
    table.add_column("figure")
    for count in counts:
        table.add_column(f"{count:,}", justify="right")
    table.add_column("per 1,000 more", justify="right")
    table.add_column("residuals", justify="right")
    for count in BEYOND:
        table.add_column(f"{count:,}\nextrapolated", justify="right", style="dim")
    for name, values in growth(rings).items():
        fitted = line(counts, values)
        table.add_row(
            name,
            *(_number(value) for value in values),
            _number(fitted.slope * 1000),
            " ".join(f"{residual:+.2g}" for residual in fitted.residuals),
            *(_number(fitted.at(count)) for count in BEYOND),
        )
    console.print(table)
    console.print(
        "[dim]Extrapolated figures are the line's, nobody measured them. Memory and processor time "
        "of engine and stand-ins are the local engine's own, which keeps every execution, object "
        "and log line in memory: on AWS nothing of that grows in one place. Cost is what the stack "
        "itself would be charged.[/dim]\n",
        highlight=False,
    )


def growth(rings: Sequence[Ring]) -> dict[str, list[float]]:
    """The figures that grow, by name, in the order of the rings."""
    return {
        "load, s": [ring.load_seconds for ring in rings],
        "processor, functions, s": [ring.cpu[FUNCTIONS] for ring in rings],
        "processor, engine and stand-ins, s": [
            ring.cpu[ENGINE] + ring.cpu[STAND_INS] for ring in rings
        ],
        "memory, functions, MB at most": [_megabytes(ring, FUNCTIONS) for ring in rings],
        "memory, engine, MB at most": [_megabytes(ring, ENGINE) for ring in rings],
        "memory, engine, MB grown under load": [_grown(ring, ENGINE) for ring in rings],
        "memory, stand-ins, MB at most": [_megabytes(ring, STAND_INS) for ring in rings],
        "cost without GPU, USD": [sum(cost(ring.counts).values()) for ring in rings],
        "state transitions": [ring.counts["state transitions"] for ring in rings],
        "Lambda requests": [ring.counts["Lambda requests"] for ring in rings],
    }


def _account(ring: Ring) -> Table:
    table = titled("What must not happen")
    table.add_column("")
    table.add_column("number", justify="right")
    table.add_column("is")
    for name, found in ring.account.found.items():
        number = Text(str(len(found)), "bold red" if found else "green")
        table.add_row(name, number, MEANINGS[name])
    table.add_section()
    table.add_row(
        "unreadable copies",
        str(ring.account.unreadable_copies),
        "of an event that came twice; recorded by their execution's name, beside the request's own",
    )
    if ring.refused:
        table.add_row("not sent", str(len(ring.refused)), ", ".join(set(ring.refused.values())))
    return table


def _name_findings(console: Console, ring: Ring) -> None:
    for name, found in ring.account.found.items():
        for text in found[:_MOST_NAMED]:
            console.print(f"[red]{name}[/red]: {text}", highlight=False, soft_wrap=True)
        if len(found) > _MOST_NAMED:
            console.print(f"[red]{name}[/red]: and {len(found) - _MOST_NAMED} more")


def _outcomes(ring: Ring) -> Table:
    table = titled("Outcomes")
    for name in ("status", "stage that decided", "error"):
        table.add_column(name)
    table.add_column("records", justify="right")
    for place, count in sorted(ring.account.outcomes.items()):
        table.add_row(*place, f"{count:,}")
    swept = ", ".join(f"{name} {count}" for name, count in ring.swept.items())
    table.caption = f"left to the sweeper after the load: {swept or 'nothing'}"
    return table


def _faults(ring: Ring) -> Table:
    """A row per place, a column per kind, the number of times."""
    table = titled("Faults injected")
    table.add_column("where")
    table.add_column("how, times", overflow="fold")
    places: dict[str, list[str]] = {}
    for name, count in [*ring.injected.items(), *ring.model_faults.items()]:
        where, _, how = name.partition(": ")
        places.setdefault(where, []).append(f"{how} {count}")
    for where, hows in places.items():
        table.add_row(where, ", ".join(hows))
    total = sum(ring.injected.values()) + sum(ring.model_faults.values())
    table.caption = f"{total:,} in all, {total / ring.settings.requests:.1f} a request"
    return table


def _times(ring: Ring) -> Table:
    table = titled("Milliseconds, retries and waiting included")
    table.add_column("stage")
    table.add_column("requests", justify="right")
    for percent in PERCENTS:
        table.add_column(f"p{percent}", justify="right")
    rows = {name: ring.stages[name] for name in STAGES if name in ring.stages}
    rows["sent to ended"] = [1000 * seconds for seconds in ring.round_trips]
    for name, values in rows.items():
        if values:
            shown = [f"{value:,.0f}" for value in percentiles(values)]
            table.add_row(name, f"{len(values):,}", *shown)
    scale = ring.settings.time_scale
    table.caption = f"this machine's; retries' pauses and time-outs run {scale:g} times as fast"
    return table


def _costs(ring: Ring) -> Table:
    title = f"Cost: our counts times list prices of us-east-1 ({PRICED})"
    table = costs(title, ring.counts, ring.settings.requests, "request")
    asked, (kind, hour) = ring.counts["invocations of the endpoint"], GPU_HOUR
    table.caption = (
        f"GPU apart: the endpoint was invoked {asked:,.0f} times; on {kind}, {hour} USD an hour, "
        f"each second that one takes costs {asked * hour / 3600:.2f} USD for all of them"
    )
    return table


def _per_second(ring: Ring) -> float:
    return ring.settings.requests / ring.load_seconds


def _megabytes(ring: Ring, group: str) -> float:
    return max(ring.rss[group], default=0) / 1e6


def _grown(ring: Ring, group: str) -> float:
    """Megabytes between the first tenth of the samples, when all is started, and the last."""
    samples = ring.rss[group]
    return (samples[-1] - samples[len(samples) // 10]) / 1e6 if samples else 0.0


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
