"""`python -m bench.latency`: see --help."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.latency import bars, report
from bench.latency.run import QUICK, Plan, Results, run
from bench.latency.tables import all_tables, missed

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
PICTURE = DOCUMENT.parent / "images" / "own-code.svg"
METHOD = (
    "Own code is measured by the processor clocks of the functions' processes (getcpuclockid), "
    "which do not count waiting; the designs take turns; the AI services are canned replies that "
    "compute nothing. Times that pass are this engine's and this machine's."
)


def main() -> int:
    arguments = _parser().parse_args()
    # In a file, tables need not fit a screen.
    console = Console(width=None if sys.stdout.isatty() else 150)
    found = _run(QUICK if arguments.quick else Plan())
    head = f"{_machine(found)} {METHOD}"
    console.print(f"[bold]Latency.[/] {head}\n", highlight=False)
    grids = all_tables(found)
    for grid in grids:
        report.print_grid(console, grid)
    if arguments.json:
        arguments.json.write_text(json.dumps(_document(found), indent=1) + "\n", "utf-8")
    if arguments.write_docs:
        report.write_docs(DOCUMENT, report.markdown(head, grids))
        PICTURE.write_text(bars.svg(bars.by_stage(found), _machine(found)), "utf-8")
    names = missed(found)
    verdict = f"[bold red]missed: {', '.join(names)}[/]" if names else "[bold green]met[/]"
    console.print(f"Targets for own code, measured here: {verdict}", highlight=False)
    return 1 if names and arguments.check else 0


def _run(plan: Plan) -> Results:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        bar = progress.add_task("", total=plan.steps)

        def tell(text: str) -> None:
            progress.update(bar, description=text, advance=1)

        return run(plan, tell)


def _machine(found: Results) -> str:
    return (
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} CPUs, Python "
        f"{platform.python_version()}, load {found.load_before:.1f} before and "
        f"{found.load_after:.1f} after, {found.seconds:.0f} s in all."
    )


def _document(found: Results) -> dict[str, Any]:
    """Everything, single requests included."""
    return {"machine": _machine(found), "method": METHOD, **asdict(found)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.latency",
        description="What our own code adds to a request, stage by stage, on the local engine with "
        "AI services that compute nothing: cold and warm, one by one and many at a time, beside "
        "the same chain as one Lambda. About 5 minutes, longer on a busy "
        "machine. Nothing of it is measured on AWS.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer of everything, about a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--check", action="store_true", help="end with 1 if a target is missed")
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="put the tables into docs/performance.md, and draw its picture",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
