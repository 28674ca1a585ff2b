"""The arithmetic: quarters, shares, what other processors and other state machines would make."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# A function with so many megabytes has the equivalent of one vCPU, others as much of one as they
# have of these (Lambda Developer Guide, Configure Lambda function memory).
FULL_CPU_MEGABYTES = 1769
# Milliseconds that a state may take on AWS beside what it calls. Nobody measured it: assumptions.
ASSUMED_STATE_MS = (0.0, 20.0, 40.0, 60.0)


@dataclass(frozen=True)
class Spread:
    """The quarters of `n` values."""

    n: int
    low: float
    middle: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Of one value or more."""
    if len(values) == 1:
        return Spread(1, values[0], values[0], values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(len(values), low, middle, high)


def at_memory(milliseconds: float, megabytes: int) -> float:
    """What takes so long on a whole CPU, on the part of one that the memory brings."""
    return milliseconds * max(1.0, FULL_CPU_MEGABYTES / megabytes)


@dataclass(frozen=True)
class Own:
    """What is ours in a request, in milliseconds and states; of it, what is moderation's."""

    code: float
    moderation_code: float
    states: int
    moderation_states: int

    def share(self, generation_ms: float, state_ms: float = 0.0) -> float:
        """Of the generation's time, if a state takes so long."""
        return (self.code + self.states * state_ms) / generation_ms

    def moderation_share(
        self, generation_ms: float, services_ms: float, state_ms: float = 0.0
    ) -> float:
        """Of the generation's time, with what the moderating services take themselves."""
        ours = self.moderation_code + self.moderation_states * state_ms
        return (services_ms + ours) / generation_ms

    def most_state_ms(self, limit: float, generation_ms: float) -> float:
        """What a state may take for `share` to stay at the limit; negative where none may."""
        return (limit * generation_ms - self.code) / self.states

    def most_moderation_state_ms(
        self, limit: float, generation_ms: float, services_ms: float
    ) -> float:
        """What a state may take for `moderation_share` to stay at the limit."""
        left = limit * generation_ms - services_ms - self.moderation_code
        return left / self.moderation_states


def growth(values: Sequence[float]) -> float:
    """How many times the first the last is."""
    return values[-1] / values[0] if values[0] else float("inf")
