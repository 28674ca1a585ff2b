"""The plot as an SVG that can be read in light and dark, and by who cannot see it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from local.cost.curves import LEAST, MOST, Curve, Plot, axis

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM_LINE = 860, 64, 168, 56, 436
_LABEL_GAP = 17
# Told apart by their dashes, too.
_DASHES = ("", "9 4", "2 4", "12 4 2 4", "5 3")
_STYLE = """\
svg{--ink:#1b1f24;--faint:#57606a;--grid:#d8dee4;--paper:#ffffff;
--c0:#0550ae;--c1:#953800;--c2:#116329;--c3:#8250df;--c4:#a40e26}
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#9da7b1;--grid:#30363d;--paper:#0d1117;
--c0:#79c0ff;--c1:#ffa657;--c2:#7ee787;--c3:#d2a8ff;--c4:#ff7b72}}
text{font:13px system-ui,sans-serif;fill:var(--ink)}.faint{fill:var(--faint)}
.title{font-size:16px;font-weight:600}.grid{stroke:var(--grid)}
.line{fill:none;stroke-width:2.5;stroke-linejoin:round}
.mark{fill:var(--paper);stroke:var(--ink);stroke-width:1.5}
"""


def svg(plot: Plot, title: str, note: str) -> str:
    """The whole file; `note` stands below the axis."""
    return "\n".join([*_lines(plot, title, note), ""])


def _lines(plot: Plot, title: str, note: str) -> Iterator[str]:
    height = _BOTTOM_LINE + 44 + _LABEL_GAP * (len(plot.marks) + 2)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'role="img" aria-labelledby="title desc">'
    )
    yield f'<title id="title">{escape(title)}</title>'
    yield f'<desc id="desc">{escape(_description(plot))}</desc>'
    yield f"<style>{_STYLE}</style>"
    yield f'<rect width="{_WIDTH}" height="{height}" fill="var(--paper)"/>'
    yield f'<text class="title" x="{_LEFT}" y="26">{escape(title)}</text>'
    yield f'<text class="faint" x="{_LEFT}" y="45">USD per 1,000 images</text>'
    yield from _grid(plot)
    # What was asked for is on top of what hardly differs from it.
    for number, curve in reversed(list(enumerate(plot.curves))):
        yield _line(plot, number, curve)
    yield from _labels(plot)
    yield from _marks(plot)
    yield (
        f'<text class="faint" x="{_WIDTH - _RIGHT}" y="{_BOTTOM_LINE + 36}" text-anchor="end">'
        "images a day</text>"
    )
    yield f'<text class="faint" x="{_LEFT}" y="{height - 10}">{escape(note)}</text>'
    yield "</svg>"


def _description(plot: Plot) -> str:
    told = []
    for curve in plot.curves:
        (first, most), (last, least) = curve.points[0], curve.points[-1]
        told.append(
            f"{curve.name}: {most:,.2f} USD per 1,000 images at {first:,.0f} a day, "
            f"{least:,.2f} at {last:,.0f}"
        )
    return ". ".join([*told, *(mark.says for mark in plot.marks)]) + "."


def _x(load: float) -> float:
    part = math.log(load / LEAST) / math.log(MOST / LEAST)
    return _LEFT + part * (_WIDTH - _LEFT - _RIGHT)


def _y(usd: float, plot: Plot) -> float:
    low, high = plot.usd_range
    part = math.log(usd / low) / math.log(high / low)
    return _BOTTOM_LINE - part * (_BOTTOM_LINE - _TOP)


def _grid(plot: Plot) -> Iterator[str]:
    low, high = plot.usd_range
    for decade in range(round(math.log10(high / low)) + 1):
        usd = low * 10**decade
        y = _y(usd, plot)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield (
            f'<text class="faint" x="{_LEFT - 8}" y="{y + 4:.1f}" '
            f'text-anchor="end">{axis(usd)}</text>'
        )
    for decade in range(round(math.log10(MOST / LEAST)) + 1):
        load = LEAST * 10**decade
        x, bottom = _x(load), _BOTTOM_LINE
        yield f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>'
        yield (
            f'<text class="faint" x="{x:.1f}" y="{bottom + 18}" '
            f'text-anchor="middle">{axis(load)}</text>'
        )


def _line(plot: Plot, number: int, curve: Curve) -> str:
    path = " ".join(f"{_x(load):.1f},{_y(usd, plot):.1f}" for load, usd in curve.points)
    dashes = _DASHES[number]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline class="line" stroke="var(--c{number})"{dashed} points="{path}"/>'


def _labels(plot: Plot) -> Iterator[str]:
    """At the lines' ends, from the top down, as far apart as text needs."""
    ends = sorted(
        (_y(curve.points[-1][1], plot), number, curve.name)
        for number, curve in enumerate(plot.curves)
    )
    low = _BOTTOM_LINE - _LABEL_GAP * (len(ends) - 1)
    y = 0.0
    for place, (end, number, name) in enumerate(ends):
        y = max(min(end, low + place * _LABEL_GAP), y + _LABEL_GAP)
        x = _WIDTH - _RIGHT
        yield (
            f'<path fill="none" stroke="var(--c{number})" d="M{x} {end:.1f}L{x + 14} {y:.1f}"/>'
            f'<text x="{x + 18}" y="{y + 4:.1f}" style="fill:var(--c{number})">'
            f"{escape(name)}</text>"
        )


def _marks(plot: Plot) -> Iterator[str]:
    """Numbers on the lines, and below the axis what they say."""
    for number, mark in enumerate(plot.marks, 1):
        x, y = _x(mark.load), _y(mark.usd, plot)
        yield f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="9"/>'
        yield f'<text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{number}</text>'
        below = _BOTTOM_LINE + 44 + _LABEL_GAP * number
        yield f'<text x="{_LEFT}" y="{below}">{number}. {escape(mark.says)}</text>'
