"""The demo's requests, and how each is expected to end.

What is asked lies in events/. `answers` are told to the AI stand-ins for the scenario's prompt; the
functions know nothing of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack import ROOT

ALREADY = "ALREADY_REQUESTED"
EVENTS = ROOT / "events"
FAILS = "fail"
BLOOD: dict[str, Any] = {"picture": "unsafe", "label": "Graphic Violence", "confidence": 96}
WEAPONS: dict[str, Any] = {"picture": "unsafe", "label": "Weapon Violence", "confidence": 91}


@dataclass(frozen=True)
class Decision:
    """What the demo's reviewer decides: approve or reject, and why."""

    verdict: str
    reason: str


@dataclass(frozen=True)
class Scenario:
    """One request. `after` names the scenario that must have ended before this one is sent.

    What the policy is unsure of waits for a person, and has their `decision`.
    """

    name: str
    title: str
    file: str
    expected: str
    answers: tuple[str | dict[str, Any], ...] = ()
    warn: bool = False
    after: str = ""
    decision: Decision | None = None

    @property
    def path(self) -> Path:
        return EVENTS / self.file

    @property
    def is_event(self) -> bool:
        return self.file.startswith("requests/")

    @property
    def is_call(self) -> bool:
        return self.file.startswith("api/")

    @property
    def came_by(self) -> str:
        """How the request reaches Safelight, for people."""
        if self.is_event:
            return "event ImageRequested"
        if self.is_call:
            return "POST /api/images"
        return f"{self.path.suffix} file"

    @property
    def fails(self) -> bool:
        """Whether it spends its time waiting for another try, and so keeps nobody waiting."""
        return FAILS in self.answers

    @property
    def prompt(self) -> str:
        """What is asked for, as the file says it."""
        text = self.path.read_text("utf-8")
        asked = text if self.path.suffix == ".txt" else json.loads(text)["prompt"]
        return " ".join(asked.split())


# Those that wait between retries come first, so that the others run meanwhile.
SCENARIOS = (
    Scenario("clean-json", "A file with options, two pictures", "prompts/clean.json", "COMPLETED"),
    Scenario(
        "endpoint-fails", "The endpoint fails for good", "prompts/endpoint_fails.txt", "FAILED",
        answers=(FAILS,),
    ),
    Scenario(
        "endpoint-recovers", "The endpoint fails once", "prompts/endpoint_recovers.txt",
        "COMPLETED", answers=(FAILS, "safe"),
    ),
    Scenario(
        "uncertain-approved", "Unsure: a person approves", "prompts/uncertain_approved.json",
        "COMPLETED", decision=Decision("approve", "a soldier at rest, and nothing graphic"),
    ),
    Scenario(
        "uncertain-rejected", "Unsure: a person rejects", "prompts/uncertain_rejected.txt",
        "BLOCKED_PROMPT", decision=Decision("reject", "this service shows no killed animals"),
    ),
    Scenario("clean-txt", "A plain text file", "prompts/clean.txt", "COMPLETED"),
    Scenario("clean-event", "An event on the bus", "requests/clean.json", "COMPLETED"),
    Scenario("clean-call", "A call of the API", "api/clean.json", "COMPLETED"),
    Scenario(
        "keyword", "A word of the policy's lists", "prompts/keyword.txt", "BLOCKED_PROMPT",
    ),
    Scenario(
        "keyword-obfuscated", "The same word, disguised", "prompts/keyword_obfuscated.txt",
        "BLOCKED_PROMPT",
    ),
    Scenario(
        "classifier", "Only the classifier objects", "prompts/classifier.txt", "BLOCKED_PROMPT",
    ),
    Scenario("invalid", "A field that does not exist", "prompts/invalid.json", "INVALID"),
    Scenario(
        "same-again", "The first file once more", "prompts/clean.json", ALREADY,
        after="clean-json",
    ),
    Scenario(
        "unsafe-then-safe", "Unsafe picture, then a safe one", "prompts/unsafe_then_safe.json",
        "COMPLETED", answers=(WEAPONS, "safe"),
    ),
    Scenario(
        "unsafe-always", "Unsafe to the last attempt", "prompts/unsafe_always.json",
        "BLOCKED_IMAGE", answers=(BLOOD,),
    ),
    Scenario(
        "black", "The model blots its picture out", "prompts/black.txt", "MODEL_FILTERED",
        answers=("black",),
    ),
    Scenario(
        "warn-flagged", "Warn mode: flagged, pictures safe", "prompts/warn_flagged.txt",
        "COMPLETED", warn=True,
    ),
    Scenario(
        "warn-unsafe", "Warn mode: flagged, pictures unsafe", "prompts/warn_unsafe.txt",
        "BLOCKED_IMAGE", answers=(BLOOD,), warn=True,
    ),
)  # fmt: skip
