"""`safelight page`: put the page where a site of web/site.yaml serves it, and look at it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.consent import confirmed
from local.commands.failure import FAILED, SUCCESS, CommandError

if TYPE_CHECKING:
    from local.deployed_stack import DeployedStack
    from local.site import Changes

_EXAMPLES = """\
  safelight page publish --stack safelight-page --dry-run    what would change?
  safelight page publish --stack safelight-page
  safelight page status --stack safelight-page               is it what lies here?
"""
_OUTPUTS = ("PageUrl", "PageBucket", "PageConfig", "DistributionId")


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "publish the page to a site in an account, look at it"
    commands = subcommand(subparsers, "page", summary, _EXAMPLES).add_subparsers(
        metavar="COMMAND", required=True
    )
    publishing = subcommand(
        commands,
        "publish",
        "upload the page to the stack of web/site.yaml, remove what is no longer part of it",
        _EXAMPLES,
        publish,
    )
    publishing.add_argument("--yes", action="store_true", help="do not ask")
    publishing.add_argument("--dry-run", action="store_true", help="only say what would change")
    add_stack(publishing, here=False)
    looking = subcommand(commands, "status", "compare a site with the page", _EXAMPLES, status)
    add_stack(looking, here=False)


def publish(args: argparse.Namespace) -> int:
    """Upload what is new, delete what is old, have CloudFront look again."""
    from local.site import invalidate, perform

    site = _site(args.stack)
    wished = _changes(site)
    if not wished:
        print(f"{site.outputs['PageUrl']} has the page as it is here.")
        return SUCCESS
    _tell(wished)
    if args.dry_run:
        print("Nothing was changed.")
        return SUCCESS
    if not (args.yes or confirmed()):
        return FAILED
    perform(site.client, site.outputs["PageBucket"], wished, lambda done: print(done, flush=True))
    invalidate(site.client, site.outputs["DistributionId"])
    print(f"Published. In some minutes all of CloudFront has it: {site.outputs['PageUrl']}")
    return SUCCESS


def status(args: argparse.Namespace) -> int:
    """Say where the page is, and whether it is what lies here."""
    from local.site import pending

    site = _site(args.stack)
    wished, waiting = _changes(site), pending(site.client, site.outputs["DistributionId"])
    print(site.outputs["PageUrl"])
    if wished:
        _tell(wished)
        print(f"To change it: safelight page publish --stack {site.name}")
    else:
        print("It has the page as it is here.")
    for what in waiting:
        print(f"CloudFront is still distributing {what}.")
    return FAILED if wished or waiting else SUCCESS


def _site(name: str | None) -> DeployedStack:
    from local.commands.which_stack import in_account

    if not name:
        raise CommandError(
            "`safelight local` serves the page itself; name a deployed stack of web/site.yaml "
            "with --stack NAME."
        )
    return in_account(name, _OUTPUTS)


def _changes(site: DeployedStack) -> Changes:
    from local.site import PUBLIC, SiteError, changes, files

    try:
        wanted = files(PUBLIC, site.outputs["PageConfig"])
        return changes(site.client, site.outputs["PageBucket"], wanted)
    except SiteError as error:
        raise CommandError(str(error)) from error


def _tell(wished: Changes) -> None:
    print("The page here differs from the site's:")
    for file in wished.put:
        print(f"  put {file.key} ({len(file.content):,} bytes)")
    for key in wished.delete:
        print(f"  delete {key}")
