"""`safelight policy explain-image`: what is made of a picture, and why."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.commands.policy_file import add_policy, read_file

if TYPE_CHECKING:
    from local.policy.picture_trial import PictureTrial

_EXAMPLES = """\
  safelight policy explain-image picture.jpg
  safelight policy explain-image picture.png --policy stricter.json
  safelight policy explain-image picture.png --json
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "show what is checked in a picture, its labels, and the rule for each"
    parser = subcommand(subparsers, "explain-image", summary, _EXAMPLES, run)
    parser.add_argument("file", type=Path, help="as a generator would deliver it")
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    add_policy(parser)


def run(args: argparse.Namespace) -> int:
    """Explain it."""
    from local.policy.picture_trial import try_picture

    try:
        data = args.file.read_bytes()
    except OSError as error:
        raise CommandError(f"cannot read {args.file}: {error.strerror}") from error
    told = try_picture(data, read_file(args.policy))
    if args.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _show(told)
    return SUCCESS


def _show(told: PictureTrial) -> None:
    from local.commands.console import console
    from local.commands.table import print_table

    screen = console()
    stored: dict[str, Any] = told["stored"]
    print_table(screen, "StoreImages", ("what", "is"), list(stored.items()))
    if told["labels"]:
        columns = ("label", "parent", "score", "threshold", "uncertain from", "rule", "action")
        rows = [[label[name] for name in columns] for label in told["labels"]]
        title = f"Labels, by the stand-in {told['model']}, not AWS's model"
        print_table(screen, title, columns, rows)
    elif told["model"]:
        screen.print(f"The stand-in {told['model']} finds no label (it is not AWS's model).")
    for ground in told["grounds"]:
        screen.print(f"  {ground}", markup=False, highlight=False)
    screen.print(f"[bold]{told['verdict']}[/]")
