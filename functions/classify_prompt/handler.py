"""ClassifyPrompt: has a text classifier score a prompt, and judges the scores by the policy."""

import functools
from dataclasses import asdict, dataclass
from typing import Any

from classify_prompt.classify import Answers, Backend, judge
from classify_prompt.verdict import STAGE
from shared.bedrock_runtime import Guardrail
from shared.comprehend import CustomClassifier, LanguageDetection, ToxicityDetection
from shared.log import tell
from shared.metrics import Metrics
from shared.policy import Policies
from shared.settings import Environment, SettingsError


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
        """Raises SettingsError, also for a resource without its backend: it would stand idle."""
        env = Environment()
        backend = env.choice("CLASSIFIER_BACKEND", "toxicity", "custom", "guardrail")
        settings = cls(
            warn=env.choice("ON_FLAGGED_PROMPT", "reject", "warn") == "warn",
            backend=backend,
            classifier_endpoint_arn=env.optional("CLASSIFIER_ENDPOINT_ARN"),
            guardrail_arn=env.optional("GUARDRAIL_ARN"),
            guardrail_version=env.optional("GUARDRAIL_VERSION"),
            policy_bucket=env.optional("POLICY_BUCKET"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )
        for owner, name, value in (
            ("custom", "CLASSIFIER_ENDPOINT_ARN", settings.classifier_endpoint_arn),
            ("guardrail", "GUARDRAIL_ARN", settings.guardrail_arn),
            ("guardrail", "GUARDRAIL_VERSION", settings.guardrail_version),
        ):
            if (backend == owner) != bool(value):
                state = "given" if value else "missing"
                raise SettingsError(f"CLASSIFIER_BACKEND is {backend}, and {name} is {state}")
        return settings


@functools.cache
def build() -> tuple[Settings, Backend, LanguageDetection, Policies[dict[str, Any]]]:
    """Settings, the backend they choose, the detector and the policies: at the first call."""
    settings = Settings.from_env()
    policies = Policies("classifier", settings.policy_bucket, dict)
    return settings, _backend(settings), LanguageDetection(), policies


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, prompt, language, policy} in.

    {verdict, reasons, warnings, model, usage, classification: {backend, language: {code, source},
    scores}} out; scores are null where nobody was asked for them.
    """
    settings, backend, detector, policies = build()
    pins = event.get("policy")
    answers = Answers(event, backend, detector)

    def decided(policy: dict[str, Any]) -> dict[str, Any]:
        return judge(answers, backend.name, policy, settings.warn)

    policy = policies.active(pins)
    decision = decided(policy)
    language = asdict(answers.language(policy))
    labels = sorted({reason.get("label", "") for reason in decision["reasons"]})
    tell(
        "prompt",
        request_id=event["request_id"],
        verdict=decision["verdict"],
        labels=labels,
        language=language,
    )
    Metrics(settings.metrics_namespace).count(
        "Classifications", Backend=backend.name, Verdict=decision["verdict"]
    )
    return {
        **policies.shadowed(pins, STAGE, decision, decided),
        "model": backend.model(),
        "usage": answers.usage,
        "classification": {
            "backend": backend.name,
            "language": language,
            "scores": answers.scores(policy),
        },
    }


def _backend(settings: Settings) -> Backend:
    if settings.backend == "custom":
        return CustomClassifier(settings.classifier_endpoint_arn)
    if settings.backend == "guardrail":
        return Guardrail(settings.guardrail_arn, settings.guardrail_version)
    return ToxicityDetection()
