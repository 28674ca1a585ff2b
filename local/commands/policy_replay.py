"""`safelight policy replay`: what stored decisions would be under another policy."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from local.commands.arguments import Subparsers, add_stack, count, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.commands.policy_file import add_policy, read_file

if TYPE_CHECKING:
    from local.deployed_stack import Record
    from local.policy.replay import Replayed

_EXAMPLES = """\
  safelight policy replay --policy stricter.json                  the local stack's records
  safelight policy replay --policy stricter.json --stack safelight --requester s3:prompts
  safelight show --list --json > records.json
  safelight policy replay --policy stricter.json --records records.json
"""
_SHOWN = 20


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "judge stored decisions again under another policy, and show what would change"
    parser = subcommand(subparsers, "replay", summary, _EXAMPLES, run)
    add_policy(parser)
    parser.add_argument(
        "--records", type=Path, metavar="FILE", help="records as JSON, one a line or in a list"
    )
    parser.add_argument(
        "--requester", help="only this one's newest records; without it the whole table is read"
    )
    parser.add_argument(
        "--limit",
        type=count,
        default=1000,
        metavar="N",
        help="read at most N records (default: %(default)s)",
    )
    parser.add_argument(
        "--warn", action="store_true", help="as in a stack with OnFlaggedPrompt=warn"
    )
    parser.add_argument("--json", action="store_true", help="every record's result as JSON")
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Judge again."""
    from local.policy.replay import JUDGED, replay
    from local.policy.trial import Trial

    policy = read_file(args.policy)
    records = list(islice(_records(args), args.limit))
    judged = [record for record in records if record["status"] in JUDGED]
    trial = Trial(policy, args.warn)
    results = [replay(record, trial) for record in judged]
    if args.json:
        print(json.dumps([dataclasses.asdict(one) for one in results], indent=2))
    else:
        _show(results, len(records) - len(judged))
    if len(records) == args.limit:
        print(f"At most {args.limit} records were read; --limit reads more.", file=sys.stderr)
    return SUCCESS


def _records(args: argparse.Namespace) -> Iterator[Record]:
    if args.records:
        yield from _from_file(args.records)
        return
    from local.commands.which_stack import which_stack

    stack = which_stack(args.stack)
    if args.requester:
        yield from stack.records_of(args.requester, args.limit)
    else:
        yield from stack.all_records()


def _from_file(path: Path) -> list[Record]:
    from local.policy.replay import RecordError, read_records

    try:
        return read_records(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, RecordError) as error:
        raise CommandError(
            f"cannot read records from {path}: {error}\n"
            "`safelight show --list --json` writes such a file; one record a line is read too."
        ) from error


def _show(results: list[Replayed], open_or_failed: int) -> None:
    from local.commands.console import console
    from local.commands.table import print_table

    screen = console()
    transitions = Counter((one.was, one.now) for one in results)
    rows = [
        (was, now, count, "" if was == now else "yes")
        for (was, now), count in sorted(transitions.items(), key=lambda item: -item[1])
    ]
    title = f"{len(results)} decisions judged again"
    print_table(screen, title, ("was", "would be", "records", "changes"), rows)
    changed = [(one.request_id, one.was, one.now, one.why) for one in results if one.changed]
    if changed:
        columns = ("request", "was", "would be", "why")
        print_table(screen, f"{len(changed)} would change", columns, changed[:_SHOWN])
    untold = Counter(what for one in results for what in filter(None, one.untold.split("; ")))
    if untold:
        rows_untold = list(untold.most_common())
        print_table(screen, "What the records do not tell", ("what", "records"), rows_untold)
    if open_or_failed:
        screen.print(f"{open_or_failed} more are open, invalid or failed: nothing was judged.")
