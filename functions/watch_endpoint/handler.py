"""WatchEndpoint: every minute, notes how the endpoint stands and how much waits for it."""

import functools
from datetime import UTC, datetime
from typing import Any

from shared.application_auto_scaling import AutoScaling
from shared.dynamodb import Table
from shared.inferences import Inferences
from shared.log import tell
from shared.metrics import Metrics
from shared.queue_look import Look, Queue
from shared.sagemaker import Endpoints
from watch_endpoint.watch import Settings, Watcher, watch


@functools.cache
def build() -> tuple[Metrics, Watcher]:
    """Metrics and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.inferences_table)
    watcher = Watcher(
        settings.endpoint_name, Inferences(table), Queue(table), Endpoints(), AutoScaling()
    )
    return Metrics(settings.metrics_namespace), watcher


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A scheduled event in, of which nothing is read; {state, instances, backlog} out."""
    metrics, watcher = build()
    now = datetime.now(UTC)
    look = watch(watcher, now)
    told = {"state": look.state, "instances": look.instances, "backlog": look.backlog}
    tell("endpoint", **told, most_instances=look.most_instances)
    metrics.put("EndpointInstances", look.instances)
    if look.backlog:
        # Without a queue there is nothing to tell of it: metrics are paid for.
        metrics.put("EndpointBacklog", look.backlog)
        metrics.put("BacklogWithoutCapacitySeconds", seconds_without_capacity(look, now))
    return told


def seconds_without_capacity(look: Look, now: datetime) -> float:
    """For how long something has waited although there was no instance."""
    since = look.without_capacity_since
    return (now - datetime.fromisoformat(since)).total_seconds() if since else 0.0
