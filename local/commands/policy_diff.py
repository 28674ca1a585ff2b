"""`safelight policy diff`: what is different between two policies."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS
from local.commands.policy_file import read_file

_EXAMPLES = """\
  safelight policy diff policy/default.json stricter.json
  git show HEAD:policy/default.json > /tmp/old.json
  safelight policy diff /tmp/old.json policy/default.json --json
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "show what differs between two policies: terms, thresholds, rules"
    parser = subcommand(subparsers, "diff", summary, _EXAMPLES, run)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--json", action="store_true", help="everything as JSON")


def run(args: argparse.Namespace) -> int:
    """Compare them."""
    from local.commands.console import console
    from local.commands.table import print_table
    from local.policy.difference import differences

    found = list(differences(read_file(args.old), read_file(args.new)))
    if args.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=2, ensure_ascii=False))
    elif not found:
        print("They say the same.")
    else:
        rows = [(one.place, ", ".join(one.removed), ", ".join(one.added)) for one in found]
        title = f"{args.old} and {args.new}"
        print_table(console(), title, ("where", "only in the old", "only in the new"), rows)
    return SUCCESS
