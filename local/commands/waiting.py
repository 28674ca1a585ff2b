"""What `drop`, `put-event` and `redrive` do next: follow requests and show how they ended."""

from __future__ import annotations

import argparse
import time

from rich.console import Console

from local.commands.failure import NOT_DELIVERED, SUCCESS, CommandError
from local.commands.last_request import remember
from local.commands.record_view import print_list, print_record
from local.commands.which_stack import objects_at
from local.deployed_stack import DeployedStack
from local.executions import (
    Execution,
    Executions,
    NotStarted,
    StillRunning,
    wait_for_end,
    watch,
)

# AcceptRequest decides under which key a request is recorded; on AWS that takes a few seconds.
_ACCEPT_SECONDS = 60.0
_IN_REVIEW = "ReviewRequest"
_LOOK_HERE, _LOOK_AT_AWS = 0.3, 1.0


def follow(stack: DeployedStack, token: str, args: argparse.Namespace) -> int:
    """Wait as the arguments say; the exit status."""
    console = Console()
    try:
        if not args.wait:
            return _name_only(console, stack, token, args.stack)
        execution, request_id = _wait(console, stack, token, args)
    except NotStarted as error:
        raise CommandError(
            f"{error}.\nSee `safelight dead-letters list`, and whether the file lies under "
            "prompts/; a longer patience is --timeout SECONDS."
        ) from error
    except StillRunning as error:
        if request_id := _accepted_as(Executions(stack), token):
            remember(args.stack, request_id)
        raise CommandError(
            f"{error}.\nWhat waits for a person is in `safelight review list`; `safelight show "
            "--last` tells of it later. A longer patience is --timeout SECONDS."
        ) from error
    if request_id is None:
        console.print("Ignored: a key that ends in / is a folder, not a request.")
        return SUCCESS
    remember(args.stack, request_id)
    return _show(console, stack, execution, request_id, args.stack)


def follow_all(stack: DeployedStack, arns: list[str], args: argparse.Namespace) -> int:
    """Wait for these executions and show their records; the exit status."""
    console, executions = Console(), Executions(stack)
    deadline = time.monotonic() + args.timeout
    ended: list[Execution] = []
    try:
        with console.status("started") as status:

            def show(execution: Execution) -> None:
                status.update(f"{len(ended)} of {len(arns)} ended; {execution.stage}")

            for arn in arns:
                left = deadline - time.monotonic()
                ended.append(watch(executions, arn, left, _pause(args), show))
    except StillRunning as error:
        raise CommandError(
            f"{error}.\n`safelight show REQUEST_ID` tells of it later; a longer patience is "
            "--timeout SECONDS."
        ) from error
    request_ids = [str(executions.request_id(execution)) for execution in ended]
    if len(ended) == 1:
        remember(args.stack, request_ids[0])
        return _show(console, stack, ended[0], request_ids[0], args.stack)
    records = list(filter(None, map(stack.record, request_ids)))
    print_list(console, records)
    delivered = [record for record in records if record["status"] == "COMPLETED"]
    return SUCCESS if len(delivered) == len(arns) else NOT_DELIVERED


def _wait(
    console: Console, stack: DeployedStack, token: str, args: argparse.Namespace
) -> tuple[Execution, str | None]:
    with console.status("sent") as status:
        return wait_for_end(
            stack,
            token,
            seconds=args.timeout,
            every=_pause(args),
            progress=lambda execution: status.update(_doing(execution)),
        )


def _doing(execution: Execution) -> str:
    if execution.stage == _IN_REVIEW:
        return f"{_IN_REVIEW}: waits for a person (in another window: safelight review list)"
    return execution.stage or "starting"


def _pause(args: argparse.Namespace) -> float:
    return _LOOK_AT_AWS if args.stack else _LOOK_HERE


def _show(
    console: Console, stack: DeployedStack, execution: Execution, request_id: str, name: str | None
) -> int:
    if execution.first is not None:
        console.print(
            f"The same was requested before: nothing is recorded or announced again. "
            f"This is the record of {request_id}:"
        )
    record = stack.record(request_id)
    if record is None:
        raise CommandError(
            f"the execution ended as {execution.status} in {execution.stage} and there is no "
            f"record {request_id}: {execution.arn}"
        )
    print_record(console, record, objects_at(name))
    return SUCCESS if record["status"] == "COMPLETED" else NOT_DELIVERED


def _name_only(console: Console, stack: DeployedStack, token: str, name: str | None) -> int:
    """The record's key is known once AcceptRequest has run."""
    executions, deadline = Executions(stack), time.monotonic() + _ACCEPT_SECONDS
    while time.monotonic() < deadline:
        request_id = _accepted_as(executions, token)
        if request_id is not None:
            remember(name, request_id)
            console.print(f"Requested: {request_id}", soft_wrap=True, highlight=False)
            console.print("See it with: safelight show --last")
            return SUCCESS
        time.sleep(_LOOK_HERE)
    raise NotStarted(f"no execution accepted it within {_ACCEPT_SECONDS:.0f} s")


def _accepted_as(executions: Executions, token: str) -> str | None:
    """The record's key, once it is known."""
    arn = executions.find(token)
    return executions.request_id(executions.look(arn)) if arn else None
