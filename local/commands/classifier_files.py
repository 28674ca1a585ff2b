"""The training files that `safelight classifier` checks, as arguments and in the terminal."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from local.commands.failure import CommandError
from local.commands.policy_file import add_policy, read_file

if TYPE_CHECKING:
    from local.classifier.checking import CheckedFiles

CSV_HELP = "two columns without a header: label, text; UTF-8"


def add_test_and_policy(parser: argparse.ArgumentParser) -> None:
    """--test, and --policy for a stack that judges by another."""
    parser.add_argument(
        "--test",
        type=Path,
        metavar="FILE",
        help="a CSV to measure on (default: Comprehend holds a tenth of the texts back)",
    )
    add_policy(parser)


def policy_labels(args: argparse.Namespace) -> list[str]:
    """What the policy asks a custom classifier for."""
    return sorted(read_file(args.policy)["classifier"]["custom"])


def check_and_tell(args: argparse.Namespace) -> None:
    """Show labels and counts. CommandError, after every problem, for what is not sound."""
    from local.classifier.checking import check_files

    try:
        checked = check_files(args.csv, args.test, policy_labels(args))
    except OSError as error:
        raise CommandError(f"cannot read {error.filename}: {error.strerror}") from error
    _print(args, checked)
    problems = len(checked.problems) + checked.unlisted
    if problems:
        raise CommandError(
            f"{problems} problem{'s' if problems > 1 else ''}: nothing can be learned from this. "
            "Nothing was sent, nothing is paid."
        )


def _print(args: argparse.Namespace, checked: CheckedFiles) -> None:
    from local.commands.console import console
    from local.commands.table import print_table

    screen, test = console(), checked.test
    counts, measured = checked.training.texts, test.texts if test else {}
    rows = [
        (name, f"{count:,}", *([f"{measured.get(name, 0):,}"] if test else []))
        for name, count in counts.items()
    ]
    # Of a file with exchanged columns, labels would be texts: they are not shown.
    if rows and not any(one.rule == "max_labels" for one in checked.problems):
        print_table(screen, "Texts", ("label", "to learn", *(["to test"] if test else [])), rows)
    for file, one in ((args.csv, checked.training), (args.test, test)):
        if one and one.duplicates:
            screen.print(
                f"{file}: {one.duplicates:,} repeated texts are left out.",
                soft_wrap=True,
                highlight=False,
                markup=False,
            )
    files = {"key": args.csv, "test_key": args.test}
    told = [(files[p.field], p.line or "", p.rule, p.message) for p in checked.problems]
    if told:
        print_table(screen, "Problems", ("file", "line", "rule", "what is wrong"), told)
    if checked.unlisted:
        screen.print(f"{checked.unlisted:,} more are not listed.", highlight=False)
