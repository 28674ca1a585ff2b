"""`safelight redrive`: run requests again that failed, expired or were refused."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.commands.arguments import (
    Subparsers,
    add_stack,
    add_waiting,
    count,
    duration,
    subcommand,
)
from local.commands.failure import FAILED, SUCCESS, CommandError

if TYPE_CHECKING:
    from local.deployed_stack import DeployedStack, Record

_EXAMPLES = """\
  safelight redrive s3:prompts/fox-in-the-snow
  safelight redrive --requester event:my.shop --since 2h --dry-run   (what would be run again?)
  safelight redrive --requester event:my.shop --since 2h
  safelight redrive - --no-wait < ids.txt                            (ids, one a line)
"""
_ENDS = ("FAILED", "EXPIRED", "REFUSED")


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "run requests again that failed, expired or were refused, under the same ids"
    parser = subcommand(subparsers, "redrive", summary, _EXAMPLES, run)
    parser.add_argument(
        "request_ids",
        nargs="*",
        metavar="REQUEST_ID",
        help="records' keys; - reads them from standard input",
    )
    parser.add_argument("--requester", help="this one's requests, as a record names it")
    parser.add_argument(
        "--since",
        type=duration,
        default="1d",
        metavar="AGE",
        help="for --requester: whose last run began since then, as in 90m, 2h or 3d "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--status",
        action="append",
        choices=_ENDS,
        help="for --requester: how they ended; may be repeated (default: FAILED and EXPIRED)",
    )
    parser.add_argument(
        "--limit",
        type=count,
        default=100,
        metavar="N",
        help="for --requester: look at the newest N records (default: %(default)s)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only show what would be run; each run is paid"
    )
    add_waiting(parser)
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Run them again."""
    from local.again import objection
    from local.commands.console import console
    from local.commands.record_view import print_list
    from local.commands.which_stack import which_stack

    if bool(args.request_ids) == bool(args.requester):
        raise CommandError("give request ids, or else --requester: see safelight redrive --help.")
    stack = which_stack(args.stack)
    records = _of_requester(stack, args) if args.requester else _named(stack, args.request_ids)
    judged = [(record, objection(record)) for record in records]
    for record, why in judged:
        if why:
            named = f"{record['request_id']} ({record['status']})"
            print(f"safelight: {named} is not run again: {why}.", file=sys.stderr)
    chosen = [record for record, why in judged if not why]
    status = SUCCESS
    if args.dry_run:
        print(f"{len(chosen)} would be run again.")
        print_list(console(), chosen)
    elif chosen:
        status = _run_again(stack, chosen, args)
    else:
        print("Nothing is run again.")
    return FAILED if len(chosen) < len(judged) else status


def _named(stack: DeployedStack, request_ids: Iterable[str]) -> list[Record]:
    """All of them, or nothing is begun."""
    from local.commands.show import record_of

    if "-" in request_ids:
        lines = (line.strip() for line in sys.stdin)
        request_ids = [*(name for name in request_ids if name != "-"), *filter(None, lines)]
    return [record_of(stack, name) for name in dict.fromkeys(request_ids)]


def _of_requester(stack: DeployedStack, args: argparse.Namespace) -> list[Record]:
    from shared.records import utc_text

    since = utc_text(datetime.now(UTC) - args.since)
    records = stack.records_of(args.requester, args.limit, since)
    if len(records) == args.limit:
        print(f"At most {args.limit} records were read; --limit reads more.", file=sys.stderr)
    ends = args.status or _ENDS[:2]
    return [record for record in records if record["status"] in ends]


def _run_again(stack: DeployedStack, records: list[Record], args: argparse.Namespace) -> int:
    from local.again import NotStartable, start_again
    from local.commands.waiting import follow_all

    try:
        arns = [start_again(stack, record) for record in records]
    except NotStartable as error:
        raise CommandError(
            f"{error}; the last one's cause stands in its history in the Step Functions console."
        ) from error
    if args.wait:
        return follow_all(stack, arns, args)
    print("Started. See one with: safelight show REQUEST_ID")
    return SUCCESS
