"""`safelight endpoint`: give a stack in an account its generator, look at it, take it down."""

from __future__ import annotations

from local.commands import endpoint_adopt, endpoint_delete, endpoint_status
from local.commands.arguments import Subparsers, subcommand

_EXAMPLES = """\
  safelight endpoint adopt --model sd-2-1 --stack safelight --dry-run   what would be made?
  safelight endpoint status --stack safelight                           is it awake?
  safelight endpoint delete --stack safelight                           it costs no more
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "give a stack in an account its generator, look at it, take it down"
    parser = subcommand(subparsers, "endpoint", summary, _EXAMPLES)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (endpoint_adopt, endpoint_status, endpoint_delete):
        command.add_to(commands)
