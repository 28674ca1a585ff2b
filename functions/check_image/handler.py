"""CheckImage: POST /moderations/image, the picture layers alone, for whoever has a generator."""

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from check_image.asked import MOST_BODY_BYTES, read_asked
from check_image.check import Panel
from shared.api import ApiSettings, answer, guarded, json_body, requester
from shared.dynamodb import Table
from shared.log import tell
from shared.metrics import Metrics
from shared.moderation.rules import is_known
from shared.pinning import Pinning, PolicySettings
from shared.policy import Policies
from shared.quotas import Quotas
from shared.rekognition import Moderator
from shared.s3 import Storage
from shared.settings import Environment


@dataclass(frozen=True)
class Settings:
    """CheckImage's variables."""

    api: ApiSettings
    quotas_table: str
    checks_per_day: int
    policy: PolicySettings
    check_text: bool

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            api=ApiSettings.from_env(env),
            quotas_table=env.text("QUOTAS_TABLE"),
            checks_per_day=env.number("CHECKS_PER_DAY"),
            policy=PolicySettings.from_env(env),
            check_text=env.flag("CHECK_TEXT_IN_IMAGES"),
        )


@dataclass(frozen=True)
class Desk:
    """What the handler needs."""

    settings: Settings
    pinning: Pinning
    panel: Panel
    quotas: Quotas


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    lists = None
    if settings.check_text:
        # Lists and matcher cost a quarter of a cold start that others need not pay.
        from shared.keywords.lists import prepare

        lists = Policies("keywords", settings.policy.bucket, prepare)
    panel = Panel(Moderator(), Policies("images", settings.policy.bucket, dict), lists)
    pinning = Pinning.of(settings.policy, Storage)
    return Desk(settings, pinning, panel, Quotas(Table(settings.quotas_table)))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """API Gateway's proxy event in; {statusCode, headers, body} out."""
    desk = build()
    return guarded(desk.settings.api, event, lambda: answer(200, _checked(desk, event)))


def _checked(desk: Desk, event: dict[str, Any]) -> dict[str, Any]:
    settings = desk.settings
    who = requester(event, settings.api.auth)
    picture = read_asked(json_body(event, MOST_BODY_BYTES))
    pins, _ = desk.pinning.pins()
    desk.quotas.spend("checks", who, settings.checks_per_day, datetime.now(UTC))
    found = desk.panel.check(picture, pins)
    known = not found["model"] or is_known(found["model"], desk.panel.rules.active(pins))
    _count(found, known, Metrics(settings.api.metrics_namespace))
    return found | {"policy_hash": pins["active"]["hash"]}


def _count(found: dict[str, Any], known: bool, metrics: Metrics) -> None:
    metrics.count("Checks", Verdict=found["verdict"])
    for unit, number in found["usage"].items():
        metrics.count("Usage", number, Unit=unit)
    against = [*found["reasons"], *found["warnings"]]
    if any(reason["rule"] == "unknown_label" for reason in against):
        metrics.count("UnknownLabel")
    if not known:
        tell("unknown_model_version", model=found["model"])
        metrics.count("UnknownModelVersion")
