"""ClassifyPrompt: has a text classifier score a prompt, and judges the scores by the policy."""

import functools
from dataclasses import asdict, dataclass
from typing import Any

from shared.classification.backends import backend_of, check_backend
from shared.classification.classify import Answers, Backend, judge
from shared.classification.verdict import STAGE
from shared.comprehend import LanguageDetection
from shared.log import tell
from shared.metrics import Metrics
from shared.policy import Policies
from shared.settings import Environment


@dataclass(frozen=True)
class Settings:
    """ClassifyPrompt's variables: the backend, and the one resource that belongs to it."""

    warn: bool
    backend: str
    classifier_endpoint_arn: str
    guardrail_arn: str
    guardrail_version: str
    policy_bucket: str
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        settings = cls(
            warn=env.choice("ON_FLAGGED_PROMPT", "reject", "warn") == "warn",
            backend=env.choice("CLASSIFIER_BACKEND", "toxicity", "custom", "guardrail"),
            classifier_endpoint_arn=env.optional("CLASSIFIER_ENDPOINT_ARN"),
            guardrail_arn=env.optional("GUARDRAIL_ARN"),
            guardrail_version=env.optional("GUARDRAIL_VERSION"),
            policy_bucket=env.optional("POLICY_BUCKET"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )
        check_backend(settings)
        return settings


@functools.cache
def build() -> tuple[Settings, Backend, LanguageDetection, Policies[dict[str, Any]]]:
    """Settings, the backend they choose, the detector and the policies: at the first call."""
    settings = Settings.from_env()
    policies = Policies("classifier", settings.policy_bucket, dict)
    return settings, backend_of(settings), LanguageDetection(), policies


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, prompt, language, policy, reviews} in; reviews says if people decide.

    {verdict, reasons, warnings, model, usage, classification: {backend, language: {code, source},
    scores}} out; scores are null where nobody was asked for them.
    """
    settings, backend, detector, policies = build()
    pins, reviews = event.get("policy"), event.get("reviews", False)
    answers = Answers(event, backend, detector)

    def decided(policy: dict[str, Any]) -> dict[str, Any]:
        return judge(answers, backend.name, policy, settings.warn, reviews)

    policy = policies.active(pins)
    decision = decided(policy)
    labels = sorted({reason.get("label", "") for reason in decision["reasons"]})
    tell(
        "prompt",
        request_id=event["request_id"],
        verdict=decision["verdict"],
        labels=labels,
        language=asdict(answers.language(policy)),
    )
    Metrics(settings.metrics_namespace).count(
        "Classifications", Backend=backend.name, Verdict=decision["verdict"]
    )
    return policies.shadowed(pins, STAGE, decision, decided) | answers.evidence(policy)
