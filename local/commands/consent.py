"""Asking before something costs or ends, and for what must be said."""

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


def asked_for(what: str, option: str) -> str:
    """Has it said in the terminal. CommandError where there is none, or where nothing is said."""
    if sys.stdin.isatty():
        try:
            if said := input(f"{what}: ").strip():
                return said
        except EOFError:
            pass
    raise CommandError(f"say {option}. Nothing was done.")
