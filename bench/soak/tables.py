"""The tables that more than one bench prints."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench.spent import COUNTED, cost


def titled(title: str) -> Table:
    """A table as all of them look."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        caption_justify="left",
    )


def costs(title: str, counts: dict[str, float], number: int, unit: str) -> Table:
    """What was counted and costs: in all, a unit, a thousand units, and together."""
    table = titled(title)
    table.add_column("counted")
    for name in ("number", f"a {unit}", "USD", f"USD per 1,000 {unit}s"):
        table.add_column(name, justify="right")
    spent = cost(counts)
    for name, usd in spent.items():
        table.add_row(
            COUNTED[name][1],
            f"{counts[name]:,.0f}",
            f"{counts[name] / number:.2f}",
            f"{usd:.4f}",
            f"{1000 * usd / number:.4f}",
        )
    table.add_section()
    total = sum(spent.values())
    table.add_row("together", "", "", f"{total:.4f}", f"{1000 * total / number:.4f}")
    return table
