"""A record for people, in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.commands.table import print_table
from local.deployed_stack import Record
from local.record_text import (
    COLOURS,
    STAGES,
    reason_text,
    reasons_text,
    review_text,
    tone,
    total_ms,
)

_BAR = 40


def print_record(console: Console, record: Record, objects_at: str = "s3:/") -> None:
    """Everything a person asks of a record; `--json` shows the rest.

    `objects_at` is what comes before a picture's bucket: the address of a local engine, which a
    browser opens.
    """
    _heading(console, record)
    _grounds(console, "Reasons", record.get("reasons", []))
    _grounds(console, "Warnings", record.get("warnings", []))
    _attempts(console, record.get("attempts", []))
    _images(console, record.get("images", []), objects_at)
    _reviews(console, record)
    _shadow(console, record.get("shadow", {}))
    _timings(console, record)
    _earlier(console, record.get("history", []))


def print_list(console: Console, records: Iterable[Record]) -> None:
    """One line per record, newest first."""
    table = Table(box=None, pad_edge=False)
    for name in ("created", "status", "request", "why"):
        table.add_column(name, overflow="fold")
    for record in records:
        grounds = record.get("reasons") or record.get("warnings") or []
        why = reason_text(grounds[0]) if grounds else ""
        table.add_row(record["created_at"][:19], _status(record), record["request_id"], why)
    console.print(table)


def _heading(console: Console, record: Record) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("status", _status(record))
    for name in ("request_id", "run", "stage", "requester", "created_at", "policy_hash", "prompt"):
        if name in record:
            table.add_row(name, Text(str(record[name])))
    for name in ("source", "metadata", "models", "usage"):
        if record.get(name):
            text = ", ".join(f"{key} {value}" for key, value in record[name].items())
            table.add_row(name, Text(text))
    console.print(table)


def _status(record: Record) -> Text:
    return Text(record["status"], style=f"bold {COLOURS[tone(record['status'])]}")


def _grounds(console: Console, title: str, grounds: list[dict[str, Any]]) -> None:
    rows = [(ground["stage"], ground["action"], reason_text(ground)) for ground in grounds]
    _titled(console, title, ("stage", "action", "why"), rows)


def _attempts(console: Console, attempts: list[dict[str, Any]]) -> None:
    columns = ("attempt", "verdict", "seed", "labels found", "added to the negative prompt", "ms")
    rows = [
        (
            attempt["n"],
            attempt["verdict"],
            attempt["seed"],
            ", ".join(attempt["labels"]),
            ", ".join(attempt["negative_prompt_added"]),
            attempt["ms"],
        )
        for attempt in attempts
    ]
    _titled(console, "Attempts", columns, rows)


def _images(console: Console, images: list[dict[str, Any]], objects_at: str) -> None:
    if images:
        console.print("Pictures", style="bold")
    for image in images:
        size = f"{image['width']} x {image['height']}"
        line = f"  {image['index'] + 1}  {image['verdict']}  {size}  {_place(image, objects_at)}"
        console.print(line, soft_wrap=True, highlight=False)  # an address must not be broken


def _reviews(console: Console, record: Record) -> None:
    rows = [
        (review["about"], review["opened_at"][:19], review["at"][:19], review_text(review))
        for review in record.get("reviews", ())
    ]
    if appeal := record.get("appeal"):
        rows.insert(0, ("appeal", appeal["at"][:19], "", f"{appeal['by']}: {appeal['message']}"))
    _titled(console, "Reviews", ("about", "opened", "decided", "what and why"), rows)


def _shadow(console: Console, shadow: dict[str, Any]) -> None:
    """What a second policy would have decided; it decided nothing."""
    rows = [
        (
            told["stage"],
            told.get("verdict", f"no verdict: {told.get('error')}"),
            "yes" if told.get("differs") else "",
            "; ".join(reason_text(reason) for reason in told.get("reasons", ())),
        )
        for told in shadow.get("stages", ())
    ]
    title = f"Shadow policy {shadow.get('policy_hash', '')[:12]}, not enforced"
    _titled(console, title, ("stage", "verdict", "differs", "why"), rows)


def _place(image: dict[str, Any], objects_at: str) -> str:
    """Of a withheld picture only the preview has a place to name."""
    if image.get("delivered"):
        return f"{objects_at}/{image['bucket']}/{image['key']}"
    if image.get("preview_published"):
        preview = f"{objects_at}/{image['preview_bucket']}/{image['preview_key']}"
        return f"withheld; preview {preview}"
    return "withheld"


def _timings(console: Console, record: Record) -> None:
    timings = record.get("timings", {})
    if not timings:
        return
    longest = max(1, *timings.values())
    rows = [
        (stage, f"{timings[stage]:.0f}", "█" * max(1, round(_BAR * timings[stage] / longest)))
        for stage in STAGES
        if stage in timings
    ]
    _titled(console, "Time", ("stage", "ms", ""), [*rows, ("in all", total_ms(record), "")])


def _earlier(console: Console, history: list[dict[str, Any]]) -> None:
    """The runs before this one, which were run again."""
    rows = [
        (past["run"], past["status"], past["stage"], reasons_text(past.get("reasons", [])))
        for past in history
    ]
    _titled(console, "Earlier runs", ("run", "status", "stage", "why"), rows)


def _titled(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    if rows:
        print_table(console, title, columns, rows)
