"""Rounds of starts: in each every function once, among them each bare handler that some share."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.cold_start.clients import CLIENTS, beside
from bench.cold_start.figures import Comparison, Ratio, ratio_of
from bench.cold_start.measure import Start, bare_module, start_of, task_folder

Tell = Callable[[str], None]


@dataclass
class Measured:
    """Starts by function and by the bare handlers' clients; `again` is the first of those, twice.

    `unlike` are functions whose build() makes other clients than CLIENTS says.
    """

    ours: dict[str, list[Start]] = field(default_factory=dict)
    bare: dict[tuple[str, ...], list[Start]] = field(default_factory=dict)
    again: tuple[list[Start], list[Start]] = field(default_factory=lambda: ([], []))
    rounds: int = 0
    seconds: float = 0.0

    @property
    def unlike(self) -> list[str]:
        return [
            name for name, starts in self.ours.items() if starts[0].clients != tuple(CLIENTS[name])
        ]

    def noise(self) -> Ratio:
        """A bare handler against itself, measured again at the end of those that share it."""
        first, second = self.again
        return ratio_of([start.ms for start in second], [start.ms for start in first])

    def comparison(self, function: str) -> Comparison:
        return compared(self.ours[function], self.bare[beside(function)])


def compared(ours: list[Start], bare: list[Start]) -> Comparison:
    """Of starts from the same rounds."""
    return Comparison(
        min(start.ms for start in ours),
        min(start.ms for start in bare),
        ratio_of([start.ms for start in ours], [start.ms for start in bare]),
        statistics.median(start.mib for start in ours),
        statistics.median(start.mib for start in bare),
        len(ours[0].modules),
    )


def plan(functions: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """The functions by the bare handler that they share, most shared first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in functions:
        groups.setdefault(beside(name), []).append(name)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def measure(functions: list[str], rounds: int, seconds: float, tell: Tell) -> Measured:
    """So many rounds; with `seconds` no more than fit into them, but two."""
    found, groups = Measured(), plan(functions)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        task = task_folder(Path(folder))
        modules = {clients: bare_module(task, clients) for clients in groups}
        while found.rounds < rounds:
            _round(found, task, groups, modules, lambda name: tell(_doing(found, rounds, name)))
            found.rounds += 1
            found.seconds = time.monotonic() - began
            # Another round must fit, too.
            if seconds and found.rounds > 1 and found.seconds * (1 + 1 / found.rounds) > seconds:
                break
    found.ours = {name: found.ours[name] for name in functions}
    return found


def _round(
    found: Measured,
    task: Path,
    groups: dict[tuple[str, ...], list[str]],
    modules: dict[tuple[str, ...], str],
    tell: Tell,
) -> None:
    for at, (clients, names) in enumerate(groups.items()):
        tell(modules[clients])
        bare = start_of(task, modules[clients])
        found.bare.setdefault(clients, []).append(bare)
        # Whoever comes late in one round comes early in the next.
        for name in names if found.rounds % 2 else names[::-1]:
            tell(name)
            found.ours.setdefault(name, []).append(start_of(task, f"{name}.handler"))
        if at == 0:
            found.again[0].append(bare)
            found.again[1].append(start_of(task, modules[clients]))


def _doing(found: Measured, rounds: int, name: str) -> str:
    return f"round {found.rounds + 1} of at most {rounds}: {name}"
