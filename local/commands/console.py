"""The console of the commands with tables and long lines."""

from __future__ import annotations

import sys

from rich.console import Console

_NO_WINDOW = 200


def console() -> Console:
    """As wide as the window; where there is none (a pipe, a log), wide enough for every table."""
    return Console(width=None if sys.stdout.isatty() else _NO_WINDOW)
