"""`safelight endpoint delete`: take down an endpoint that was adopted."""

from __future__ import annotations

import argparse

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.endpoint_calls import add_consent, agreed, stack_of, tell, waited
from local.commands.failure import FAILED, SUCCESS, CommandError

_EXAMPLES = """\
  safelight endpoint delete --stack safelight --dry-run
  safelight endpoint delete --stack safelight
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "take down an endpoint that was adopted"
    parser = subcommand(subparsers, "delete", summary, _EXAMPLES, run)
    add_consent(parser)
    add_stack(parser, here=False)


def run(args: argparse.Namespace) -> int:
    """Take it down."""
    from local.endpoint.account import EndpointError
    from local.endpoint.changing import perform, removal

    stack, _, place = stack_of(args.stack)
    try:
        calls = removal(stack.client, place.endpoint)
    except EndpointError as error:
        raise CommandError(str(error)) from error
    told = f"Clean requests of stack {stack.name} end as FAILED from then on."
    if not agreed(args, calls, told):
        return SUCCESS if args.dry_run else FAILED
    waited(perform, stack.client, calls, tell)
    return SUCCESS
