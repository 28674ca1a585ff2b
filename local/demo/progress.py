"""What the demo shows while it runs: a live table on a terminal, a line per ending elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from local.demo.session import Run
from local.record_text import COLOURS, OPEN, tone

_WAITS = "IN_REVIEW, waits for a person"


class Progress:
    """`with Progress(console, runs) as progress:`; call changed() when there is news."""

    def __init__(self, console: Console, runs: list[Run]) -> None:
        self._console, self._runs = console, runs
        self._told: set[str] = set()
        self._waited: set[str] = set()
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def changed(self) -> None:
        """Show the runs as they are now."""
        if self._console.is_terminal:
            self._live.update(self._table(), refresh=True)
            return
        for run in self._runs:
            if run.in_review and run.scenario.name not in self._waited:
                self._waited.add(run.scenario.name)
                self._console.print(f"  {run.scenario.title}: {_WAITS}")
            if run.ended and run.scenario.name not in self._told:
                self._told.add(run.scenario.name)
                self._console.print(f"  {run.scenario.title}: {run.outcome} ({run.seconds:.1f} s)")

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for name in ("request", "now", "seconds"):
            table.add_column(name, justify="right" if name == "seconds" else "left", no_wrap=True)
        for run in self._runs:
            seconds = f"{run.seconds:.1f}" if run.token else ""
            table.add_row(run.scenario.title, stage_of(run), seconds)
        return table


def stage_of(run: Run) -> Text:
    """The outcome, or the state that the request is in."""
    if run.ended:
        return Text(run.outcome, style=COLOURS[tone(run.outcome)])
    if run.in_review:
        return Text(_WAITS, style=COLOURS[OPEN])
    if run.execution is not None:
        return Text(run.execution.stage or "starting", style="cyan")
    return Text("on its way" if run.token else "waiting its turn", style="dim")
