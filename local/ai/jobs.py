"""What an asynchronous endpoint is told: its configuration, and one job with how it is to go."""

from collections.abc import Callable
from dataclasses import dataclass

from local.ai.generator import Painter, ordinary
from local.ai.notices import Invocation


@dataclass(frozen=True)
class EndpointConfig:
    """What AsyncInferenceConfig says in AWS. `time_scale` divides the limits on age and duration,
    so that a test need not wait the least of 60 seconds that AWS allows. `container` is the address
    of a model server that answers instead of the painter; `workers` is how many jobs one instance
    takes at a time, MaxConcurrentInvocationsPerInstance."""

    output_path: str
    failure_path: str | None = None
    success_topic: str | None = None
    error_topic: str | None = None
    workers: int = 2
    time_scale: float = 1.0
    container: str | None = None


@dataclass(frozen=True)
class Direction:
    """How one invocation is to go; as it stands, the ordinary way. Times in seconds; `output` is
    whether anything is stored, a failure's reason included."""

    painter: Painter = ordinary
    slow: float = 0.0
    fault: int | None = None
    expire: bool = False
    notices: int = 1
    output: bool = True
    output_after: float = 0.0
    notice_after: float = 0.0
    spoil: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Job:
    invocation: Invocation
    body: bytes | None
    direction: Direction
