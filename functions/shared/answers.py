"""What a judge's reply must be before anything in it is taken for a verdict.

botocore passes members on as they came, whatever their type, and trips over a body that is of
another shape as a whole. Neither may end as an empty list, as a score of 0, or as an error that
nobody tries again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared import aws
from shared.errors import UnusableVerdict

# Scores are 32-bit numbers on their way here: a whole may arrive as a little more.
_ROUNDING = 1 + 1e-6
# What botocore and the readers here raise over a body of another shape.
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def read_from(service: str) -> Iterator[None]:
    """Around a call and all reading of its reply.

    Raises what aws.translated() raises, and UnusableVerdict for a reply that cannot be read.
    """
    try:
        with aws.translated():
            yield
    except _UNREADABLE as error:
        raise UnusableVerdict(f"{service}'s answer cannot be read: {error}") from error


def rows(place: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The list under a name, empty where there is none. Raises TypeError."""
    found = place.get(name, [])
    if not isinstance(found, list):
        raise TypeError(f"{name} is no list")
    return found


def text(row: dict[str, Any], name: str) -> str:
    """The text under a name, which must be there. Raises TypeError."""
    found = row.get(name)
    if not isinstance(found, str) or not found:
        raise TypeError(f"{name} is no text")
    return found


def score(row: dict[str, Any], name: str, whole: float = 1.0) -> float:
    """The number under a name as a part of the whole, 0 to 1. Raises TypeError or ValueError."""
    found = row.get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise TypeError(f"{name} is no number")
    if not 0 <= found <= whole * _ROUNDING:
        raise ValueError(f"{name} is not from 0 to {whole:g}")
    return min(found / whole, 1.0)
