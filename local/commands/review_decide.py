"""`safelight review claim`, `approve`, `reject`, `regenerate` and `release`."""

from __future__ import annotations

import argparse

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS
from local.commands.review_desk import add_review

_IDS = """\
  safelight review {name} s3:prompts/fox{more}
  safelight review {name} 3f2a91{more} --stack safelight
"""
_REASON = ' --reason "nothing graphic is asked for"'
_DECISIONS = {
    "approve": "let it go on: a prompt to the generator, pictures to the requester",
    "reject": "block it",
    "regenerate": "have pictures painted anew, where an attempt is left",
}
_DONE = {"approve": "Approved", "reject": "Rejected", "regenerate": "To be painted anew"}


def add_to(subparsers: Subparsers) -> None:
    """Describe the five commands."""
    for name, summary, run in (
        ("claim", "have a review for yourself for a while, to look at it", claim),
        ("release", "give a claim back, so that others can decide", release),
    ):
        add_review(subcommand(subparsers, name, summary, _IDS.format(name=name, more=""), run))
    for name, summary in _DECISIONS.items():
        examples = _IDS.format(name=name, more=_REASON)
        if name == "approve":
            examples += f"  safelight review approve 3f2a91{_REASON} --images 0,2\n"
        parser = subcommand(subparsers, name, f"{summary}; claims it first", examples, decide)
        parser.set_defaults(decision=name)
        parser.add_argument(
            "--reason", metavar="TEXT", help="why, for the record (default: asked for)"
        )
        if name == "approve":
            parser.add_argument(
                "--images",
                type=indexes,
                metavar="N,N",
                help="the pictures that are approved, from 0 (default: all that are in review)",
            )
        add_review(parser)


def indexes(text: str) -> list[int]:
    """Pictures, as in 0,2."""
    try:
        found = [int(one) for one in text.split(",")]
    except ValueError:
        found = [-1]
    if min(found) < 0 or len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of pictures, as in 0,2")
    return found


def claim(args: argparse.Namespace) -> int:
    """Claim it."""
    from local.commands.review_desk import desk, find

    with desk(args) as api:
        _, review = api.ask("POST", f"/reviews/{find(api, args.review, 'open')}/claim")
    print(f"{review['request_id']} is yours until {review['claim_until']}.")
    return SUCCESS


def release(args: argparse.Namespace) -> int:
    """Give it back."""
    from local.commands.review_desk import desk, find

    with desk(args) as api:
        api.ask("DELETE", f"/reviews/{find(api, args.review, 'open')}/claim")
    print("Released: anybody at the desk may claim it.")
    return SUCCESS


def decide(args: argparse.Namespace) -> int:
    """Claim and decide."""
    from local.commands.consent import asked_for
    from local.commands.review_desk import desk, find

    with desk(args) as api:
        identity = find(api, args.review, "open")
        reason = args.reason or asked_for("Reason", '--reason "TEXT"')
        _, review = api.ask("POST", f"/reviews/{identity}/claim")
        decision = {"decision": args.decision, "reason": reason}
        if getattr(args, "images", None):
            decision["images"] = args.images
        _, done = api.ask("POST", f"/reviews/{identity}/decision", decision)
    print(f"{_DONE[args.decision]}: {review['request_id']}")
    if not done["heard"]:
        print("The decision stands; its request could not be told yet, and will be in minutes.")
    return SUCCESS
