"""CheckPrompt: POST /moderations/prompt, the text layers alone, for whoever has a generator."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from check_prompt.asked import read_asked
from check_prompt.check import Layers
from shared.api import ApiSettings, answer, guarded, json_body, requester
from shared.classification.backends import backend_of, check_backend
from shared.comprehend import LanguageDetection
from shared.dynamodb import Table
from shared.keywords.lists import prepare
from shared.metrics import Metrics
from shared.pinning import Pinning, PolicySettings
from shared.policy import Policies
from shared.quotas import Quotas
from shared.request import MAX_FILE_BYTES
from shared.s3 import Storage
from shared.settings import Environment


@dataclass(frozen=True)
class Settings:
    """CheckPrompt's variables."""

    api: ApiSettings
    quotas_table: str
    checks_per_day: int
    policy: PolicySettings
    warn: bool
    backend: str
    classifier_endpoint_arn: str
    guardrail_arn: str
    guardrail_version: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        settings = cls(
            api=ApiSettings.from_env(env),
            quotas_table=env.text("QUOTAS_TABLE"),
            checks_per_day=env.number("CHECKS_PER_DAY"),
            policy=PolicySettings.from_env(env),
            warn=env.choice("ON_FLAGGED_PROMPT", "reject", "warn") == "warn",
            backend=env.choice("CLASSIFIER_BACKEND", "toxicity", "custom", "guardrail"),
            classifier_endpoint_arn=env.optional("CLASSIFIER_ENDPOINT_ARN"),
            guardrail_arn=env.optional("GUARDRAIL_ARN"),
            guardrail_version=env.optional("GUARDRAIL_VERSION"),
        )
        check_backend(settings)
        return settings


@dataclass(frozen=True)
class Desk:
    """What the handler needs; the quotas where a service is paid."""

    settings: Settings
    pinning: Pinning
    layers: Layers
    quotas: Callable[[], Quotas]


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    layers = Layers(
        settings.warn,
        Policies("keywords", settings.policy.bucket, prepare),
        Policies("classifier", settings.policy.bucket, dict),
        functools.cache(lambda: backend_of(settings)),
        LanguageDetection(),
    )
    quotas = functools.cache(lambda: Quotas(Table(settings.quotas_table)))
    return Desk(settings, Pinning.of(settings.policy, Storage), layers, quotas)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """API Gateway's proxy event in; {statusCode, headers, body} out."""
    desk = build()
    return guarded(desk.settings.api, event, lambda: answer(200, _checked(desk, event)))


def _checked(desk: Desk, event: dict[str, Any]) -> dict[str, Any]:
    settings, metrics = desk.settings, Metrics(desk.settings.api.metrics_namespace)
    who = requester(event, settings.api.auth)
    asked = read_asked(json_body(event, MAX_FILE_BYTES))
    pins, _ = desk.pinning.pins()
    if "classifier" in asked.layers:
        desk.quotas().spend("checks", who, settings.checks_per_day, datetime.now(UTC))
    found = desk.layers.check(asked, pins)
    metrics.count("Checks", Verdict=found["verdict"])
    if classified := found["layers"].get("classifier"):
        verdict = classified["verdict"]
        metrics.count("Classifications", Backend=settings.backend, Verdict=verdict)
    for unit, number in found["usage"].items():
        metrics.count("Usage", number, Unit=unit)
    return found | {"policy_hash": pins["active"]["hash"]}
