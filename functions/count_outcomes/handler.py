"""CountOutcomes: counts what requests and jobs came to, from the events on the stack's own bus."""

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
    """The event of a request's or a job's end in; {values} out: how many were written.

    An event that comes twice counts twice: delivery is at least once, and these are no accounts.
    """
    metrics, known = build()
    outcome = event["detail"]
    values = values_of(outcome, known)
    for value in values:
        metrics.put(value.metric, value.value, **value.dimensions)
    if "job_id" in outcome:
        tell("job", job_id=outcome["job_id"], status=outcome["status"])
    else:
        tell("outcome", request_id=outcome["request_id"], status=outcome["status"])
    return {"values": len(values)}
