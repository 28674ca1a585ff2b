"""CountOutcomes: counts what requests came to, from the result events on the stack's own bus."""

import functools
from dataclasses import dataclass
from typing import Any

from count_outcomes.counting import Known, values_of
from shared.log import tell
from shared.metrics import Metrics
from shared.settings import Environment


@dataclass(frozen=True)
class Settings:
    """CountOutcomes' variables."""

    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        return cls(Environment().text("METRICS_NAMESPACE"))


@functools.cache
def build() -> tuple[Metrics, Known]:
    """The metrics and the names they may have, made at the first call."""
    return Metrics(Settings.from_env().metrics_namespace), Known.from_policy()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """A result event in; {values} out: how many were written.

    An event that comes twice counts twice: delivery is at least once, and these are no accounts.
    """
    metrics, known = build()
    outcome = event["detail"]
    values = values_of(outcome, known)
    for value in values:
        metrics.put(value.metric, value.value, **value.dimensions)
    tell("outcome", request_id=outcome["request_id"], status=outcome["status"])
    return {"values": len(values)}
