"""`safelight policy compile`: make what the functions ship with."""

from __future__ import annotations

import argparse

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS
from local.commands.policy_file import add_file, read_file

_EXAMPLES = """\
  safelight policy compile                  after an edit of policy/default.json
  safelight policy compile my-policy.json   have the functions ship with this one
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "compile the policy into what the functions ship with"
    add_file(subcommand(subparsers, "compile", summary, _EXAMPLES, run))


def run(args: argparse.Namespace) -> int:
    """Compile it."""
    from local.policy.compilation import COMPILED, write_compiled

    policy = read_file(args.file)
    write_compiled(policy)
    print(f"Compiled version {policy['version']} into {COMPILED}.")
    return SUCCESS
