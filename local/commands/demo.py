"""`safelight demo`: every way a request can end; a batch, a data set, a training; here."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.commands import signals
from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import FAILED, SUCCESS, CommandError

_EXAMPLES = """\
  safelight demo
  safelight demo --out /tmp/gallery --open
  safelight demo --no-stay                  end when the gallery is made
  safelight demo batch                      a file of 200 prompts
  safelight demo dataset --open             data sets for fine-tuning, and their reports
  safelight demo train                      texts become a classifier that the stack asks
  safelight demo endpoint                   the generation server (make demo-endpoint)
"""
# By what is shown: where it goes by default.
_FOLDERS = {
    "requests": "demo",
    "batch": "demo-batch",
    "dataset": "demo-dataset",
    "train": "demo-train",
    "endpoint": "demo-endpoint",
}


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "demo", "run a request of every kind, and make a gallery of them", _EXAMPLES,
        run,
    )  # fmt: skip
    parser.add_argument(
        "what",
        nargs="?",
        choices=tuple(_FOLDERS),
        default="requests",
        help="what to show (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where files and pages go (default: .safelight/demo or demo-WHAT)",
    )
    parser.add_argument(
        "--open", action="store_true", help="open the page in a browser, where there is one"
    )
    parser.add_argument(
        "--stay",
        action=argparse.BooleanOptionalAction,
        help="for requests: keep the stack and its page up until Ctrl-C (default: in a terminal)",
    )


def run(args: argparse.Namespace) -> int:
    """Run it; the status says whether everything ended as expected."""
    from local.demo.session import TooSlow
    from local.executions import NotStarted, StillRunning
    from local.jobs import NotClaimed
    from local.model_server import ModelServerError
    from local.running_instance import STATE

    out = args.out or STATE / _FOLDERS[args.what]
    try:
        as_expected = _show(args, out)
    except (TooSlow, NotStarted, NotClaimed, StillRunning) as error:
        raise CommandError(f"{error}. Is the machine very busy? Try again.") from error
    except ModelServerError as error:
        raise CommandError(str(error)) from error
    return SUCCESS if as_expected else FAILED


def _show(args: argparse.Namespace, out: Path) -> bool:
    from local.commands.console import console
    from local.demo import batch, dataset, endpoint, show, train

    if args.what == "batch":
        return batch.show(console(), out)
    if args.what == "dataset":
        return dataset.show(console(), out, args.open)
    if args.what == "train":
        return train.show(console(), out)
    if args.what == "endpoint":
        return endpoint.show(console(), out)
    stay = sys.stdout.isatty() if args.stay is None else args.stay
    if stay:
        signals.heed()
    return show.show(console(), out, args.open, stay)
