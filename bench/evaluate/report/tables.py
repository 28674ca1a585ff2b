"""Tables of rates as HTML. Every text is escaped where it enters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bench.evaluate.figures import Rate

# Said once of every table of rates.
CELLS = "In each cell: percent flagged, the count, Wilson's 95 % interval in percent."

# Where a table colours nothing, or a judge has no figure.
Cell = Rate | str | None


@dataclass(frozen=True)
class Row:
    """A line of a table; `bad` colours what is flagged as wrong, else as right."""

    head: str
    note: str
    cells: Sequence[Cell]
    bad: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Part:
    """Lines under a heading of their own."""

    title: str
    rows: Sequence[Row]


def table(caption: str, columns: Sequence[str], parts: Iterable[Part], ours: int = -1) -> str:
    """The first column heads the lines; number `ours` of the others is marked."""
    heads = "".join(
        f'<th scope="col"{_ours(number, ours)}>{escape(name)}</th>'
        for number, name in enumerate(columns, -1)
    )
    body = "".join(_part(part, len(columns), ours) for part in parts)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead>{body}</table></div>"
    )


def meter(rate: Rate, aim: float, most: float) -> str:
    """A bar up to `most`, its interval and the aim's mark. The text beside it says the same."""
    low, high = (min(1.0, edge / most) * 100 for edge in rate.interval)
    return (
        '<span class="meter" aria-hidden="true">'
        f'<span style="width:{min(1.0, rate.share / most) * 100:.1f}%"></span>'
        f'<span class="range" style="left:{low:.1f}%;width:{max(0.5, high - low):.1f}%"></span>'
        f'<i style="left:{min(1.0, aim / most) * 100:.1f}%"></i></span>'
    )


def percent(share: float) -> str:
    """100, 97.5, 0: no decimals where nothing stands behind them."""
    return f"{100 * share:.1f}".removesuffix(".0")


def _part(part: Part, width: int, ours: int) -> str:
    heading = (
        f'<tr><th class="kind" colspan="{width}" scope="rowgroup">{escape(part.title)}</th></tr>'
        if part.title
        else ""
    )
    return f"<tbody>{heading}{''.join(_row(row, ours) for row in part.rows)}</tbody>"


def _row(row: Row, ours: int) -> str:
    note = f" <small>{escape(row.note)}</small>" if row.note else ""
    cells = "".join(_cell(cell, row, number == ours) for number, cell in enumerate(row.cells))
    style = ' class="whole"' if row.whole else ""
    return f'<tr{style}><th scope="row">{escape(row.head)}{note}</th>{cells}</tr>'


def _cell(cell: Cell, row: Row, ours: bool) -> str:
    marked = " ours" if ours else ""
    if cell is None:
        return f'<td class="{marked.strip()}"></td>'
    if isinstance(cell, str):
        return f'<td class="{marked.strip()}">{escape(cell)}</td>'
    low, high = cell.interval
    # A share of a few safe prompts is bad enough to be seen.
    heat = min(1.0, cell.share**0.5) if row.bad else cell.share
    return (
        f'<td class="heat{" bad" * row.bad}{marked}" style="--share:{heat:.3f}">'
        f"{percent(cell.share)}<small>{cell.hits}/{cell.total} · "
        f"{percent(low)}–{percent(high)}</small></td>"
    )


def _ours(number: int, ours: int) -> str:
    return ' class="ours"' if number == ours and ours >= 0 else ""
