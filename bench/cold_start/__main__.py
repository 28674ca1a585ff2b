"""`python -m bench.cold_start`: see --help."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from rich.console import Console

from bench.cold_start import imports, kept, packages, report, rounds, typical
from bench.cold_start.clients import CLIENTS
from local.commands.arguments import count
from local.commands.job_following import ProgressLine

_ROUNDS, _QUICK_SECONDS, _IMPORT_STARTS = 11, 60.0, 3


def main() -> int:
    arguments = _parser().parse_args()
    _refuse(arguments)
    # In a file, tables need not fit a screen.
    console = Console(width=None if sys.stdout.isatty() else 150)
    if arguments.packages:
        report.print_packages(console, packages.measure(), folders=True)
        return 0
    functions = arguments.only or list(CLIENTS)
    with ProgressLine(Console(stderr=True)) as line:
        if arguments.imports:
            report.print_imports(console, imports.measure(functions, _IMPORT_STARTS, line.show))
            return 0
        seconds = _QUICK_SECONDS if arguments.quick else 0.0
        before = os.getloadavg()[0]
        found = rounds.measure(functions, arguments.rounds, seconds, line.show)
        machine = _machine(before)
        spent = imports.measure(functions, _IMPORT_STARTS, line.show) if arguments.keep else {}
        usual = (
            typical.measure(arguments.typical.resolve(), arguments.rounds, line.show)
            if arguments.typical
            else None
        )
    console.print(f"Cold starts. {machine}", highlight=False)
    report.print_starts(console, found, kept.read())
    weights = packages.measure()
    report.print_packages(console, weights, folders=False)
    if usual:
        report.print_typical(console, usual)
    document = kept.with_packages(kept.document(found, machine, usual), weights, spent)
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if arguments.keep:
        kept.keep(document)
    return _judged(console, found, arguments.check)


def _judged(console: Console, found: rounds.Measured, check: bool) -> int:
    missed = [name for name, said in report.verdicts(found).items() if said == "missed"]
    if missed:
        console.print(f"[red]warning: above the limit: {', '.join(missed)}[/red]")
    if found.unlike:
        console.print(f"[red]warning: not the clients of CLIENTS: {', '.join(found.unlike)}[/red]")
    return 1 if check and (missed or found.unlike) else 0


def _machine(load: float) -> str:
    return (
        f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} CPUs, "
        f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    )


def _refuse(arguments: argparse.Namespace) -> None:
    """Ends with 2 for what cannot be done: now, and not after minutes."""
    if arguments.keep and (arguments.only or arguments.quick):
        _parser().error("--keep keeps all functions, of a full run: not with --only or --quick")
    if arguments.typical and not (arguments.typical / "aws_lambda_powertools").is_dir():
        _parser().error(f"--typical {arguments.typical}: there is no Powertools in it")
    if arguments.json and (arguments.json.is_dir() or not arguments.json.parent.is_dir()):
        _parser().error(f"--json {arguments.json}: no file in a folder that is there")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.cold_start",
        description="What each function's cold start costs beside a bare handler that makes the "
        "same clients: CPU time, memory, modules; and what the packages weigh. Every start is a "
        "fresh process; a round starts each function and each bare handler once. Takes a quarter "
        "of a minute a round on two idle cores.",
    )
    parser.add_argument(
        "--rounds", type=count, default=_ROUNDS, metavar="N", help=f"how many ({_ROUNDS})"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"as many rounds as fit into {_QUICK_SECONDS:.0f} seconds, two at least",
    )
    parser.add_argument(
        "--only", action="append", choices=CLIENTS, metavar="FUNCTION", help="this one; repeatable"
    )
    parser.add_argument("--imports", action="store_true", help="what each import costs, instead")
    parser.add_argument("--packages", action="store_true", help="what is deployed weighs, instead")
    parser.add_argument(
        "--typical",
        type=Path,
        metavar="FOLDER",
        help="beside these also the chain with Powertools and pydantic, from what "
        "`pip install --target FOLDER 'aws-lambda-powertools[all]'` has made",
    )
    parser.add_argument("--check", action="store_true", help="exit 1 if a limit is missed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--keep",
        action="store_true",
        help=f"write {kept.KEPT.name} and the tables of docs/{kept.PAGE.name}",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
