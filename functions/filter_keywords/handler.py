"""FilterKeywords: judges a prompt's words by the policy's lists. Calls no AWS service."""

import functools
from dataclasses import dataclass
from typing import Any

from filter_keywords.decide import decide
from shared.log import tell
from shared.policy import policy_part
from shared.settings import Environment


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
    return Settings.from_env(), policy_part("keywords")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, prompt, negative_prompt} in; {verdict, reasons, warnings} out."""
    settings, lists = build()
    decision = decide(event["prompt"], event["negative_prompt"], lists, settings.warn)
    categories = sorted({reason["category"] for reason in decision["reasons"]})
    tell(
        "prompt", request_id=event["request_id"], verdict=decision["verdict"], categories=categories
    )
    return decision
