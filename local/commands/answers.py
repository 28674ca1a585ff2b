"""`--answer safe,unsafe,slow:3`: what the local painter is told to do for one prompt."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

Step = str | dict[str, float | str]
_WORDS = ("safe", "unsafe", "black", "uniform", "fail", "expire")


def answers(text: str) -> list[Step]:
    """One step per attempt, the last for all that follow. ArgumentTypeError for anything else."""
    return [_step(word.strip()) for word in text.split(",")]


def _step(word: str) -> Step:
    kind, _, value = word.partition(":")
    if kind == "slow":
        return {"slow": _seconds(word, value)}
    if kind == "picture":
        return {"given": _encoded(value)}
    if word not in _WORDS:
        raise argparse.ArgumentTypeError(
            f"{word!r} is no answer; there are {', '.join(_WORDS)}, slow:SECONDS and picture:FILE"
        )
    return word


def _seconds(word: str, number: str) -> float:
    try:
        return float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r} needs its seconds, as in slow:3") from None


def _encoded(file: str) -> str:
    try:
        return base64.b64encode(Path(file).read_bytes()).decode()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {file}: {error.strerror}") from None
