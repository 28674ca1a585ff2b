"""`safelight show`: read a record, or list a requester's."""

from __future__ import annotations

import argparse
import json

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.failure import SUCCESS, CommandError

_EXAMPLES = """\
  safelight show --last
  safelight show s3:prompts/fox-in-the-snow
  safelight show --list                          (files without a requester, under prompts/)
  safelight show --list --requester s3:prompts/winter-calendar --json
"""
# Who asks with a file directly under prompts/ that names no requester.
_FILES = "s3:prompts"


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(subparsers, "show", "show the record of a request", _EXAMPLES, run)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("request_id", nargs="?", metavar="REQUEST_ID", help="the record's key")
    what.add_argument(
        "--last", action="store_true", help="what `drop` or `put-event` asked for last"
    )
    what.add_argument("--list", action="store_true", help="the newest records of one requester")
    parser.add_argument(
        "--requester",
        default=_FILES,
        help="for --list: as a record names it, such as event:my.shop (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="the whole record as JSON")
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Show it."""
    from rich.console import Console

    from local.commands.record_view import print_list, print_record
    from local.commands.which_stack import which_stack

    stack, console = which_stack(args.stack), Console()
    if args.list:
        records = stack.records_of(args.requester)
        if not records:
            raise CommandError(
                f"no records of {args.requester}. Records name their requester: "
                "`safelight show --last` shows the last one's."
            )
        if args.json:
            print(json.dumps(records, indent=2, ensure_ascii=False))
        else:
            print_list(console, records)
        return SUCCESS
    request_id = args.request_id or _last(args.stack)
    record = stack.record(request_id)
    if record is None:
        raise CommandError(
            f"no record {request_id}. An id given in a request is recorded behind where it came "
            "from, as in s3:prompts/my-id or event:my.shop/my-id."
        )
    if args.json:
        print(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        print_record(console, record)
    return SUCCESS


def _last(stack: str | None) -> str:
    from local.commands.last_request import recall

    request_id = recall(stack)
    if request_id is None:
        raise CommandError("nothing was requested from here yet: `safelight drop FILE` does.")
    return request_id
