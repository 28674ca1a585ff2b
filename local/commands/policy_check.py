"""`safelight policy check`: is the policy sound, and does what ships come from it?"""

from __future__ import annotations

import argparse
from pathlib import Path

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.commands.policy_file import add_file, read_file

_EXAMPLES = """\
  safelight policy check                  is the file sound, and is what ships made from it?
  safelight policy check my-policy.json   is this file sound?
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "check the policy against its schema, the taxonomy and what ships"
    add_file(subcommand(subparsers, "check", summary, _EXAMPLES, run))


def run(args: argparse.Namespace) -> int:
    """Check it."""
    from local.policy.compilation import COMPILED, compiled, policy_hash
    from local.policy.source import POLICY

    policy = read_file(args.file)
    if args.file in (None, POLICY):
        parts = compiled(policy)
        stale = [name for name in parts if _content(COMPILED / name) != parts[name]]
        if stale:
            raise CommandError(
                f"the policy is sound, but {', '.join(stale)} in {COMPILED} is not made from it: "
                "run `safelight policy compile`."
            )
    print(f"{args.file or POLICY} is sound (version {policy['version']}, {policy_hash(policy)}).")
    return SUCCESS


def _content(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
