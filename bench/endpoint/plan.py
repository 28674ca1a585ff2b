"""What is measured, in which order, and what came of it. Needs no torch."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

DIFFUSERS, PIPELINE, SERVER = "plain diffusers", "our pipeline", "our server"


@dataclass(frozen=True)
class Plan:
    """What the command line asks for. Sizes in pixels, `batches` in pictures or clients."""

    architecture: str
    size: int
    steps: int
    peer_steps: int
    batches: tuple[int, ...]
    rounds: int
    # Requests that each client of the server sends, one after the other, in a measurement.
    requests: int
    dtype: str
    threads: int
    compiled: bool

    def server_variables(self, folder: str) -> dict[str, str]:
        """The settings of pipeline and server, as the container reads them."""
        numbers = ",".join(str(batch) for batch in self.batches)
        return {
            "SM_MODEL_DIR": folder,
            "MAX_BATCH": str(max(self.batches)),
            "SIDE": str(self.size),
            "STEPS": str(self.steps),
            "DTYPE": self.dtype,
            "THREADS": str(self.threads),
            "COMPILE": "1" if self.compiled else "0",
            "BUCKETS": f"{self.size}x{self.size}:{numbers}",
        }


@dataclass(frozen=True)
class Case:
    """One line of the table: who paints, how many at a time, in how many steps."""

    arm: str
    batch: int
    steps: int


@dataclass
class Measured:
    """The runs of a case: pictures a second of each; bytes at most; seconds of each request."""

    case: Case
    # Of one picture.
    flop: float
    rates: list[float] = field(default_factory=list)
    peak_bytes: int | None = None
    request_seconds: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def cases(plan: Plan) -> list[Case]:
    """Plain diffusers paints one picture at a time: in its own number of steps, and in ours."""
    peers = [Case(DIFFUSERS, 1, steps) for steps in dict.fromkeys((plan.peer_steps, plan.steps))]
    ours = [Case(arm, batch, plan.steps) for arm in (PIPELINE, SERVER) for batch in plan.batches]
    return [*peers, *ours]


def rounds(of: Sequence[Case], number: int, seed: int = 0) -> Iterator[list[Case]]:
    """Every case once a round, each round in another order: what else the machine does hits all."""
    order = random.Random(seed)
    for _ in range(number):
        yield order.sample(of, len(of))


def document(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """For JSON, and back by `read`."""
    return [asdict(one) for one in measured]


def read(rows: Sequence[dict[str, Any]]) -> list[Measured]:
    """What `document` wrote."""
    return [Measured(**row | {"case": Case(**row["case"])}) for row in rows]
