"""The demo's batch: 200 lines of every kind, the same ones each time, and how each must end.

The answers are told to the AI stand-ins for the lines' prompts; the functions know nothing of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from local.demo.scenarios import BLOOD, FAILS, WEAPONS

LINES = 200
Answers = tuple[str | dict[str, Any], ...]
_SUBJECTS = ("a lighthouse", "a red fox", "two sailing boats", "an old mill", "a wooden bridge")
_PLACES = ("by the sea", "in the mountains", "at the edge of a forest", "above a quiet valley")
_LIGHTS = (
    *("at dawn", "at noon", "at dusk", "under a full moon", "in the first snow", "in light rain"),
    *("in autumn", "in spring fog", "on a summer evening"),
)
_SITTERS = ("model", "dancer", "bather")
_ROOMS = ("on a velvet couch", "in a moonlit garden")
_VICTIMS = ("guard", "waiter", "clerk", "driver")
_DRAWN: dict[str, tuple[str, Answers]] = {
    "a knight in a burning tower": ("BLOCKED_IMAGE", (BLOOD,)),
    "a duel on a rope bridge": ("BLOCKED_IMAGE", (BLOOD,)),
    "a hunter beside a campfire": ("COMPLETED", (WEAPONS, "safe")),
    "a pirate on the quay": ("COMPLETED", (WEAPONS, "safe")),
    "a sculpture behind a curtain": ("MODEL_FILTERED", ("black",)),
}
_BROKEN = (
    b'{"prompt": "a lighthouse',
    b"a lighthouse, and no JSON around it",
    b'["a list", "is no request"]',
    b'{"width": 512}',
    b'{"prompt": ""}',
    b'{"prompt": "a lighthouse", "width": 500}',
    b'{"prompt": "a lighthouse", "colour": "red"}',
    b'{"prompt": "a lighthouse", "num_images": 9}',
    b'{"prompt": "a lighth\xf6use"}',
)


@dataclass(frozen=True)
class Line:
    """One line of the file, and the status that it must come to."""

    content: bytes
    expected: str
    prompt: str = ""
    answers: Answers = ()


def lines() -> list[Line]:
    """The file: what is unusual stands spread among what passes."""
    unusual = _unusual()
    found = list(islice(_clean(), LINES - len(unusual)))
    for number, line in enumerate(unusual):
        found.insert(1 + number * LINES // len(unusual), line)
    return found


def content(of: list[Line]) -> bytes:
    """What is dropped."""
    return b"".join(line.content + b"\n" for line in of)


def expected(of: list[Line]) -> dict[str, int]:
    """How many must end how."""
    return dict(Counter(line.expected for line in of))


def _unusual() -> list[Line]:
    # It waits longest, for other tries: so it goes first.
    failing = _line("a ferry that never comes", "FAILED", (FAILS,))
    drawn = [_line(prompt, status, told) for prompt, (status, told) in _DRAWN.items()]
    words = [
        _line(f"a nude {who} {where}", "BLOCKED_PROMPT") for who, where in product(_SITTERS, _ROOMS)
    ]
    texts = [
        _line(f"A masked man attacks a {who} with a knife behind a city bar", "BLOCKED_PROMPT")
        for who in _VICTIMS
    ]
    broken = [Line(content, "INVALID") for content in _BROKEN]
    return [failing, *drawn, *words, *texts, *broken]


def _clean() -> Iterator[Line]:
    for light, place, subject in product(_LIGHTS, _PLACES, _SUBJECTS):
        yield _line(f"{subject} {place} {light}", "COMPLETED")


def _line(prompt: str, status: str, answers: Answers = ()) -> Line:
    """Small pictures: what takes time here is the process."""
    asked = {"prompt": prompt, "width": 256, "height": 256, "language": "en"}
    return Line(json.dumps(asked).encode(), status, prompt, answers)
