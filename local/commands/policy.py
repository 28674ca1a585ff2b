"""`safelight policy`: check the policy file, compile it into what the functions ship with."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError

_EXAMPLES = """\
  safelight policy check                  is the file sound, and is what ships made from it?
  safelight policy check my-policy.json   is this file sound?
  safelight policy compile                after an edit of policy/default.json
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "policy", "check the policy, or compile it into functions/", _EXAMPLES, run
    )
    parser.add_argument("what", choices=("check", "compile"))
    parser.add_argument(
        "file", type=Path, nargs="?", help="another policy file (default: policy/default.json)"
    )


def run(args: argparse.Namespace) -> int:
    """Check or compile."""
    from local.policy.compilation import COMPILED, compiled, write_compiled
    from local.policy.source import POLICY, PolicyError, read_policy

    path = args.file or POLICY
    try:
        policy = read_policy(path)
    except (PolicyError, OSError) as error:
        raise CommandError(f"{error}\nThe functions keep the policy they have.") from error
    if args.what == "compile":
        write_compiled(policy)
        print(f"Compiled version {policy['version']} into {COMPILED}.")
        return SUCCESS
    parts = compiled(policy)
    stale = [name for name in parts if _content(COMPILED / name) != parts[name]]
    if stale and path == POLICY:
        raise CommandError(
            f"the policy is sound, but {', '.join(stale)} in {COMPILED} is not made from it: "
            "run `safelight policy compile`."
        )
    print(f"{path} is sound (version {policy['version']}).")
    return SUCCESS


def _content(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
