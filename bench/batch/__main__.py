"""`python -m bench.batch`: see --help."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from rich.console import Console

from bench.batch import alone, report
from bench.batch.measure import BROKEN, KEYWORDS, PROCESSES, measure
from local.commands.arguments import count
from local.commands.job_following import ProgressLine
from local.deployed_stack import Record
from local.job_text import progress_text
from local.jobs import Pace


def main() -> int:
    arguments = _parser().parse_args()
    # In a file, tables need not fit a screen.
    console = Console(width=None if sys.stdout.isatty() else 130)
    machine = (
        f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} CPUs, "
        f"load {os.getloadavg()[0]:.1f} before"
    )
    console.print(
        f"A batch on the local engine. {machine}; {KEYWORDS} % of the rows are stopped by a "
        f"keyword, {BROKEN} % are no requests; at most {PROCESSES} function processes; one run: "
        "times have no spread",
        highlight=False,
    )
    pace = Pace()
    with ProgressLine(Console(stderr=True)) as line:

        def tell(job: Record) -> None:
            pace.look(int(job.get("done", 0)))
            line.show(progress_text(job, pace, int(job.get("done", 0))))

        found = measure(arguments.rows, tell, line.show)
        line.show("PrepareBatch and SummarizeBatch alone")
        found.alone += [
            alone.measure(name, rows) for name in alone.FUNCTIONS for rows in alone.SIZES
        ]
    machine += f", {os.getloadavg()[0]:.1f} after"
    report.print_report(console, found)
    console.print(f"[dim]{machine}[/dim]", highlight=False)
    if arguments.json:
        document = report.document(found, machine)
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return 0 if found.job["status"] == "COMPLETED" else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.batch",
        description="A batch of rows on the local engine: rows a second, seconds a row, memory of "
        "each function and what a row adds to it, calls and their cost. Takes about half a second "
        "a row on two cores: leave it in the background.",
    )
    parser.add_argument("--rows", type=count, default=1000, metavar="N", help="of the file (1000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
