"""The plot in a terminal: dots of braille, two by four to a character, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from rich.text import Text

from local.cost.curves import LEAST, MOST, Plot, axis

COLOURS = ("cyan", "yellow", "green", "magenta", "red")
_HIGH = 18
# Beside the lines: the names of the one axis, and half of the last one of the other.
_MOST_WIDE, _LEAST_WIDE, _BESIDE = 64, 24, 15
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_EMPTY = 0x2800


def drawn(plot: Plot, columns: int = 80) -> Iterator[Text]:
    """Its lines of text, legend and marks last; as wide as fits."""
    wide = min(_MOST_WIDE, max(_LEAST_WIDE, columns - _BESIDE))
    low, high = plot.usd_range
    cells: dict[tuple[int, int], tuple[int, str]] = {}
    for curve, colour in zip(plot.curves, COLOURS, strict=False):
        for x, y in _dots(curve.points, wide, low, high):
            place = x // 2, y // 4
            bits, first = cells.get(place, (0, colour))
            cells[place] = bits | _DOTS[y % 4][x % 2], first
    yield Text("USD per 1,000 images", style="dim")
    for row in range(_HIGH):
        line = Text(_usd(row, low, high).rjust(9) + " ", style="dim")
        for column in range(wide):
            bits, colour = cells.get((column, row), (0, ""))
            line.append(chr(_EMPTY + bits), style=colour)
        yield line
    yield Text(" " * 10 + _loads(wide), style="dim")
    yield Text("images a day".rjust(10 + wide), style="dim")
    for curve, colour in zip(plot.curves, COLOURS, strict=False):
        # The ends tell lines apart where there are no colours.
        most, least = curve.points[0][1], curve.points[-1][1]
        told = f"{curve.name}, {most:,.0f} to {least:,.2f}"
        yield Text.assemble("  ", ("━━ ", colour), told)
    for mark in plot.marks:
        yield Text(f"  {mark.says}", style="dim")


def _dots(
    points: tuple[tuple[float, float], ...], wide: int, low: float, high: float
) -> Iterator[tuple[int, int]]:
    """Every dot on the way from point to point."""
    places = [
        (
            (2 * wide - 1) * math.log(load / LEAST) / math.log(MOST / LEAST),
            (4 * _HIGH - 1) * (1 - math.log(usd / low) / math.log(high / low)),
        )
        for load, usd in points
    ]
    for (x, y), (next_x, next_y) in pairwise(places):
        steps = max(1, math.ceil(max(next_x - x, abs(next_y - y))))
        for step in range(steps + 1):
            part = step / steps
            yield round(x + part * (next_x - x)), round(y + part * (next_y - y))


def _usd(row: int, low: float, high: float) -> str:
    """The decade that begins in this row, if one does."""
    decades = round(math.log10(high / low))
    for decade in range(decades + 1):
        if round((_HIGH - 1) * (1 - decade / decades)) == row:
            return axis(low * 10**decade)
    return ""


def _loads(wide: int) -> str:
    """Every decade, or every other one where they would touch."""
    decades = round(math.log10(MOST / LEAST))
    line = [" "] * (wide + 10)
    for decade in range(0, decades + 1, 1 if wide == _MOST_WIDE else 2):
        name = axis(LEAST * 10**decade)
        start = max(0, round((wide - 1) * decade / decades) - len(name) // 2)
        line[start : start + len(name)] = name
    return "".join(line).rstrip()
