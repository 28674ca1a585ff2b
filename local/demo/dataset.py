"""`safelight demo dataset`: data sets judged, fine-tuned on, submitted again; and their reports."""

from __future__ import annotations

import io
import tarfile
import time
import webbrowser
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from rich.console import Console

from local.commands.job_following import follow_shown
from local.commands.job_view import print_job, print_reasons
from local.dataset_folder import files_of, prefix_of, send
from local.demo import report
from local.demo.dataset_pictures import Drawn, draw_flagged_prompt, draw_lighthouses
from local.demo.memory import held_by
from local.deployed_stack import Record
from local.job_text import fine_tuning_text, time_text
from local.jobs import counts, reasons_of, start_dataset
from local.stack import LocalStack

_PAGE = Path(__file__).with_name("datasets.html")
_TIME_SCALE = 5.0
_PATIENCE_SECONDS = 300.0
_LOOK_SECONDS = 0.5
# What a report says of the training.
_NOT_ASKED, _TRAINED, _REFUSED = "NOT_ASKED", "COMPLETED", "REFUSED"
_FINE_TUNE: dict[str, Any] = {"fine_tune": {"hyperparameters": {"max_steps": "40"}}}


@dataclass(frozen=True)
class Step:
    """One submission: what it shows, and what must come of it."""

    title: str
    name: str
    drawn: Drawn
    asked: dict[str, Any]
    run: int
    paid: bool
    training: str


@dataclass(frozen=True)
class Shown:
    """What came of one: the job, how many pictures Rekognition was asked about, and a surprise."""

    step: Step
    job: Record
    asked_about: int
    surprise: str
    page: str


def show(console: Console, out: Path, open_it: bool) -> bool:
    """Run them all, write the page with their reports; False if one surprised."""
    console.print(
        "Classifier, moderator and the training job are [bold]local stand-ins[/bold]: they show "
        "the process. Nothing is trained, and no model comes of it."
    )
    steps = _steps(out)
    began = time.monotonic()
    with LocalStack(
        time_scale=_TIME_SCALE,
        progress=lambda text: console.print(f"  {text}", style="dim"),
    ) as stack:
        up = time.monotonic()
        shown = [_submit(console, stack, step, out) for step in steps]
        ran = time.monotonic() - up
        held = held_by(stack)
    report.print_memory(console, held)
    page = _write_index(shown, out)
    surprises = [one for one in shown if one.surprise]
    for one in surprises:
        console.print(f"[red]{one.step.title}[/red]: {one.surprise}", highlight=False)
    console.print(
        f"{len(shown)} submissions in {time_text(ran)}; {time_text(time.monotonic() - began)} "
        "with set-up."
    )
    console.print(f"The reports: {page.resolve().as_uri()}", soft_wrap=True)
    if open_it:
        webbrowser.open(page.resolve().as_uri())
    return not surprises


def _steps(out: Path) -> list[Step]:
    lighthouses = draw_lighthouses(out / "lighthouses")
    refused = draw_flagged_prompt(out / "flagged-prompt")
    return [
        Step(
            "A set with everything that can be wrong",
            "judged",
            lighthouses,
            {},
            1,
            True,
            _NOT_ASKED,
        ),
        Step(
            "Then trained on what is clean", "trained", lighthouses, _FINE_TUNE, 2, False, _TRAINED
        ),
        Step("The same once more", "again", lighthouses, _FINE_TUNE, 2, False, _TRAINED),
        Step(
            "Clean pictures, a prompt that is not", "prompt", refused, _FINE_TUNE, 1, True, _REFUSED
        ),
    ]


def _submit(console: Console, stack: LocalStack, step: Step, out: Path) -> Shown:
    console.rule(step.title, align="left")
    prefix, files = prefix_of(step.drawn.folder), files_of(step.drawn.folder)
    sent = send(stack, files, prefix)
    console.print(f"{sent.uploaded} files sent to {prefix}, {sent.unchanged} were there")
    before = stack.stand_ins.calls("DetectModerationLabels")
    job_id, arn = start_dataset(stack, {"prefix": prefix, **step.asked})
    job = follow_shown(console, stack, job_id, arn, _LOOK_SECONDS, _PATIENCE_SECONDS)
    asked_about = stack.stand_ins.calls("DetectModerationLabels") - before
    if job["execution_arn"] != arn:
        console.print("The same was judged before: nothing was run.")
    print_job(console, job)
    print_reasons(console, reasons_of(stack, job))
    _print_model(console, stack, job)
    console.print(f"Rekognition's stand-in was asked about {asked_about} pictures.\n")
    page = _save(stack, job, out / f"{step.name}.html")
    return Shown(step, job, asked_about, _surprise(step, job, asked_about), page)


def _surprise(step: Step, job: Record, asked_about: int) -> str:
    found = {verdict: number for verdict, number in counts(job).items() if number}
    if (job["status"], job["run"]) != ("COMPLETED", step.run):
        return f"run {job['run']} ended {job['status']}, expected run {step.run} COMPLETED"
    if found != step.drawn.expected:
        return f"found {found}, expected {step.drawn.expected}"
    if job["report"]["fine_tuning"]["status"] != step.training:
        return f"fine-tuning {job['report']['fine_tuning']}, expected {step.training}"
    if bool(asked_about) != step.paid:
        return f"{asked_about} pictures were paid"
    return ""


def _print_model(console: Console, stack: LocalStack, job: Record) -> None:
    """What the training has left: of a stand-in, its own words."""
    place = (job.get("report") or {}).get("fine_tuning", {}).get("model", "")
    bucket, _, key = place.removeprefix("s3://").partition("/")
    if not key:
        return
    with tarfile.open(fileobj=io.BytesIO(stack.object(bucket, key))) as archive:
        for file in archive:
            found = archive.extractfile(file)
            text = found.read().decode().strip() if found else ""
            console.print(f"\nThe model's {file.name}: {text}", soft_wrap=True, markup=False)


def _save(stack: LocalStack, job: Record, file: Path) -> str:
    where = job.get("report")
    if not where:
        return ""
    file.write_bytes(stack.object(where["bucket"], where["key"]))
    return file.name


def _write_index(shown: list[Shown], out: Path) -> Path:
    """One page that leads to the reports: what was submitted, and what came of it."""
    page = Template(_PAGE.read_text("utf-8")).substitute(
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", rows="\n".join(map(_row, shown))
    )
    path = out / "index.html"
    path.write_text(page, "utf-8")
    return path


def _row(one: Shown) -> str:
    cells = (
        one.step.title,
        f"{one.job['status']}, run {one.job['run']}",
        ", ".join(f"{number} {name}" for name, number in counts(one.job).items() if number),
        str(one.asked_about),
        fine_tuning_text((one.job.get("report") or {}).get("fine_tuning", {})),
    )
    told = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    link = f'<a href="{escape(one.page)}">report</a>' if one.page else ""
    return f"<tr>{told}<td>{link}</td></tr>"
