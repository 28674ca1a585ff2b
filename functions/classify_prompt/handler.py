"""ClassifyPrompt: has Comprehend score a prompt, and judges the scores by the policy."""

import functools
from dataclasses import dataclass
from typing import Any

from classify_prompt.language import script_language
from classify_prompt.verdict import decide, decide_unread
from shared.comprehend import Backend, CustomClassifier, ToxicityDetection
from shared.log import tell
from shared.policy import policy_part
from shared.settings import Environment


@dataclass(frozen=True)
class Settings:
    """ClassifyPrompt's variables. Without a classifier's endpoint, toxicity detection answers."""

    warn: bool
    classifier_endpoint_arn: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            warn=env.choice("ON_FLAGGED_PROMPT", "reject", "warn") == "warn",
            classifier_endpoint_arn=env.optional("CLASSIFIER_ENDPOINT_ARN"),
        )


@functools.cache
def build() -> tuple[Settings, Backend, dict[str, Any]]:
    """Settings, the backend they choose, and the policy's part, made at the first call."""
    settings = Settings.from_env()
    arn = settings.classifier_endpoint_arn
    backend: Backend = CustomClassifier(arn) if arn else ToxicityDetection()
    return settings, backend, policy_part("classifier")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, prompt, language} in; {verdict, reasons, warnings, model, usage} out."""
    settings, backend, policy = build()
    units = 0
    if backend.reads(event["language"]) and backend.reads(script_language(event["prompt"])):
        scores, units = backend.scores(event["prompt"])
        decision = decide(scores, policy[backend.name], settings.warn)
    else:
        decision = decide_unread(policy["unread_language"], settings.warn)
    labels = sorted({reason.get("label", "") for reason in decision["reasons"]})
    tell("prompt", request_id=event["request_id"], verdict=decision["verdict"], labels=labels)
    return {**decision, "model": backend.model(), "usage": {"comprehend_units": units}}
