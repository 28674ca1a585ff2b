"""Processor time of the engine's function processes, read from the kernel's clocks of them.

A process' clock (clock_getcpuclockid(3)) counts nanoseconds of all its threads: the function's
code, the runtime client, the SDK. It does not count waiting, so that a busy machine adds little.
"""

from __future__ import annotations

import time
from pathlib import Path

from local.engine.memory import tree

_VARIABLE = b"AWS_LAMBDA_FUNCTION_NAME="
# clock_getcpuclockid(3) makes the clock's id of the process' so: CPUCLOCK_SCHED is 2.
_SCHED = 2


class Processor:
    """Of the functions below one engine's process."""

    def __init__(self, engine_pid: int) -> None:
        self._engine = engine_pid
        self._names: dict[int, str] = {}
        self._read: dict[int, float] = {}

    def spent(self) -> dict[str, float]:
        """Milliseconds by function since the last call; a new process counts from its start."""
        found: dict[str, float] = {}
        before, self._read = self._read, {}
        for pid in tree(self._engine):
            if pid == self._engine:
                continue
            try:
                now = time.clock_gettime((~pid << 3) | _SCHED)
                name = self._name(pid)
            except OSError:
                continue
            if name:
                found[name] = found.get(name, 0.0) + 1000 * (now - before.get(pid, 0.0))
                self._read[pid] = now
        return found

    def _name(self, pid: int) -> str:
        """Empty while the process is no function yet: a shell starts each."""
        if not self._names.get(pid):
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            names = (v.removeprefix(_VARIABLE) for v in variables if v.startswith(_VARIABLE))
            self._names[pid] = next(names, b"").decode()
        return self._names[pid]
