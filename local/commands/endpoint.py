"""`safelight endpoint`: give a stack in an account its generator, look at it, take it down."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, add_stack, count, subcommand
from local.commands.consent import confirmed
from local.commands.failure import FAILED, SUCCESS, CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.deployed_stack import Clients, DeployedStack
    from local.endpoint.account import Endpoint
    from local.endpoint.requests import Call, Place, Scaling, Served

_EXAMPLES = """\
  safelight endpoint adopt --model sd-2-1 --stack safelight --dry-run   what would be made?
  safelight endpoint status --stack safelight                           is it awake?
  safelight endpoint delete --stack safelight                           it costs no more
"""
_ADOPT_EXAMPLES = """\
  safelight endpoint adopt --model sd-2-1 --stack safelight --dry-run --policy role.json
  safelight endpoint adopt --model sd-2-1 --stack safelight --max-instances 2
  safelight endpoint adopt --serving jumpstart-sd-2-1 --stack safelight --max-instances 2
"""
_STATUS_EXAMPLES = """\
  safelight endpoint status --stack safelight
"""
_DELETE_EXAMPLES = """\
  safelight endpoint delete --stack safelight --dry-run
  safelight endpoint delete --stack safelight
"""
_OUTPUTS = ("WorkBucket", "SuccessTopic", "ErrorTopic")
_ACTIVITIES = 5


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "give a stack in an account its generator, look at it, take it down"
    commands = subcommand(subparsers, "endpoint", summary, _EXAMPLES).add_subparsers(
        metavar="COMMAND", required=True
    )
    adopting = subcommand(
        commands,
        "adopt",
        "put a model that is in SageMaker (from JumpStart, say) behind an asynchronous endpoint "
        "for a stack",
        _ADOPT_EXAMPLES,
        adopt,
    )
    whose = adopting.add_mutually_exclusive_group(required=True)
    whose.add_argument("--model", metavar="NAME", help="a SageMaker model")
    whose.add_argument(
        "--serving",
        metavar="ENDPOINT",
        help="a real-time endpoint, whose model and instance type are taken; it stays as it is",
    )
    adopting.add_argument(
        "--instance-type",
        default="",
        metavar="TYPE",
        help="one that the model runs on (default: ml.g5.2xlarge, or the real-time endpoint's)",
    )
    _add_scaling(adopting)
    adopting.add_argument(
        "--policy", type=Path, metavar="FILE", help="save there what the model's role needs"
    )
    _add_consent(adopting)
    add_stack(adopting, here=False)
    looking = subcommand(
        commands, "status", "show the endpoint of a stack", _STATUS_EXAMPLES, status
    )
    add_stack(looking, here=False)
    removing = subcommand(
        commands, "delete", "take down an endpoint that was adopted", _DELETE_EXAMPLES, delete
    )
    _add_consent(removing)
    add_stack(removing, here=False)


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


def _add_consent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be called")


def adopt(args: argparse.Namespace) -> int:
    """Make the endpoint, or change it."""
    from local.endpoint.account import (
        EndpointError,
        changes,
        perform,
        scaling_of,
        wait_for_service,
    )
    from local.endpoint.requests import policy, scaling_calls

    stack, parameters, place = _main(args.stack)
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
    if not _agreed(args, [*calls, *later], _cost(served, scaled)):
        return SUCCESS if args.dry_run else FAILED
    perform(stack.client, calls, _tell)
    if later:
        print(f"Waiting until {place.endpoint} is in service; minutes …", flush=True)
        _wait(wait_for_service, stack.client, place.endpoint)
        perform(stack.client, later, _tell)
    if scaled is None:
        print(f"{place.endpoint} never sleeps. Say --max-instances to have it scaled.")
    _tell_next(args, parameters, served)
    return SUCCESS


def status(args: argparse.Namespace) -> int:
    """Show the endpoint."""
    from local.commands.console import console
    from local.commands.table import print_table
    from local.endpoint.account import activities, backlog, find_endpoint, scaling_of

    stack, _, place = _main(args.stack)
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


def delete(args: argparse.Namespace) -> int:
    """Take it down."""
    from local.endpoint.account import EndpointError, perform, removal

    stack, _, place = _main(args.stack)
    try:
        calls = removal(stack.client, place.endpoint)
    except EndpointError as error:
        raise CommandError(str(error)) from error
    told = f"Clean requests of stack {stack.name} end as FAILED from then on."
    if not _agreed(args, calls, told):
        return SUCCESS if args.dry_run else FAILED
    _wait(perform, stack.client, calls, _tell)
    return SUCCESS


def _main(name: str | None) -> tuple[DeployedStack, dict[str, str], Place]:
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
    from local.endpoint.prices import hourly

    price = hourly(served.instance_type)
    if scaling is None:
        return f"One instance, asked for or not: {price}."
    rest = "none while nothing is asked for" if scaling.least == 0 else f"{scaling.least} always"
    return f"Up to {scaling.most} instances, {rest}. Each: {price}."


def _agreed(args: argparse.Namespace, calls: Sequence[Call], cost: str) -> bool:
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


def _lines(request: dict[str, Any]) -> list[str]:
    return json.dumps(request, indent=2).splitlines()


def _tell(call: Call) -> None:
    print(f"{call.service} {call.method}: {call.does}", flush=True)


def _wait(what: Any, *arguments: Any) -> None:
    from botocore.exceptions import WaiterError

    try:
        what(*arguments)
    except WaiterError as error:
        raise CommandError(f"{error}\n`safelight endpoint status` says more.") from error


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


def _tell_endpoint(now: Endpoint, scaling: Scaling | None, waiting: int | None) -> None:
    from local.endpoint.prices import hourly

    print(f"{now.name}: {now.status}{f' ({now.failure})' if now.failure else ''}")
    if not now.asynchronous:
        print("It is a real-time endpoint: every inference of the stack fails.")
    bounds = f"scaled between {scaling.least} and {scaling.most}" if scaling else "not scaled"
    print(f"instances: {now.instances} of {now.desired} wanted, {bounds}")
    print(f"each: {hourly(now.instance_type)}")
    print(f"backlog: {'CloudWatch has no figure of late' if waiting is None else waiting}")
