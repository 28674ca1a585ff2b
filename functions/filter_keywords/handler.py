"""FilterKeywords: judges a prompt's words by the policy's lists. Calls no AWS service."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filter_keywords.keywords import decide
from shared.log import tell
from shared.settings import Environment

_LISTS = Path(__file__).parents[1] / "compiled" / "keywords.json"


@dataclass(frozen=True)
class Settings:
    """FilterKeywords' variables."""

    warn: bool

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        return cls(warn=Environment().choice("ON_FLAGGED_PROMPT", "reject", "warn") == "warn")


@functools.cache
def build() -> tuple[Settings, dict[str, Any]]:
    """Settings and the compiled lists, read at the first call."""
    return Settings.from_env(), json.loads(_LISTS.read_text("utf-8"))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, prompt, negative_prompt} in; {verdict, reasons, warnings} out."""
    settings, lists = build()
    decision = decide(event["prompt"], event["negative_prompt"], lists, settings.warn)
    categories = sorted({reason["category"] for reason in decision["reasons"]})
    tell(
        "prompt", request_id=event["request_id"], verdict=decision["verdict"], categories=categories
    )
    return decision
