"""`safelight endpoint adopt`: put a model that is in SageMaker behind an endpoint for a stack."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, add_stack, count, subcommand
from local.commands.endpoint_calls import add_consent, agreed, stack_of, tell, waited
from local.commands.failure import FAILED, SUCCESS, CommandError

if TYPE_CHECKING:
    from local.deployed_stack import Clients
    from local.endpoint.requests import Scaling, Served

_EXAMPLES = """\
  safelight endpoint adopt --model sd-2-1 --stack safelight --dry-run --policy role.json
  safelight endpoint adopt --model sd-2-1 --stack safelight --max-instances 2
  safelight endpoint adopt --serving jumpstart-sd-2-1 --stack safelight --max-instances 2
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = (
        "put a model that is in SageMaker (from JumpStart, say) behind an asynchronous endpoint "
        "for a stack"
    )
    parser = subcommand(subparsers, "adopt", summary, _EXAMPLES, run)
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--model", metavar="NAME", help="a SageMaker model")
    whose.add_argument(
        "--serving",
        metavar="ENDPOINT",
        help="a real-time endpoint, whose model and instance type are taken; it stays as it is",
    )
    parser.add_argument(
        "--instance-type",
        default="",
        metavar="TYPE",
        help="one that the model runs on (default: ml.g5.2xlarge, or the real-time endpoint's)",
    )
    _add_scaling(parser)
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="save there what the model's role needs"
    )
    add_consent(parser)
    add_stack(parser, here=False)


def _add_scaling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-instances",
        type=count,
        metavar="N",
        help="scale between --min-instances and N (default: no scaling; one instance, always)",
    )
    parser.add_argument(
        "--min-instances",
        type=int,
        choices=range(101),
        default=0,
        metavar="N",
        help="for --max-instances (default: %(default)s, the endpoint sleeps)",
    )
    parser.add_argument(
        "--backlog",
        type=count,
        default=5,
        metavar="N",
        help="for --max-instances: requests for each instance (default: %(default)s)",
    )
    parser.add_argument(
        "--concurrent",
        type=count,
        default=1,
        metavar="N",
        help="requests that an instance is given at once (default: %(default)s; JumpStart's "
        "containers paint one after the other)",
    )
    parser.add_argument(
        "--startup-seconds",
        type=count,
        default=900,
        metavar="SECONDS",
        help="for --model: how long download and start may each take (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Make the endpoint, or change it."""
    from local.endpoint.account import EndpointError, scaling_of
    from local.endpoint.changing import changes, perform, wait_for_service
    from local.endpoint.requests import policy, scaling_calls

    stack, parameters, place = stack_of(args.stack)
    scaling = _scaling(args)
    try:
        served = _served(stack.client, args)
        calls = changes(stack.client, place, served, args.concurrent, scaling)
    except EndpointError as error:
        raise CommandError(str(error)) from error
    needs = policy(place, served.role.split(":")[1])
    _tell_policy(stack.client, served.role, needs, args.policy)
    _check_role(parameters.get("GeneratorRoleArn", ""), served.role, args.dry_run)
    later = scaling_calls(place.endpoint, scaling) if scaling else []
    if not calls:
        print(f"\nEndpoint {place.endpoint} runs {served.model} as wished.")
    if not (calls or later):
        return SUCCESS
    scaled = scaling or scaling_of(stack.client, place.endpoint)
    if not agreed(args, [*calls, *later], _cost(served, scaled)):
        return SUCCESS if args.dry_run else FAILED
    perform(stack.client, calls, tell)
    if later:
        print(f"Waiting until {place.endpoint} is in service; minutes …", flush=True)
        waited(wait_for_service, stack.client, place.endpoint)
        perform(stack.client, later, tell)
    if scaled is None:
        print(f"{place.endpoint} never sleeps. Say --max-instances to have it scaled.")
    _tell_next(args, parameters, served)
    return SUCCESS


def _scaling(args: argparse.Namespace) -> Scaling | None:
    from local.endpoint.requests import Scaling

    if args.max_instances is None:
        return None
    if args.min_instances > args.max_instances:
        raise CommandError("--min-instances is more than --max-instances.")
    return Scaling(args.min_instances, args.max_instances, args.backlog)


def _served(clients: Clients, args: argparse.Namespace) -> Served:
    from local.endpoint.account import served_by_endpoint, served_by_model

    if args.serving:
        return served_by_endpoint(clients, args.serving, args.instance_type)
    instance_type = args.instance_type or "ml.g5.2xlarge"
    return served_by_model(clients, args.model, instance_type, args.startup_seconds)


def _tell_policy(clients: Clients, role: str, needs: dict[str, Any], file: Path | None) -> None:
    from botocore.exceptions import ClientError

    from local.endpoint.account import lacks

    text = json.dumps(needs, indent=2)
    print(f"The model's role is {role}. It needs:\n{text}")
    if file:
        file.write_text(f"{text}\n", "utf-8")
    name = role.rpartition("/")[2]
    attach = (
        f"aws iam put-role-policy --role-name {name} --policy-name Safelight "
        f"--policy-document file://{file or 'FILE'}"
    )
    try:
        missing = lacks(clients, role, needs)
    except ClientError as error:
        print(f"Whether it may could not be asked ({error}). To allow it:\n  {attach}")
        return
    if missing:
        print("It may not yet:")
        print("".join(f"  {one}\n" for one in missing), end="")
        print(f"SageMaker tells a test notice while it makes the endpoint. First:\n  {attach}")
    else:
        print("It may all of it already.")


def _check_role(named: str, role: str, dry_run: bool) -> None:
    if named in ("", role):
        return
    told = (
        f"the main stack's GeneratorRoleArn is {named}: this model's role could tell no results, "
        "and SageMaker would not make the endpoint. First:\n"
        f"  sam deploy --parameter-overrides GeneratorRoleArn={role}"
    )
    if not dry_run:
        raise CommandError(told)
    print(f"\n{told[0].upper()}{told[1:]}")


def _cost(served: Served, scaling: Scaling | None) -> str:
    from local.cost.prices import hourly

    price = hourly(served.instance_type)
    if scaling is None:
        return f"One instance, asked for or not: {price}."
    rest = "none while nothing is asked for" if scaling.least == 0 else f"{scaling.least} always"
    return f"Up to {scaling.most} instances, {rest}. Each: {price}."


def _tell_next(args: argparse.Namespace, parameters: dict[str, str], served: Served) -> None:
    print(f"\nIs it there? safelight endpoint status --stack {args.stack}")
    if not parameters.get("GeneratorRoleArn"):
        print(
            "So that its results are taken, and nobody else's, deploy the main stack again:\n"
            f"  sam deploy --parameter-overrides GeneratorRoleArn={served.role}"
        )
    if args.serving:
        print(
            f"{args.serving} still runs, and costs. When you need it no more:\n"
            f"  aws sagemaker delete-endpoint --endpoint-name {args.serving}"
        )
