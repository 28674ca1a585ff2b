"""`safelight cost`: what images cost on AWS, by service, and where each choice wins."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError

if TYPE_CHECKING:
    from rich.console import Console

    from local.cost.estimate import Estimate
    from local.cost.prices import Prices
    from local.cost.report import Sheet
    from local.cost.workload import Workload

_EXAMPLES = """\
  safelight cost --images-per-day 2000
  safelight cost --images-per-day 300 --active-hours 8 --always-on --plot cost.svg
  safelight cost --images-per-day 50000 --batch-size 8 --unsafe 0.1 --backend guardrail
  safelight cost --images-per-day 2000 --prices ours.json    (another region, or your discounts)
  safelight cost --stack safelight                           (its last 30 days, by its metrics)
  safelight cost --list-prices                               (each with its source and date)
  safelight cost --measure                                   (counted on this machine's engine)
"""
_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("images_per_day", float, "pictures asked for in a day"),
    ("images_per_request", int, "pictures of one request, 1 to 4"),
    ("prompt_chars", int, "length of a prompt"),
    ("seconds_per_image", float, "that the model takes for a picture alone: measure yours"),
    ("instance_type", str, "instance of the endpoint"),
    ("batch_size", int, "pictures painted together, where there are as many"),
    ("batch_speedup", float, "how many times as fast a full batch is"),
    ("invalid", float, "share of requests that are refused as INVALID, 0 to 1"),
    ("keyword", float, "share that a keyword blocks"),
    ("classifier", float, "share that the classifier blocks"),
    ("unsafe", float, "chance that a picture is unsafe; then it is painted again"),
    ("max_attempts", int, "the stack's MaxAttempts"),
    ("reviewed", float, "share of prompts that wait for a person, who approves them"),
    ("retries", float, "chance that a task is tried again"),
    ("idle_minutes", float, "that an endpoint stays up after its last picture"),
    ("start_minutes", float, "that an instance takes to wake, paid"),
    ("active_hours", float, "of a day in which requests come"),
    ("utilisation", float, "to which instances are used before another starts"),
    ("looks", float, "at its record by each caller, with --source api"),
    ("picture_kb", float, "size of a picture, KB"),
    ("keep_images_days", float, "until you delete delivered pictures"),
)
_SWITCHES = (
    ("always_on", "one instance at least, instead of scaling to zero"),
    ("text_in_images", "have the text in pictures read, too"),
    ("shadow_policy", "a shadow policy is evaluated beside the one that judges"),
    ("own_key", "encrypt with a KMS key of your own: what it costs a month, not its calls"),
)


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    from local.cost.workload import BACKENDS, DESIGNS, LOG_LEVELS, SOURCES, Workload

    parser = subcommand(
        subparsers, "cost", "estimate what images cost on AWS, and compare choices", _EXAMPLES, run
    )
    default = Workload()
    asked = parser.add_argument_group("what is asked, and of which stack")
    for name, kind, told in _OPTIONS:
        value = getattr(default, name)
        shown = value if kind is str else f"{value:g}"
        asked.add_argument(
            _flag(name),
            type=kind,
            # A batch's published speed-up is the default of its size.
            default=None if name == "batch_speedup" else value,
            metavar="N" if kind is not str else "TYPE",
            help=f"{told} ({'of the size, where published' if name == 'batch_speedup' else shown})",
        )
    for name, known, told in (
        ("backend", BACKENDS, "who classifies prompts"),
        ("source", SOURCES, "how requests come"),
        ("log_level", LOG_LEVELS, "of the functions; WARN loses the metrics"),
        ("design", tuple(DESIGNS), "of the workflow; all but the first are what-ifs"),
    ):
        shown = getattr(default, name)
        asked.add_argument(
            _flag(name), choices=known, default=shown, help=f"{told} (default: {shown})"
        )
    for name, told in _SWITCHES:
        asked.add_argument(_flag(name), action="store_true", help=told)
    asked.add_argument(
        "--detect-language",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="as the policy says: always, by default",
    )
    shown = parser.add_argument_group("what is shown")
    shown.add_argument(
        "--stack",
        metavar="NAME",
        help="instead: what a stack deployed to AWS cost in its last 30 days, by its own metrics",
    )
    shown.add_argument("--prices", type=Path, metavar="FILE", help="other prices, same format")
    shown.add_argument("--no-compare", action="store_true", help="only what was asked for")
    shown.add_argument("--plot", type=Path, metavar="FILE", help="write the plot as an SVG")
    shown.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    shown.add_argument("--markdown", action="store_true", help="tables for a document")
    shown.add_argument("--list-prices", action="store_true", help="every price and its source")
    shown.add_argument(
        "--measure",
        action="store_true",
        help="run the paths on this machine's engine and show what was counted beside the above",
    )


def run(args: argparse.Namespace) -> int:
    """Estimate it."""
    from local.commands.console import console
    from local.cost import report
    from local.cost.estimate import estimate
    from local.cost.prices import PriceError, load

    screen = console()
    try:
        prices = load(args.prices)
    except PriceError as error:
        raise CommandError(f"--prices: {error}") from error
    if args.list_prices:
        _show(screen, report.price_list(prices), args.markdown)
        return SUCCESS
    if args.measure:
        return _measure(screen, args.markdown)
    if args.instance_type not in prices.instances:
        raise CommandError(
            f"--instance-type {args.instance_type} has no price; there are "
            f"{', '.join(prices.instances)}."
        )
    if args.stack:
        return _deployed(screen, args, prices)
    workload = _workload(args)
    found = estimate(workload, prices)
    for sheet in report.sheets(found, prices, not args.no_compare):
        _show(screen, sheet, args.markdown)
    if args.plot or not args.no_compare:
        _plot(screen, workload, prices, args)
    _write_json(args, found, prices)
    for note in report.footnotes(prices):
        print(note)
    return SUCCESS


def _workload(args: argparse.Namespace) -> Workload:
    from local.cost.workload import BATCH_SPEEDUPS, Workload, WorkloadError

    names = [option[0] for option in _OPTIONS] + [switch[0] for switch in _SWITCHES]
    names += ["backend", "source", "log_level", "design", "detect_language"]
    fields: dict[str, Any] = {name: getattr(args, name) for name in names}
    if fields["batch_speedup"] is None:
        if args.batch_size not in BATCH_SPEEDUPS:
            known = ", ".join(map(str, BATCH_SPEEDUPS))
            raise CommandError(
                f"--batch-size {args.batch_size} needs --batch-speedup: "
                f"there are published figures for {known} alone."
            )
        fields["batch_speedup"] = BATCH_SPEEDUPS[args.batch_size]
    try:
        return Workload(**fields)
    except WorkloadError as error:
        raise CommandError(f"{_flag(error.option)} {error}.") from error


def _show(screen: Console, sheet: Sheet, markdown: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from local.cost import report

    if markdown:
        print(f"{report.markdown(sheet)}\n")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(sheet.columns):
        # A name is broken between its words.
        word = max((len(word) for row in sheet.rows for word in row[place].split()), default=0)
        table.add_column(
            name,
            justify="right" if place and _are_figures(row[place] for row in sheet.rows) else "left",
            overflow="fold",
            min_width=None if place else word,
        )
    for row in sheet.rows:
        table.add_row(*map(Text, row), style="bold" if row[0] == "in all" else "")
    screen.print(Text(sheet.title, style="bold"))
    screen.print(table)
    if sheet.says:
        screen.print(Text(f"{sheet.says}\n"))


def _are_figures(cells: Iterable[str]) -> bool:
    return all(cell[:1].isdigit() for cell in cells if cell)


def _plot(screen: Console, workload: Workload, prices: Prices, args: argparse.Namespace) -> None:
    from local.cost import curves, document, svg_plot, terminal_plot

    drawn = curves.plot(workload, prices)
    if not args.markdown and not args.no_compare:
        for line in terminal_plot.drawn(drawn, screen.width):
            screen.print(line)
    if args.plot:
        title, note = document.words(workload, prices)
        _write(args.plot, "--plot", svg_plot.svg(drawn, title, note))


def _write_json(args: argparse.Namespace, found: Estimate, prices: Prices) -> None:
    from local.cost import report

    if args.json:
        told = report.document(found, prices, not args.no_compare)
        _write(args.json, "--json", json.dumps(told, indent=2) + "\n")


def _write(file: Path, option: str, content: str) -> None:
    try:
        file.write_text(content, "utf-8")
    except OSError as error:
        raise CommandError(f"{option} {file} cannot be written: {error.strerror}.") from error


def _measure(screen: Console, markdown: bool) -> int:
    from local.cost.measure import measured

    with screen.status("starting the engine") as status:
        sheets = measured(status.update)
    for sheet in sheets:
        _show(screen, sheet, markdown)
    return SUCCESS


def _deployed(screen: Console, args: argparse.Namespace, prices: Prices) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    from local.commands.which_stack import which_stack
    from local.cost import deployed, report

    try:
        sheet = deployed.last_days(which_stack(args.stack), args.instance_type, prices)
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"cannot read the metrics of stack {args.stack}: {error}") from error
    _show(screen, sheet, args.markdown)
    print(next(report.footnotes(prices)))
    return SUCCESS


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
