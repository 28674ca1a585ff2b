"""Ctrl-C and its like, for commands that run until they are told to stop."""

from __future__ import annotations

import signal
from typing import NoReturn


def heed() -> None:
    """SIGTERM ends it like Ctrl-C, so that nothing stays behind."""
    signal.signal(signal.SIGTERM, _interrupt)
    # A shell that starts this in the background has it ignore Ctrl-C's signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
