"""`safelight demo` from the first process to the addresses of the gallery and the page."""

from __future__ import annotations

import contextlib
import threading
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
from local.page import USUAL_PORT
from local.stack import REVIEWS, LocalStack

# Generous: a busy machine takes several times as long as an idle one.
PATIENCE_SECONDS = 240.0


def show(console: Console, out: Path, open_it: bool, stay: bool) -> bool:
    """Run every scenario, print the tables, write the gallery; False if one surprised.

    With `stay` the stack goes on, and its page with it, until it is interrupted.
    """
    began = time.monotonic()
    console.print(
        "Classifier, painter and moderator are [bold]local stand-ins[/bold]: their verdicts and "
        "pictures show the process, not the quality of the models they stand in for."
    )
    with LocalStack(
        parameters=REVIEWS,
        page_ports=(USUAL_PORT, 0),
        progress=lambda text: console.print(f"  {text}", style="dim"),
    ) as stack:
        runs = _runs(stack)
        with Progress(console, runs) as progress:
            Session(runs, progress.changed).follow(PATIENCE_SECONDS)
        held = held_by(stack)
        page = write_gallery(runs, out, stack.page_url).resolve().as_uri()
        report.print_outcomes(console, runs)
        report.print_memory(console, held)
        as_expected = report.print_surprises(console, runs)
        console.print(f"{len(runs)} requests in {time.monotonic() - began:.0f} s, all told.")
        console.print(f"The gallery: {page}", soft_wrap=True)
        if open_it:
            webbrowser.open(page)
        if stay:
            _stay(console, stack)
    return as_expected


def _runs(stack: LocalStack) -> list[Run]:
    """A run of each scenario, and a second stack for those that warn."""
    warning = stack.deploy_another("warn", "warn")
    for scenario in SCENARIOS:
        if scenario.answers:
            stack.stand_ins.script(prompt=scenario.prompt, generation=list(scenario.answers))
    return [Run(one, warning if one.warn else stack, stack.page_url) for one in SCENARIOS]


def _stay(console: Console, stack: LocalStack) -> None:
    console.print(f"The page:    {stack.page_url}", soft_wrap=True)
    console.print(f"The desk:    {stack.page_url}#/reviews", soft_wrap=True)
    console.print("Ask there for one of its prompts, or for your own. Ctrl-C stops everything.")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    console.print("\nStopped.")
