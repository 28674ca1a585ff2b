"""`safelight demo`: every way a request can end, on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import FAILED, SUCCESS, CommandError

_EXAMPLES = """\
  safelight demo
  safelight demo --out /tmp/gallery --open
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "demo", "run a request of every kind, and make a gallery of them", _EXAMPLES,
        run,
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where the gallery goes (default: .safelight/demo)"
    )
    parser.add_argument("--open", action="store_true", help="open the gallery in a browser")


def run(args: argparse.Namespace) -> int:
    """Run it; the status says whether everything ended as expected."""
    from local.commands.console import console
    from local.demo.session import TooSlow
    from local.demo.show import show
    from local.running_instance import STATE

    try:
        as_expected = show(console(), args.out or STATE / "demo", args.open)
    except TooSlow as error:
        raise CommandError(f"{error}. Is the machine very busy? Try again.") from error
    return SUCCESS if as_expected else FAILED
