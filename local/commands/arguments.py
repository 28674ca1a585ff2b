"""What several subcommands take alike."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from local.commands.failure import ENDINGS

# argparse's class is generic for type checkers only.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run = Callable[[argparse.Namespace], int]
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def subcommand(
    subparsers: Subparsers, name: str, summary: str, examples: str, run: Run | None = None
) -> argparse.ArgumentParser:
    """A parser whose --help ends with examples; without `run` it has subcommands of its own."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n{examples.rstrip()}\n\n{ENDINGS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_stack(parser: argparse.ArgumentParser, here: bool = True) -> None:
    """--stack, for a stack in an account, instead of the local one unless that is not `here`."""
    without = "; without it, the one that `safelight local` runs" if here else ""
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help=f"a stack deployed to AWS, found with your usual credentials and region{without}",
    )


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """--wait and its opposite, and how long."""
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wait for the end and show the record (default: wait)",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=300.0,
        metavar="SECONDS",
        help="how long to wait (default: %(default).0f)",
    )


def add_following(parser: argparse.ArgumentParser) -> None:
    """--wait and its opposite, and how long, for what may take hours."""
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="follow it to its end (default: wait); Ctrl-C leaves it running",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="how long to follow it (default: to its end)",
    )


def seconds(text: str) -> float:
    """A number of seconds above 0."""
    return _above_zero(text)


def duration(text: str) -> timedelta:
    """A time above 0 with its unit, as in 90m, 2h or 3d, and within the calendar."""
    unit = _UNITS.get(text[-1:])
    if unit is None:
        raise argparse.ArgumentTypeError(f"{text!r} needs a unit: s, m, h or d, as in 2h")
    try:
        passed = timedelta(**{unit: _above_zero(text[:-1])})
        datetime.now(UTC) - passed
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text} is too long") from None
    return passed


def scale(text: str) -> float:
    """A factor above 0."""
    return _above_zero(text)


def count(text: str) -> int:
    """A whole number above 0."""
    value = _above_zero(text)
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(value)


def _above_zero(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return value
