"""`safelight classifier delete`: take the endpoint down; the models stay."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.consent import confirmed
from local.commands.failure import FAILED, SUCCESS, CommandError

if TYPE_CHECKING:
    from local.deployed_stack import DeployedStack

_EXAMPLES = """\
  safelight classifier delete --stack safelight
  safelight classifier delete --stack safelight --force --yes   even if every prompt fails then
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "take the classifier's endpoint down, which ends its cost; the models stay"
    parser = subcommand(subparsers, "delete", summary, _EXAMPLES, run)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--force", action="store_true", help="though the stack still asks it, or one is trained"
    )
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Delete it."""
    from local.classifier.account import ENDPOINT, OUTPUTS, find_endpoint, remove_endpoint
    from local.classifier.costs import HERE, MODEL_MONTH, UNIT_DAY
    from local.commands.which_stack import engine_of, which_stack

    stack = which_stack(args.stack, OUTPUTS)
    endpoint = find_endpoint(stack)
    if endpoint is None:
        print(f"There is no endpoint {stack.outputs[ENDPOINT]}: nothing is paid for it.")
        return SUCCESS
    if not args.force:
        _check_unused(stack, engine_of(args.stack))
    units = int(endpoint.get("CurrentInferenceUnits") or endpoint["DesiredInferenceUnits"])
    print(f"To delete: {endpoint['EndpointArn']}, {endpoint['Status']}, model:")
    print(f"  {endpoint['ModelArn']}")
    cost = f"Ends {units * UNIT_DAY:.2f} USD a day. Models stay, {MODEL_MONTH:.2f} USD a month each"
    print(f"{cost}; `deploy --model ARN` puts one back." if args.stack else HERE)
    if args.stack and not args.yes and not confirmed():
        return FAILED
    remove_endpoint(stack)
    print("Deleted, with its scaling.")
    return SUCCESS


def _check_unused(stack: DeployedStack, engine: str) -> None:
    from local.classifier.account import asks_own, is_training
    from local.classifier.redeploying import ask_comprehend

    if asks_own(stack, stack.parameters()):
        raise CommandError(
            "the stack still asks this endpoint: without it every prompt ends as FAILED. Have it "
            "ask another first (DetectToxicContent here, see docs/moderation-text.md):\n"
            f"  {ask_comprehend(stack.name, engine)}\nOr say --force. Nothing was deleted."
        )
    if is_training(stack):
        raise CommandError(
            "a training is under way, which would make the endpoint again. Wait for its end "
            "(`safelight classifier status`), or say --force. Nothing was deleted."
        )
