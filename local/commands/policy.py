"""`safelight policy`: everything an operator does with the policy, a module per subcommand."""

from __future__ import annotations

from local.commands import (
    policy_check,
    policy_compile,
    policy_diff,
    policy_explain,
    policy_explain_image,
    policy_import_terms,
    policy_publish,
    policy_replay,
)
from local.commands.arguments import Subparsers, subcommand

_EXAMPLES = """\
  safelight policy check                       is the file sound, and is what ships made from it?
  safelight policy explain "a nude statue"     what does each layer say to a prompt?
  safelight policy diff old.json new.json      what is different?
  safelight policy publish my-policy.json      have a deployed stack judge by it
  safelight policy COMMAND --help              more of each
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "policy", "check, compare, try and publish the policy", _EXAMPLES
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (
        *(policy_check, policy_compile, policy_diff, policy_explain, policy_explain_image),
        *(policy_import_terms, policy_replay, policy_publish),
    ):
        command.add_to(commands)
