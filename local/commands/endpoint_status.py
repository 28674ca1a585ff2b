"""`safelight endpoint status`: is the endpoint awake, what does it cost, what waits for it?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.endpoint_calls import stack_of
from local.commands.failure import FAILED, SUCCESS

if TYPE_CHECKING:
    from local.endpoint.account import Endpoint
    from local.endpoint.requests import Scaling

_EXAMPLES = """\
  safelight endpoint status --stack safelight
"""
_ACTIVITIES = 5


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(subparsers, "status", "show the endpoint of a stack", _EXAMPLES, run)
    add_stack(parser, here=False)


def run(args: argparse.Namespace) -> int:
    """Show the endpoint."""
    from local.commands.console import console
    from local.commands.table import print_table
    from local.endpoint.account import activities, backlog, find_endpoint, scaling_of

    stack, _, place = stack_of(args.stack)
    now = find_endpoint(stack.client, place.endpoint)
    if now is None:
        print(f"There is no endpoint {place.endpoint}: clean requests end as FAILED.")
        return FAILED
    scaling = scaling_of(stack.client, now.name)
    _tell_endpoint(now, scaling, backlog(stack.client, now.name))
    if scaling:
        rows = [
            (f"{one['StartTime']:%Y-%m-%d %H:%M}", one["StatusCode"], one["Description"])
            for one in activities(stack.client, now.name, _ACTIVITIES)
        ]
        print_table(console(), "Last scaling activities", ("began", "status", "what"), rows)
    return SUCCESS if now.status == "InService" else FAILED


def _tell_endpoint(now: Endpoint, scaling: Scaling | None, waiting: int | None) -> None:
    from local.cost.prices import hourly

    print(f"{now.name}: {now.status}{f' ({now.failure})' if now.failure else ''}")
    if not now.asynchronous:
        print("It is a real-time endpoint: every inference of the stack fails.")
    bounds = f"scaled between {scaling.least} and {scaling.most}" if scaling else "not scaled"
    print(f"instances: {now.instances} of {now.desired} wanted, {bounds}")
    print(f"each: {hourly(now.instance_type)}")
    print(f"backlog: {'CloudWatch has no figure of late' if waiting is None else waiting}")
