"""`safelight policy publish`: put a policy where a deployed stack reads it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.commands.policy_file import add_file, read_file

if TYPE_CHECKING:
    from local.deployed_stack import DeployedStack

_EXAMPLES = """\
  safelight policy publish                              policy/default.json, for the local stack
  safelight policy publish my-policy.json --stack safelight
  safelight policy publish stricter.json --shadow       evaluate it beside the one that judges
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "check a policy, compile it and put it into a stack's policy bucket"
    parser = subcommand(subparsers, "publish", summary, _EXAMPLES, run)
    add_file(parser)
    parser.add_argument(
        "--shadow",
        action="store_true",
        help="as the second policy, whose verdicts are recorded and never enforced",
    )
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Publish it."""
    from local.commands.which_stack import which_stack
    from local.policy.bundle import make_bundle
    from local.policy.compilation import policy_hash
    from shared.policy import ACTIVE_KEY, MAX_BUNDLE_BYTES, SHADOW_KEY

    policy = read_file(args.file)
    bundle = make_bundle(policy)
    if len(bundle) > MAX_BUNDLE_BYTES:
        raise CommandError(
            f"the compiled policy has {len(bundle):,} bytes; functions read at most "
            f"{MAX_BUNDLE_BYTES:,}. Shorten its lists."
        )
    stack = which_stack(args.stack)
    if "PolicyBucket" not in stack.outputs:
        raise CommandError(
            f"stack {stack.name} has no policy bucket: deploy this version of the template first."
        )
    key = SHADOW_KEY if args.shadow else ACTIVE_KEY
    version_id = stack.publish_policy(key, bundle)
    place = f"s3://{stack.outputs['PolicyBucket']}/{key}"
    print(f"Published version {policy['version']} ({policy_hash(policy)}) as {place},")
    print(f"object version {version_id}. Requests under way keep the policy they have.")
    _warn_if_unread(stack, args.shadow, local=not args.stack)
    return SUCCESS


def _warn_if_unread(stack: DeployedStack, shadow: bool, *, local: bool) -> None:
    name, wanted = ("ShadowPolicy", "true") if shadow else ("PolicySource", "bucket")
    if stack.parameters().get(name) == wanted:
        return
    option = "--shadow-policy" if shadow else "--policy"
    local_way = f"start it with `safelight local {option} FILE`"
    print(
        f"The stack does not read it: {local_way if local else f'deploy it with {name}={wanted}'}."
    )
