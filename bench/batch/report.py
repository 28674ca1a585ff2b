"""The figures of a batch as tables in the terminal, and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from bench.batch.measure import ENGINE, STAND_INS, Measured, growth, names, peak, rates, together
from bench.soak.figures import PERCENTS, percentiles
from bench.soak.tables import costs, titled
from bench.spent import GPU_HOUR, PRICED, cost
from local.jobs import counts

_MEGABYTE = 1e6


def print_report(console: Console, found: Measured) -> None:
    """Outcomes, rows a second, seconds a row, memory, calls and cost."""
    outcomes = ", ".join(f"{name} {number:,}" for name, number in counts(found.job).items())
    console.print(
        f"{found.rows:,} rows in {found.seconds:.0f} s ({found.rows / found.seconds:.2f} a second)"
        f", {found.job['status']}: {outcomes}. PrepareBatch took {found.prepare_seconds:.1f} s "
        f"({found.rows / max(found.prepare_seconds, 0.001):,.0f} rows a second).",
        highlight=False,
    )
    console.print(_times(found))
    console.print(_memory(found))
    console.print(_alone(found))
    console.print(_costs(found))


def document(found: Measured, machine: str) -> dict[str, Any]:
    """Everything but the single values."""
    return {
        "machine": machine,
        "rows": found.rows,
        "seconds": found.seconds,
        "prepare_seconds": found.prepare_seconds,
        "status": found.job["status"],
        "outcomes": counts(found.job),
        "row_seconds": _spread(found.row_seconds),
        "rows_per_second": [{"until": at, "rate": rate} for at, rate in rates(found.samples)],
        "memory": {name: _held(found, name) for name in sorted(names(found.samples))},
        "alone": [vars(one) for one in found.alone],
        "counts": found.counts | {"state transitions": transitions(found)},
        "transitions_per_row": found.transitions,
        "usd_at_list_prices": {"priced": PRICED, **_spent(found)},
        "rows_by_second": [(round(sample.at, 1), sample.done) for sample in found.samples],
    }


def transitions(found: Measured) -> float:
    """Of the whole batch, by what was sampled."""
    return sum(found.transitions.values()) * found.rows


def _spent(found: Measured) -> dict[str, float]:
    return cost(found.counts | {"state transitions": transitions(found)})


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    names = [f"p{percent}" for percent in PERCENTS]
    return {"n": len(values), **dict(zip(names, percentiles(values), strict=True))}


def _held(found: Measured, name: str) -> dict[str, float | None]:
    """Bytes, see the functions."""
    return {
        "peak": peak(found.samples, name),
        "together": together(found.samples, name),
        "a_row": growth(found.samples, name),
    }


def _times(found: Measured) -> Table:
    table = titled("Time")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for at, rate in rates(found.samples):
        table.add_row(f"rows a second until {at:.0f} s", f"{rate:.2f}")
    for name, value in _spread(found.row_seconds).items():
        table.add_row(f"seconds a row, {name}", f"{value:,.2f}" if name != "n" else f"{value:,}")
    table.caption = "this machine's, painter and moderator included: nothing of AWS is in it"
    return table


def _memory(found: Measured) -> Table:
    table = titled("Memory")
    for name in ("process", "one at most, MB", "all at most, MB", "a row adds, bytes"):
        table.add_column(name, justify="left" if name == "process" else "right")
    seen = names(found.samples)
    ours = sorted(seen - {ENGINE, STAND_INS})
    for name in (*ours, *sorted(seen & {ENGINE, STAND_INS})):
        grown = growth(found.samples, name)
        table.add_row(
            name,
            f"{peak(found.samples, name) / _MEGABYTE:.1f}",
            f"{together(found.samples, name) / _MEGABYTE:.1f}",
            "seen too briefly" if grown is None else f"{grown:,.0f}",
            end_section=name == (ours[-1] if ours else ""),
        )
    table.caption = (
        "one: peak RSS of the largest; all: PSS; growth: of the longest-lived, by least squares "
        "once it is warm. Functions are ours; the engine keeps every execution, object and log "
        "line, which on AWS nothing does in one place"
    )
    return table


def _alone(found: Measured) -> Table:
    table = titled("PrepareBatch and SummarizeBatch alone, by the size of the file")
    table.add_column("function")
    for name in ("rows", "MB read", "rows a second of processor", "MB at most"):
        table.add_column(name, justify="right")
    for one in found.alone:
        table.add_row(
            one.function,
            f"{one.rows:,}",
            f"{one.bytes / _MEGABYTE:.1f}",
            f"{one.rows_a_second:,.0f}",
            f"{one.peak / _MEGABYTE:.1f}",
        )
    table.caption = "a process each, on an S3 that makes what is read and keeps nothing"
    return table


def _costs(found: Measured) -> Table:
    counted = found.counts | {"state transitions": transitions(found)}
    title = f"Calls, and their cost at list prices of us-east-1 ({PRICED})"
    table = costs(title, counted, found.rows, "row")
    asked, (kind, hour) = counted.get("invocations of the endpoint", 0), GPU_HOUR
    table.caption = (
        f"GPU apart: the endpoint was invoked {asked:,.0f} times; on {kind}, {hour} USD an hour, "
        f"each second that one takes costs {asked * hour / 3600:.2f} USD for all of them. What the "
        "map reads and writes itself is not counted"
    )
    return table
