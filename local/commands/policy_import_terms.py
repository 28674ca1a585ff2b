"""`safelight policy import-terms`: take a list of terms, seen before it is taken."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.commands.policy_file import add_policy, read_file

if TYPE_CHECKING:
    from local.policy.import_terms import Sorted

_EXAMPLES = """\
  safelight policy import-terms words.txt --category violence          (only shows)
  safelight policy import-terms words.txt --category violence --write
  safelight policy import-terms list.csv --category brands --action warn --severity low --write
  safelight policy import-terms words.txt --category hate --benign our-prompts.txt
"""
_SHOWN = 20
_NAME = re.compile("[a-z][a-z0-9_]*")


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "show what a list of terms would newly block, and take it into the policy"
    parser = subcommand(subparsers, "import-terms", summary, _EXAMPLES, run)
    parser.add_argument(
        "file", type=Path, help="a term a line, # comments; or a CSV's first column; UTF-8"
    )
    parser.add_argument("--category", required=True, metavar="NAME")
    parser.add_argument(
        "--action",
        choices=("block", "warn", "always", "count"),
        help="of a new category (default: block)",
    )
    parser.add_argument(
        "--severity",
        choices=("low", "medium", "high", "critical"),
        help="of a new category (default: medium)",
    )
    parser.add_argument(
        "--benign",
        type=Path,
        metavar="FILE",
        help="harmless prompts, one a line (default: policy/benign_prompts.txt)",
    )
    parser.add_argument(
        "--write", action="store_true", help="write the policy file; without it, only show"
    )
    add_policy(parser)


def run(args: argparse.Namespace) -> int:
    """Show it, and take it if that is what is wanted."""
    from local.policy.import_terms import BENIGN, newly_found, sort_terms, with_terms, written
    from local.policy.source import POLICY
    from local.policy.trial import Trial

    path = args.policy or POLICY
    policy = read_file(path)
    made = _new_category(args, policy)
    lines = _read_lines(args.file)
    prompts = _prompts(args.benign or BENIGN)
    trial = Trial(policy)
    result = sort_terms(lines, policy, trial)
    _print_sorted(result, args.category)
    if not result.new:
        print("Nothing to take.")
        return SUCCESS
    changed = with_terms(policy, args.category, result.new, made)
    if args.category not in policy["keywords"]["categories"]:
        print("{} will be a new category: {action}, {severity}.".format(args.category, **made))
    _print_found(newly_found(trial, Trial(changed), prompts), len(prompts), args.benign or BENIGN)
    if not args.write:
        print("Nothing was written. Say --write to take them.")
        return SUCCESS
    path.write_text(written(path.read_text("utf-8"), policy, changed, args.category), "utf-8")
    print(f"Wrote {path}. Give it a new version, then `safelight policy compile` or `publish`.")
    return SUCCESS


def _new_category(args: argparse.Namespace, policy: dict[str, Any]) -> dict[str, Any]:
    if args.category in policy["keywords"]["categories"] and (args.action or args.severity):
        raise CommandError(
            f"category {args.category} is in the policy already, with an action and a severity of "
            "its own: leave --action and --severity out, or change them in the file."
        )
    if not _NAME.fullmatch(args.category):
        raise CommandError(
            f"{args.category!r} is no name for a category: use small letters, digits and _."
        )
    return {"severity": args.severity or "medium", "action": args.action or "block"}


def _read_lines(path: Path) -> Any:
    from local.policy.term_file import read_terms

    try:
        lines, unreadable = read_terms(path)
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    if unreadable:
        raise CommandError(
            f"{path} is not UTF-8 in {_some([f'line {number}' for number in unreadable])}. "
            f"Convert it first, such as with `iconv -f latin1 -t utf-8 {path}`."
        )
    return lines


def _prompts(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"cannot read the harmless prompts in {path}: {error}") from error
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _print_sorted(result: Sorted, category: str) -> None:
    print(f"{len(result.new)} new for {category}, {len(result.known)} found by the filter already.")
    for lines, why in (
        (result.too_short, "left out, too short to be told from parts of other words"),
        (result.respelled, "of the new ones written in other letters (accents, hyphens)"),
        (result.unusable, "left out, with characters that the policy's lists cannot hold"),
    ):
        if lines:
            print(f"{len(lines)} {why}: {_some([f'line {line.number}' for line in lines])}.")


def _print_found(found: list[tuple[str, dict[str, Any]]], prompts: int, path: Path) -> None:
    from rich.text import Text

    from local.commands.console import console
    from local.record_text import reason_text

    screen = console()
    title = f"Of {prompts} harmless prompts in {path}, {len(found)} would newly be found" + (
        ":" if found else "."
    )
    screen.print(Text(title, style="bold red" if found else "bold"), soft_wrap=True)
    for prompt, reason in found[:_SHOWN]:
        screen.print(Text(f"  {reason['action']:<6} {reason_text(reason)}: {prompt}"))
    if len(found) > _SHOWN:
        screen.print(f"  and {len(found) - _SHOWN} more")


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
