"""Asking before something costs or ends."""

from __future__ import annotations

import sys

from local.commands.failure import CommandError


def confirmed() -> bool:
    """Asks in the terminal. CommandError where there is none."""
    if not sys.stdin.isatty():
        raise CommandError("nobody to ask here: say --yes. Nothing was done.")
    try:
        return input("Go on? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False
