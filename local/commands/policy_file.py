"""The policy file that the subcommands of `safelight policy` take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from local.commands.failure import CommandError

_DEFAULT = "policy/default.json"


def add_file(parser: argparse.ArgumentParser) -> None:
    """The file itself, as an argument that may be left out."""
    parser.add_argument(
        "file", type=Path, nargs="?", help=f"another policy file (default: {_DEFAULT})"
    )


def add_policy(parser: argparse.ArgumentParser) -> None:
    """--policy, for commands whose argument is something else."""
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help=f"another policy file (default: {_DEFAULT})"
    )


def read_file(path: Path | None) -> dict[str, Any]:
    """The policy, checked; CommandError says what is wrong with it and where."""
    from local.policy.source import POLICY, PolicyError, read_policy

    try:
        return read_policy(path or POLICY)
    except PolicyError as error:
        raise CommandError(
            f"{error}\nNothing was changed: what judges keeps the policy it has."
        ) from error
    except OSError as error:
        raise CommandError(
            f"cannot read the policy {path or POLICY}: {error.strerror}. Give the path of a policy "
            "file such as policy/default.json."
        ) from error
