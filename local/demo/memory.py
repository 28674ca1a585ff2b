"""What the engine, its functions, the stand-ins and this command hold together."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from local.stack import LocalStack

_FUNCTION = re.compile(r".*-(\w+Function)-\w+")


class Held(NamedTuple):
    """One process; shared pages are divided among those who share them."""

    name: str
    pss: int


def held_by(stack: LocalStack) -> list[Held]:
    """Every process of a running local stack, this one included."""
    held = [Held(_plain(process.name), process.pss) for process in stack.engine.memory()]
    held.append(Held("AI stand-ins", _pss(stack.stand_ins.pid)))
    held.append(Held("this command", _pss(os.getpid())))
    return held


def _plain(name: str) -> str:
    found = _FUNCTION.fullmatch(name)
    return found[1] if found else name


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
