"""Looks at the endpoint and its queue, and notes what it sees for GenerateImages to read."""

from dataclasses import dataclass
from datetime import datetime

from shared.application_auto_scaling import AutoScaling
from shared.inferences import Inferences
from shared.queue_look import Look, Queue
from shared.sagemaker import Endpoints
from shared.settings import Environment
from watch_endpoint.watching import Seen, look_again


@dataclass(frozen=True)
class Settings:
    """WatchEndpoint's variables."""

    inferences_table: str
    endpoint_name: str
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            inferences_table=env.text("INFERENCES_TABLE"),
            endpoint_name=env.text("ENDPOINT_NAME"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Watcher:
    """What watching needs."""

    endpoint_name: str
    inferences: Inferences
    queue: Queue
    endpoints: Endpoints
    auto_scaling: AutoScaling


def watch(watcher: Watcher, now: datetime) -> Look:
    """One look, noted. A call that fails ends it without one: the last look then grows old, and
    an old look is none."""
    before, finished = watcher.queue.seen()
    standing = watcher.endpoints.standing(watcher.endpoint_name)
    variants = standing.variants if standing else ()
    look = look_again(
        before,
        Seen(
            standing=standing,
            most_instances=watcher.auto_scaling.most_instances(watcher.endpoint_name, variants),
            backlog=watcher.inferences.count_owed(),
            finished=finished,
        ),
        now,
    )
    watcher.queue.note(look)
    return look
