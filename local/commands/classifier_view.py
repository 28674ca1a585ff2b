"""A trained classifier for people: its figures beside their gates."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from local.commands.table import print_table
from local.deployed_stack import Record

if TYPE_CHECKING:
    from rich.console import Console


def print_report(console: Console, job: Record, policy_labels: Collection[str]) -> None:
    """What a training's report says: metrics, gates, where the whole of it lies."""
    report = job.get("report") or {}
    if not report:
        return
    rows = [_row(*line) for line in _figures(report, policy_labels)]
    print_table(console, "Metrics", ("metric", "measured", "gate", ""), rows)
    say(console, f"model   {report['model_arn']}")
    say(console, f"report  s3://{report['bucket']}/{report['key']}")


def print_reasons(console: Console, job: Record) -> None:
    """What was refused, failed or is to be known, and why."""
    for reason in job.get("reasons") or ():
        label = f" of {reason['label']}" if reason.get("label") else ""
        message = reason.get("message") or "no more is known"
        say(console, f"{reason['action']:<7} {reason['rule']}{label}: {message}")


def say(console: Console, text: str) -> None:
    """A line as it is: addresses are neither broken nor coloured."""
    console.print(text, soft_wrap=True, highlight=False, markup=False)


def _figures(
    report: dict[str, Any], policy_labels: Collection[str]
) -> list[tuple[str, float | None, float | None]]:
    """(name, measured, gate); None where there is none."""
    gates, metrics = report["gates"], report.get("metrics") or {}
    recalls = report.get("recall_by_label")
    means = {"f1": gates["f1"]}
    if recalls is None:
        means["recall"] = gates["recall"]
    told = [(name, metrics[name], means.get(name)) for name in metrics]
    told += [
        (f"recall of {label}", recall, gates["recall"] if label in policy_labels else None)
        for label, recall in (recalls or {}).items()
    ]
    return told


def _row(name: str, measured: float | None, gate: float | None) -> tuple[str, str, str, str]:
    shown = "not measured" if measured is None else f"{measured:.4f}"
    if gate is None:
        return name, shown, "", ""
    held = measured is not None and measured >= gate
    return name, shown, f"≥ {gate:g}", "held" if held else "MISSED"
