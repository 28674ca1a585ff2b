"""The demo's last words: how each request ended, where its time went, what all of it held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.demo.memory import Held
from local.demo.session import IN_REVIEW, Run
from local.record_text import COLOURS, STAGES, reasons_text, review_text, tone, total_ms

_MEGABYTE = 1_000_000
_WIDE = 160


def print_outcomes(console: Console, runs: list[Run]) -> None:
    """One row per request; in a wide window with the milliseconds, which the gallery has, too."""
    wide = console.width >= _WIDE
    table = _table("Outcomes")
    table.add_column("request")
    table.add_column("outcome", no_wrap=True)
    table.add_column("reason or warning", overflow="fold")
    table.add_column("attempts", justify="right")
    for stage in (*STAGES, "total") if wide else ():
        table.add_column(_short(stage), justify="right")
    for run in runs:
        table.add_row(*_outcome(run), *(_times(run) if wide else ()))
    console.print(table)
    if wide:
        console.print("Milliseconds; a stage's first request starts its process.\n")


def print_memory(console: Console, held: Iterable[Held]) -> None:
    """What every process holds; pages that processes share are counted once."""
    sums: dict[str, list[int]] = defaultdict(list)
    for process in held:
        sums[process.name].append(process.pss)
    table = _table("Memory")
    table.add_column("process")
    table.add_column("number", justify="right")
    table.add_column("MB", justify="right")
    for name, sizes in sums.items():
        table.add_row(name, str(len(sizes)), f"{sum(sizes) / _MEGABYTE:.0f}")
    everything = [size for sizes in sums.values() for size in sizes]
    table.add_section()
    table.add_row("the whole", str(len(everything)), f"{sum(everything) / _MEGABYTE:.0f}")
    console.print(table)


def print_surprises(console: Console, runs: list[Run]) -> bool:
    """Name what ended otherwise than expected; False if something did."""
    surprises = [run for run in runs if not run.as_expected]
    for run in surprises:
        console.print(
            f"[red]{run.scenario.name}[/red] ended as {run.outcome or 'nothing'}, "
            f"expected {run.scenario.expected}; its file is {run.scenario.path}"
        )
    return not surprises


def why(run: Run) -> str:
    """The reasons; where there are none, the warnings; who decided; of a duplicate, the first."""
    if run.execution is not None and run.execution.first is not None:
        return f"the same as {run.execution.first['request_id']}"
    if run.record is None:
        return ""
    people = [review_text(review) for review in run.record.get("reviews", [])]
    reasons = [one for one in run.record.get("reasons", []) if one["stage"] != IN_REVIEW]
    if reasons:
        return "; ".join([reasons_text(reasons), *people])
    warnings = reasons_text(run.record.get("warnings", []))
    return "; ".join([*([f"warned: {warnings}"] if warnings else []), *people])


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)


def _outcome(run: Run) -> tuple[str | Text, ...]:
    status = Text(run.outcome, style=COLOURS[tone(run.outcome)])
    attempts = run.record.get("attempts", []) if run.record else []
    return run.scenario.title, status, why(run), str(len(attempts) or "")


def _times(run: Run) -> list[str]:
    if run.record is None:
        return [""] * (len(STAGES) + 1)
    timings = run.record.get("timings", {})
    stages = [f"{timings[stage]:.0f}" if stage in timings else "" for stage in STAGES]
    return [*stages, str(total_ms(run.record))]


def _short(stage: str) -> str:
    """The state's verb: enough of a heading for a column of numbers."""
    return next((stage[:i] for i in range(1, len(stage)) if stage[i].isupper()), stage).lower()
