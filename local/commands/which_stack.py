"""The stack that a command means: one in an account by name, else the one that runs here."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import running_instance
from local.ai.running import StandIns
from local.commands.failure import CommandError
from local.deployed_stack import DeployedStack, local_clients

_NEEDED = ("PromptsBucket", "EventBus", "ResultsTable", "StateMachineArn")


def which_stack(name: str | None, needs: Sequence[str] = ()) -> DeployedStack:
    """The stack, which has these outputs, or CommandError saying how to get one."""
    stack = in_account(name) if name else _here()
    missing = [output for output in needs if output not in stack.outputs]
    if missing:
        raise CommandError(
            f"stack {stack.name} has no output {missing[0]}: deploy the template as it is now."
        )
    return stack


def in_account(name: str, needs: Sequence[str] = _NEEDED) -> DeployedStack:
    """The stack of this name, which has these outputs; CommandError if there is none."""
    clients = functools.cache(boto3.session.Session().client)
    try:
        stack = clients("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except (ClientError, BotoCoreError) as error:
        raise CommandError(
            f"cannot read the outputs of stack {name}: {error}\nCheck its name, AWS_PROFILE and "
            "AWS_REGION; `aws cloudformation list-stacks` shows what is there."
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    missing = [output for output in needs if output not in outputs]
    if missing:
        raise CommandError(
            f"stack {name} has no output {missing[0]}: is it one that this template made?"
        )
    return DeployedStack(name, clients, outputs)


def engine_of(name: str | None) -> str:
    """The address of the engine that the stack runs on; "" for one in an account."""
    return "" if name else _instance().endpoint


def objects_at(name: str | None) -> str:
    """What comes before BUCKET/KEY: an address to open, of an engine; s3:/ in an account."""
    return engine_of(name) or "s3:/"


def api_here() -> str:
    """Where the API of the running instance lies: under its page."""
    return f"{_instance().page}api"


def stand_ins() -> StandIns:
    """The running instance's stand-ins, to be told answers."""
    ai = StandIns()
    ai.endpoint = _instance().stand_ins
    return ai


def _here() -> DeployedStack:
    instance = _instance()
    clients = local_clients(instance.endpoint, instance.stand_ins)
    return DeployedStack(instance.stack, clients, instance.outputs)


def _instance() -> running_instance.Instance:
    instance = running_instance.find()
    if instance is None:
        raise CommandError(
            "no local stack is running. Start one in another window with `safelight local`, "
            "or name a deployed one with --stack NAME."
        )
    return instance
