"""`safelight review list` and `show`: what waits for people, and all that is known of one."""

from __future__ import annotations

import argparse
import json

from local.commands.arguments import Subparsers, count, subcommand
from local.commands.failure import SUCCESS
from local.commands.review_desk import add_review, add_reviewer

_LIST_EXAMPLES = """\
  safelight review list
  safelight review list --decided --limit 5
  safelight review list --stack safelight --json
"""
_SHOW_EXAMPLES = """\
  safelight review show s3:prompts/fox
  safelight review show 3f2a91 --json
  safelight review show 3f2a91 --originals      with links to the pictures as they are
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe both commands."""
    listing = subcommand(
        subparsers,
        "list",
        "list what waits for a decision, the oldest first",
        _LIST_EXAMPLES,
        list_,
    )
    listing.add_argument(
        "--decided", action="store_true", help="what was decided instead, the newest first"
    )
    listing.add_argument(
        "--limit", type=count, default=20, metavar="N", help="the first N (default: %(default)s)"
    )
    listing.add_argument("--json", action="store_true", help="the reviews as JSON")
    add_reviewer(listing)
    showing = subcommand(
        subparsers, "show", "show a review: what it is about, and what was before", _SHOW_EXAMPLES,
        show,
    )  # fmt: skip
    showing.add_argument(
        "--originals",
        action="store_true",
        help="also links to the pictures unblurred, for who has claimed it; this is noted",
    )
    showing.add_argument("--json", action="store_true", help="the whole review as JSON")
    add_review(showing)


def list_(args: argparse.Namespace) -> int:
    """List the queue."""
    from local.commands.console import console
    from local.commands.review_desk import desk, listed
    from local.commands.review_view import print_queue

    queue = "decided" if args.decided else "open"
    with desk(args) as api:
        reviews = list(listed(api, queue, args.limit))
    if args.json:
        print(json.dumps(reviews, indent=2, ensure_ascii=False))
    else:
        print_queue(console(), queue, reviews)
    return SUCCESS


def show(args: argparse.Namespace) -> int:
    """Show one."""
    from local.commands.console import console
    from local.commands.review_desk import desk, find
    from local.commands.review_view import print_review

    with desk(args) as api:
        identity = find(api, args.review, "open", "owed", "decided")
        originals = "?originals=true" if args.originals else ""
        _, review = api.ask("GET", f"/reviews/{identity}{originals}")
    if args.json:
        print(json.dumps(review, indent=2, ensure_ascii=False))
    else:
        print_review(console(), review)
    return SUCCESS
