"""A batch or a data set for people, in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.commands.table import print_table
from local.deployed_stack import Record
from local.job_text import (
    UNITS,
    fine_tuning_text,
    job_tone,
    progress_text,
    verdict_tone,
    what_is_read,
)
from local.jobs import RUNNING, Pace, counts
from local.record_text import COLOURS, reasons_text, tone

_TIMES = ("created_at", "updated_at", "announced_at")


def print_job(console: Console, job: Record, done: int = 0) -> None:
    """What became of it and how many ended how; of one under way, how far it is by `done`."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("status", Text(job["status"], style=f"bold {COLOURS[job_tone(job['status'])]}"))
    for name in ("job_id", "run", "stage", *_TIMES):
        if name in job:
            table.add_row(name, Text(str(job[name])))
    table.add_row("source", Text(what_is_read(job)))
    if job["status"] == RUNNING:
        table.add_row("progress", Text(progress_text(job, Pace(), done)))
    if job.get("reasons"):
        table.add_row("why", Text(reasons_text(job["reasons"])))
    report = job.get("report") or {}
    for field, verdict in report.get("prompts", {}).items():
        table.add_row(field, Text(verdict, style=COLOURS[verdict_tone(verdict)]))
    if "fine_tuning" in report:
        table.add_row("fine-tuning", Text(fine_tuning_text(report["fine_tuning"])))
    console.print(table)
    if job["status"] != RUNNING:
        _print_counts(console, job)


def _print_counts(console: Console, job: Record) -> None:
    coloured = tone if job["kind"] == "batch" else verdict_tone
    table = Table(box=None, pad_edge=False)
    table.add_column("outcome" if job["kind"] == "batch" else "verdict")
    table.add_column(UNITS[job["kind"]], justify="right")
    found = counts(job)
    for name, count in sorted(found.items(), key=lambda one: -one[1]):
        if not count:
            continue
        table.add_row(Text(name, style=COLOURS[coloured(name)]), f"{count:,}")
    if found:
        table.add_row(Text("in all", style="bold"), Text(f"{sum(found.values()):,}", style="bold"))
        console.print()
        console.print(table)


def print_reasons(console: Console, found: Counter[tuple[str, str]]) -> None:
    """What speaks against a data set's images, most frequent first."""
    rows = [(verdict, reason, count) for (verdict, reason), count in found.most_common()]
    if rows:
        console.print()
        print_table(console, "Reasons", ("verdict", "reason", "images"), rows)


def print_places(console: Console, places: dict[str, str]) -> None:
    """What lies where; an address is not broken."""
    width = max(map(len, places), default=0)
    if places:
        console.print()
    for name, place in places.items():
        console.print(f"{name:<{width}}  {place}", soft_wrap=True, highlight=False, markup=False)


def print_rows(console: Console, title: str, rows: Iterable[tuple[int, str, str, str]]) -> None:
    """(line, status, request_id, why) of each."""
    listed = list(rows)
    print_table(console, title, ("line", "status", "request", "why"), listed)
    if not listed:
        console.print("none")
