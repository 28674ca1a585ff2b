"""Shows the tables: in the terminal, and in docs/performance.md between its two marks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.latency.tables import Grid

BEGIN, END = "<!-- bench-latency writes what follows -->", "<!-- end of bench-latency -->"
_COLOURS = {"met": "green", "missed": "bold red"}


def print_grid(console: Console, grid: Grid) -> None:
    """One table with its caption."""
    table = Table(
        title=grid.title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        caption=grid.caption,
        caption_justify="left",
    )
    for index, column in enumerate(grid.columns):
        table.add_column(column, justify="right" if index else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*(_coloured(cell) for cell in row))
    console.print(table, "")


def _coloured(cell: str) -> str:
    colour = _COLOURS.get(cell)
    return f"[{colour}]{cell}[/]" if colour else cell


def markdown(head: str, grids: Iterable[Grid]) -> str:
    """The same as a document has it."""
    parts = [head]
    for grid in grids:
        rows = [grid.columns, ("---", *("---:" for _ in grid.columns[1:])), *grid.rows]
        lines = "\n".join(f"| {' | '.join(cell.strip() for cell in row)} |" for row in rows)
        parts += [f"**{grid.title}**", lines, grid.caption]
    return "\n\n".join(part for part in parts if part)


def write_docs(document: Path, text: str) -> None:
    """Put the text between the document's marks; ValueError where it has none."""
    content = document.read_text("utf-8")
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} lacks the marks of bench-latency")
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", "utf-8")
