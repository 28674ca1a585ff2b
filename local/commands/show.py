"""`safelight show`: read a record, or list a requester's."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.failure import SUCCESS, CommandError

if TYPE_CHECKING:
    from rich.console import Console

    from local.deployed_stack import DeployedStack, Record

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
    what.add_argument("--list", action="store_true", help="the 20 newest records of one requester")
    parser.add_argument(
        "--requester",
        default=_FILES,
        help="for --list: as a record names it, such as event:my.shop (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="the whole record as JSON")
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Show it."""
    from local.commands.record_view import print_list, print_record
    from local.commands.which_stack import objects_at, which_stack

    stack = which_stack(args.stack)
    if args.list:
        return _print(_listed(stack, args.requester), print_list, args.json)
    record = record_of(stack, args.request_id or _last(args.stack))
    view = functools.partial(print_record, objects_at=objects_at(args.stack))
    return _print(record, view, args.json)


def _print(shown: Any, view: Callable[[Console, Any], None], as_json: bool) -> int:
    from rich.console import Console

    if as_json:
        print(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        view(Console(), shown)
    return SUCCESS


def _listed(stack: DeployedStack, requester: str) -> list[Record]:
    records = stack.records_of(requester)
    if not records:
        raise CommandError(
            f"no records of {requester}. Records name their requester: "
            "`safelight show --last` shows the last one's."
        )
    return records


def record_of(stack: DeployedStack, request_id: str) -> Record:
    """The record, or CommandError saying how ids are written."""
    record = stack.record(request_id)
    if record is None:
        raise CommandError(
            f"no record {request_id}. An id given in a request is recorded behind where it came "
            "from, as in s3:prompts/my-id or event:my.shop/my-id."
        )
    return record


def _last(stack: str | None) -> str:
    from local.commands.last_request import recall

    request_id = recall(stack)
    if request_id is None:
        raise CommandError("nothing was requested from here yet: `safelight drop FILE` does.")
    return request_id
