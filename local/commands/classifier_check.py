"""`safelight classifier check`: would a CSV be learned from?"""

from __future__ import annotations

import argparse
from pathlib import Path

from local.commands.arguments import Subparsers, subcommand
from local.commands.classifier_files import CSV_HELP, add_test_and_policy, check_and_tell
from local.commands.failure import SUCCESS

_EXAMPLES = """\
  safelight classifier check texts.csv
  safelight classifier check texts.csv --test held-back.csv
  safelight classifier check texts.csv --policy my-policy.json
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "check training files by the rules of the stack, here and for nothing"
    parser = subcommand(subparsers, "check", summary, _EXAMPLES, run)
    parser.add_argument("csv", type=Path, metavar="FILE.csv", help=CSV_HELP)
    add_test_and_policy(parser)


def run(args: argparse.Namespace) -> int:
    """Check them."""
    check_and_tell(args)
    print(f"{args.csv} is sound.")
    return SUCCESS
