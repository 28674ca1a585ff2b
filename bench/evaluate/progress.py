"""What is being judged right now: a spinner on a terminal, a line per finished step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True)
class Steps:
    """`with steps.step("..."):` around each piece of work."""

    console: Console

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what is going on, and afterwards how long it took."""
        started = time.perf_counter()
        with self.console.status(title):
            yield
        spent = time.perf_counter() - started
        self.console.print(f"  {title} [dim]({spent:.1f} s)[/dim]", highlight=False)
