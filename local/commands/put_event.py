"""`safelight put-event`: put an ImageRequested event on the stack's bus."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from local.commands.arguments import Subparsers, add_stack, add_waiting, subcommand
from local.commands.failure import CommandError

_EXAMPLES = """\
  safelight put-event events/requests/clean.json
  safelight put-event '{"prompt": "a lighthouse at dawn"}' --source my.shop
  safelight put-event request.json --stack safelight --no-wait
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "put-event", "put an ImageRequested event and follow it", _EXAMPLES, run
    )
    parser.add_argument("request", metavar="FILE|JSON", help="the request: a file, or JSON itself")
    parser.add_argument(
        "--source",
        default="safelight.cli",
        help="the event's source; request ids are unique per source (default: %(default)s)",
    )
    add_waiting(parser)
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Put the event."""
    from local.commands.waiting import follow
    from local.commands.which_stack import which_stack
    from local.deployed_stack import PutFailed

    detail = _detail(args.request)
    if args.source.startswith("aws."):
        raise CommandError("sources that begin with aws. belong to AWS; choose another --source.")
    stack = which_stack(args.stack)
    try:
        token = stack.put_event(detail, args.source)
    except PutFailed as error:
        raise CommandError(f"EventBridge refused the event: {error}") from error
    return follow(stack, token, args)


def _detail(given: str) -> dict[str, object]:
    is_json = given.lstrip().startswith("{")
    try:
        detail = json.loads(given if is_json else Path(given).read_text("utf-8"))
    except OSError as error:
        raise CommandError(
            f"cannot read {given}: {error.strerror}. Give a file, or a JSON object in quotes."
        ) from error
    except ValueError as error:
        where = "the argument" if is_json else given
        raise CommandError(f"{where} is not JSON: {error}") from error
    if not isinstance(detail, dict):
        raise CommandError('EventBridge takes a JSON object, such as \'{"prompt": "a fox"}\'.')
    return detail
