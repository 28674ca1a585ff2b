"""`safelight dead-letters`: what lies in the stack's dead-letter queues, and back with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.failure import FAILED, SUCCESS, CommandError

if TYPE_CHECKING:
    from local.dead_letters import Moved, Queue
    from local.deployed_stack import DeployedStack

_EXAMPLES = """\
  safelight dead-letters list                          how much lies where, and since when?
  safelight dead-letters redrive                       everything, back to where it belongs
  safelight dead-letters redrive NoticeDeadLetters --stack safelight
"""
_LIST_EXAMPLES = """\
  safelight dead-letters list
  safelight dead-letters list --stack safelight
"""
_REDRIVE_EXAMPLES = """\
  safelight dead-letters redrive
  safelight dead-letters redrive NoticeDeadLetters UndeliveredNotices
  safelight dead-letters redrive --stack safelight
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "show what could not be delivered, and deliver it again"
    parser = subcommand(subparsers, "dead-letters", summary, _EXAMPLES)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = subcommand(
        commands, "list", "show every dead-letter queue and how full it is", _LIST_EXAMPLES, show
    )
    add_stack(listing)
    moving = subcommand(
        commands,
        "redrive",
        "deliver what lies in dead-letter queues to where it belongs",
        _REDRIVE_EXAMPLES,
        redrive,
    )
    moving.add_argument(
        "queues",
        nargs="*",
        metavar="QUEUE",
        help="queues, as `safelight dead-letters list` names them (default: all)",
    )
    add_stack(moving)


def show(args: argparse.Namespace) -> int:
    """List the queues."""
    from local.commands.console import console
    from local.commands.table import print_table
    from local.commands.which_stack import which_stack
    from local.dead_letters import QUEUES, depth

    stack = which_stack(args.stack)
    depths = [depth(stack, queue) for queue in _known(stack, QUEUES)]
    rows = [
        (one.queue.name, one.messages, age(one.oldest_seconds), one.queue.holds, one.queue.goes_to)
        for one in depths
    ]
    columns = ("queue", "messages", "oldest", "what lies there", "goes to")
    print_table(console(), f"{sum(one.messages for one in depths)} dead letters", columns, rows)
    return SUCCESS


def redrive(args: argparse.Namespace) -> int:
    """Deliver them again."""
    from local.commands.which_stack import which_stack
    from local.dead_letters import QUEUES
    from local.dead_letters import redrive as deliver

    queues = {queue.name: queue for queue in QUEUES if queue.hand_over}
    unknown = [name for name in args.queues if name not in queues]
    if unknown:
        raise CommandError(
            f"{unknown[0]} is not redriven; there are {', '.join(queues)}. "
            "IngressDeadLetters is read by RecordUnstarted."
        )
    stack = which_stack(args.stack)
    chosen = [queues[name] for name in args.queues] or list(queues.values())
    moved = {queue.name: deliver(stack, queue) for queue in _known(stack, chosen)}
    for name, one in moved.items():
        _tell(name, one)
    if any(one.stay for one in moved.values()):
        print(
            "What stays is deleted after 14 days. Look at it by its id in the SQS console, and "
            "delete it there if nothing needs it.",
            file=sys.stderr,
        )
        return FAILED
    return SUCCESS


def age(seconds: float | None) -> str:
    """A time in the largest unit that it fills."""
    if seconds is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def _tell(name: str, moved: Moved) -> None:
    done = ", ".join(f"{count} {what}" for what, count in moved.done.items())
    print(f"{name}: {done or 'nothing to deliver'}")
    for message_id, reason in moved.stay.items():
        print(f"{name}: {message_id} stays: {reason}", file=sys.stderr)


def _known(stack: DeployedStack, queues: Sequence[Queue]) -> list[Queue]:
    missing = [queue.name for queue in queues if queue.name not in stack.outputs]
    if missing:
        raise CommandError(
            f"stack {stack.name} has no output {missing[0]}: deploy the template as it is now."
        )
    return list(queues)
