"""What engine, functions and stand-ins hold in memory and take of the processors under load."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from types import TracebackType

from bench.soak.system import System
from local.engine import memory

ENGINE, FUNCTIONS, STAND_INS = "engine", "functions", "stand-ins"
_EVERY_SECONDS = 2.0
_TICK = os.sysconf("SC_CLK_TCK")


class Weighing:
    """`with Weighing(system) as weighing:` samples until the block ends.

    `rss`: bytes per group, one list entry per sample. `cpu`: seconds per group over the block.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.rss: dict[str, list[int]] = {ENGINE: [], FUNCTIONS: [], STAND_INS: []}
        self.cpu: dict[str, float] = {}

    def __enter__(self) -> Weighing:
        self._before = self._spent()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()
        spent = self._spent()
        self.cpu = {group: spent[group] - self._before[group] for group in spent}

    def _sample(self) -> None:
        while not self._stopped.wait(_EVERY_SECONDS if self.rss[ENGINE] else 0):
            held = self._system.engine.memory()
            self.rss[ENGINE].append(sum(one.rss for one in held if one.name == ENGINE))
            self.rss[FUNCTIONS].append(sum(one.rss for one in held if one.name != ENGINE))
            with contextlib.suppress(OSError):
                self.rss[STAND_INS].append(memory.of(self._system.stand_ins.pid).rss)

    def _spent(self) -> dict[str, float]:
        """CPU seconds so far; those of the functions include the processes that have ended."""
        engine = self._system.engine.pid
        own, ended = _cpu(engine)
        below = [pid for pid in memory.tree(engine) if pid != engine]
        stand_ins, _ = _cpu(self._system.stand_ins.pid)
        return {
            ENGINE: own,
            FUNCTIONS: ended + sum(_cpu(pid)[0] for pid in below),
            STAND_INS: stand_ins,
        }


def _cpu(pid: int) -> tuple[float, float]:
    """(its own seconds, those of its children that have ended)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    user, system, children_user, children_system = map(int, fields[11:15])
    return (user + system) / _TICK, (children_user + children_system) / _TICK
