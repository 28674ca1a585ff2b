"""`safelight demo batch`: a file of 200 prompts from its drop to its summary, and dropped again."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from local.commands.job_following import follow_shown
from local.commands.job_view import print_job
from local.demo import report
from local.demo.batch_file import LINES, Line, content, expected, lines
from local.demo.memory import held_by
from local.deployed_stack import Record
from local.job_text import time_text
from local.jobs import BATCHES_FOLDER, counts, drop_batch, execution_of_batch, rows_of
from local.stack import LocalStack

_KEY = f"{BATCHES_FOLDER}demo/prompts.jsonl"
# FollowJobs looks at the batch every 20 s then; time-outs stay long enough for a busy machine.
_TIME_SCALE = 3.0
_PATIENCE_SECONDS = 600.0
_LOOK_SECONDS = 0.5


def show(console: Console, out: Path) -> bool:
    """Run it and print what came of it; False if it surprised."""
    console.print(
        "Classifier, painter and moderator are [bold]local stand-ins[/bold]: they show the "
        "process, not the quality or the speed of the models they stand in for."
    )
    file, planned = out / "prompts.jsonl", lines()
    out.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content(planned))
    began = time.monotonic()
    with LocalStack(
        time_scale=_TIME_SCALE,
        progress=lambda text: console.print(f"  {text}", style="dim"),
    ) as stack:
        _tell_stand_ins(stack, planned)
        up = time.monotonic()
        console.print(
            f"Dropping {file}, {LINES} lines", soft_wrap=True, highlight=False, markup=False
        )
        job = _drop(console, stack, file)
        ran = time.monotonic() - up
        held = held_by(stack)
        print_job(console, job)
        as_expected = _as_expected(console, stack, job, planned)
        repeats_nothing = _drop_again(console, stack, file, job)
    report.print_memory(console, held)
    console.print(
        f"{LINES} lines in {time_text(ran)} ({LINES / ran:.1f} a second); "
        f"{time_text(time.monotonic() - began)} with set-up and the second drop."
    )
    return as_expected and repeats_nothing


def _tell_stand_ins(stack: LocalStack, planned: list[Line]) -> None:
    for line in planned:
        if line.answers:
            stack.stand_ins.script(prompt=line.prompt, generation=list(line.answers))


def _drop(console: Console, stack: LocalStack, file: Path) -> Record:
    job_id, token = drop_batch(stack, file, _KEY)
    arn = execution_of_batch(stack, token, _PATIENCE_SECONDS, _LOOK_SECONDS)
    return follow_shown(console, stack, job_id, arn, _LOOK_SECONDS, _PATIENCE_SECONDS)


def _as_expected(console: Console, stack: LocalStack, job: Record, planned: list[Line]) -> bool:
    """Whether there are as many of each as planned; else the lines that surprise are named."""
    found = {status: number for status, number in counts(job).items() if number}
    if job["status"] == "COMPLETED" and found == expected(planned):
        return True
    console.print(f"[red]Expected[/red] COMPLETED with {expected(planned)}, found {found}")
    for row in rows_of(stack, job):
        wanted = planned[row["line"] - 1].expected
        if row["status"] != wanted:
            console.print(f"  line {row['line']}: {row['status']} instead of {wanted}")
    return False


def _drop_again(console: Console, stack: LocalStack, file: Path, job: Record) -> bool:
    painted = stack.stand_ins.calls("InvokeEndpointAsync")
    again = _drop(console, stack, file)
    more = stack.stand_ins.calls("InvokeEndpointAsync") - painted
    console.print(
        f"Dropped again: still run {again['run']} of {again['job_id']}; the endpoint was asked "
        f"{painted} times before and {more} times more.\n",
        highlight=False,
    )
    return more == 0 and again["run"] == job["run"]
