"""`safelight demo` from the first process to the gallery's address."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path

from rich.console import Console

from local.demo import report
from local.demo.memory import held_by
from local.demo.progress import Progress
from local.demo.scenarios import SCENARIOS
from local.demo.session import Run, Session
from local.gallery.page import write_gallery
from local.stack import LocalStack

# Generous: a busy machine takes several times as long as an idle one.
PATIENCE_SECONDS = 240.0


def show(console: Console, out: Path, open_it: bool) -> bool:
    """Run every scenario, print the tables, write the gallery; False if one surprised."""
    began = time.monotonic()
    console.print(
        "Classifier, painter and moderator are [bold]local stand-ins[/bold]: their verdicts and "
        "pictures show the process, not the quality of the models they stand in for."
    )
    with LocalStack(progress=lambda text: console.print(f"  {text}", style="dim")) as stack:
        warning = stack.deploy_another("warn", "warn")
        runs = [Run(scenario, warning if scenario.warn else stack) for scenario in SCENARIOS]
        for scenario in SCENARIOS:
            if scenario.answers:
                steps = list(scenario.answers)
                stack.stand_ins.script(prompt=scenario.prompt, generation=steps)
        with Progress(console, runs) as progress:
            Session(runs, progress.changed).follow(PATIENCE_SECONDS)
        held = held_by(stack)
        page = write_gallery(runs, out)
    report.print_outcomes(console, runs)
    report.print_memory(console, held)
    as_expected = report.print_surprises(console, runs)
    console.print(f"{len(runs)} requests in {time.monotonic() - began:.0f} s, all told.")
    console.print(f"The gallery: {page.resolve().as_uri()}", soft_wrap=True)
    if open_it:
        webbrowser.open(page.resolve().as_uri())
    return as_expected
