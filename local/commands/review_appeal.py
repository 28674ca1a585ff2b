"""`safelight review appeal`: a requester objects, once, to what was blocked."""

from __future__ import annotations

import argparse
from urllib.parse import quote

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.failure import SUCCESS, CommandError

_EXAMPLES = """\
  safelight review appeal api-0123… --message "it is a scene of the Bible"
  safelight review appeal api-0123… --stack safelight
"""
_BY_API = "api-"


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = (
        "for requesters: have a person look at a request of your own that was blocked, once; it "
        "must have come by the API, under the credentials that ask now"
    )
    parser = subcommand(subparsers, "appeal", summary, _EXAMPLES, run)
    parser.add_argument("request_id", metavar="REQUEST_ID", help="your request's id, as in api-…")
    parser.add_argument(
        "--message", metavar="TEXT", help="why, for the reviewer (default: asked for)"
    )
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Appeal."""
    from local.commands.consent import asked_for
    from local.commands.last_request import remember
    from local.commands.review_desk import desk

    if not args.request_id.startswith(_BY_API):
        raise CommandError(
            f"{args.request_id} did not come by the API: of files and events nobody can tell whose "
            "they are, and so who may appeal."
        )
    message = args.message or asked_for("Why should a person look at it", '--message "TEXT"')
    with desk(args, as_requester=True) as api:
        path = f"/images/{quote(args.request_id, safe='')}/appeal"
        _, accepted = api.ask("POST", path, {"message": message})
    remember(args.stack, accepted["request_id"])
    print(f"{accepted['request_id']} waits for a reviewer: `safelight show --last` tells of it.")
    return SUCCESS
