"""Which stack's endpoint is meant, and the consent to what would be called for it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from local.commands.consent import confirmed
from local.commands.failure import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.deployed_stack import DeployedStack
    from local.endpoint.requests import Call, Place

_OUTPUTS = ("WorkBucket", "SuccessTopic", "ErrorTopic")


def add_consent(parser: argparse.ArgumentParser) -> None:
    """Describe --yes and --dry-run."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be called")


def stack_of(name: str | None) -> tuple[DeployedStack, dict[str, str], Place]:
    """A stack in an account, its parameters, and where its endpoint belongs."""
    from local.commands.which_stack import which_stack
    from local.endpoint.requests import Place

    if not name:
        raise CommandError(
            "the local stack has its own generator; name a deployed one with --stack NAME. "
            "`safelight local --generator URL` lets a container paint here."
        )
    stack = which_stack(name, _OUTPUTS)
    parameters = stack.parameters()
    bucket, success, error = (stack.outputs[output] for output in _OUTPUTS)
    key = parameters.get("KmsKeyArn", "")
    return stack, parameters, Place(parameters["EndpointName"], bucket, success, error, key)


def agreed(args: argparse.Namespace, calls: Sequence[Call], cost: str) -> bool:
    """Whether the calls, which are told of with their cost, are to be made."""
    print("\nTo call:")
    for call in calls:
        print(f"  {call.service} {call.method}: {call.does}")
        if args.dry_run:
            print("".join(f"    {line}\n" for line in _lines(call.request)), end="")
    print(cost)
    if args.dry_run:
        print("Nothing was changed.")
        return False
    return args.yes or confirmed()


def tell(call: Call) -> None:
    """Say that a call is being made."""
    print(f"{call.service} {call.method}: {call.does}", flush=True)


def waited(what: Any, *arguments: Any) -> None:
    """Do what waits, and say where to look if that does not end well."""
    from botocore.exceptions import WaiterError

    try:
        what(*arguments)
    except WaiterError as error:
        raise CommandError(f"{error}\n`safelight endpoint status` says more.") from error


def _lines(request: dict[str, Any]) -> list[str]:
    return json.dumps(request, indent=2).splitlines()
