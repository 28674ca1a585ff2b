"""`--answer safe,unsafe,slow:3`: what the local painter is told to do for one prompt."""

from __future__ import annotations

import argparse

Step = str | dict[str, float]
_WORDS = ("safe", "unsafe", "black", "uniform", "fail", "expire")


def answers(text: str) -> list[Step]:
    """One step per attempt, the last for all that follow. ArgumentTypeError for anything else."""
    return [_step(word.strip()) for word in text.split(",")]


def _step(word: str) -> Step:
    kind, _, number = word.partition(":")
    if kind == "slow":
        try:
            return {"slow": float(number)}
        except ValueError:
            raise argparse.ArgumentTypeError(f"{word!r} needs its seconds, as in slow:3") from None
    if word not in _WORDS:
        raise argparse.ArgumentTypeError(
            f"{word!r} is no answer; there are {', '.join(_WORDS)} and slow:SECONDS"
        )
    return word
