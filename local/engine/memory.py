"""What a running engine holds in memory, read from /proc."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class ProcessMemory(NamedTuple):
    """What one process of the engine holds; PSS shares common pages out fairly."""

    name: str
    rss: int
    pss: int


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield from tree(int(child))


def of(pid: int) -> ProcessMemory:
    """One process; a function's is named after the function."""
    process = Path(f"/proc/{pid}")
    fields = dict(
        line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:]
    )
    variables = (process / "environ").read_bytes().split(b"\0")
    names = [v.split(b"=", 1)[1] for v in variables if v.startswith(b"AWS_LAMBDA_FUNCTION_NAME=")]
    sizes = {name: int(fields[name].split()[0]) * 1024 for name in ("Rss", "Pss")}
    return ProcessMemory(names[0].decode() if names else "engine", sizes["Rss"], sizes["Pss"])
