"""FilterKeywords: judges words by the policy's lists. Calls AWS for a published policy only."""

import functools
from dataclasses import dataclass
from typing import Any

from shared.keywords.lists import KeywordLists, prepare
from shared.keywords.verdict import STAGE, decide
from shared.log import tell
from shared.policy import Policies
from shared.settings import Environment


@dataclass(frozen=True)
class Settings:
    """FilterKeywords' variables."""

    warn: bool
    policy_bucket: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            warn=env.choice("ON_FLAGGED_PROMPT", "reject", "warn") == "warn",
            policy_bucket=env.optional("POLICY_BUCKET"),
        )


@functools.cache
def build() -> tuple[Settings, Policies[KeywordLists]]:
    """Settings and the lists of the policies, made at the first call."""
    settings = Settings.from_env()
    return settings, Policies("keywords", settings.policy_bucket, prepare)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, prompt, negative_prompt, policy} in; {verdict, reasons, warnings} out."""
    settings, policies = build()
    pins = event.get("policy")

    def judge(lists: KeywordLists) -> dict[str, Any]:
        return decide(event["prompt"], event["negative_prompt"], lists, settings.warn)

    decision = judge(policies.active(pins))
    categories = sorted({reason["category"] for reason in decision["reasons"]})
    tell(
        "prompt", request_id=event["request_id"], verdict=decision["verdict"], categories=categories
    )
    return policies.shadowed(pins, STAGE, decision, judge)
