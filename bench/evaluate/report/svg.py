"""Plots as inline SVG: curves of a moving threshold, and marks for what stands still."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from bench.evaluate.figures import Point

_WIDTH, _HEIGHT = 320, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 10, 8, 34


@dataclass(frozen=True)
class Line:
    """A curve; style is a list of CSS classes."""

    style: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Mark:
    """A place, 0..1 each way: a filled dot, or letters with a rim."""

    style: str
    safe: float
    unsafe: float
    letters: str = ""


def plot_svg(described: str, lines: list[Line], marks: list[Mark], most_safe: float) -> str:
    """Safe texts flagged to the right, up to most_safe; unsafe ones upwards, 0 to 100 %."""
    frame = _Frame(most_safe)
    drawn = [
        *(_grid(frame)),
        *(
            f'<path class="line {line.style}" d="{_path(frame, line.points)}"/>'
            for line in lines
            if len(line.points) > 1
        ),
        *(_mark(frame, mark) for mark in marks if mark.safe <= most_safe),
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(described)}">'
        f"{''.join(drawn)}</svg>"
    )


@dataclass(frozen=True)
class _Frame:
    most_safe: float

    def x(self, safe: float) -> float:
        return _LEFT + safe / self.most_safe * (_WIDTH - _LEFT - _RIGHT)

    def y(self, unsafe: float) -> float:
        return _HEIGHT - _BOTTOM - unsafe * (_HEIGHT - _TOP - _BOTTOM)


def _grid(frame: _Frame) -> list[str]:
    left, right = frame.x(0), frame.x(frame.most_safe)
    bottom, top = frame.y(0), frame.y(1)
    drawn = []
    for step in range(5):
        y, x = frame.y(step / 4), frame.x(step / 4 * frame.most_safe)
        percent = f"{100 * step / 4 * frame.most_safe:g}"
        drawn += [
            f'<path class="grid" d="M{left:.1f} {y:.1f}H{right:.1f}M{x:.1f} {bottom:.1f}V{top}"/>',
            f'<text x="{left - 4:.1f}" y="{y + 3:.1f}" text-anchor="end">{25 * step}</text>',
            f'<text x="{x:.1f}" y="{bottom + 13:.1f}" text-anchor="middle">{percent}</text>',
        ]
    middle = (left + right) / 2
    label = f'<text x="{middle:.1f}" y="{_HEIGHT - 4}" text-anchor="middle">% of the safe flagged'
    return [*drawn, f"{label}</text>"]


def _path(frame: _Frame, points: tuple[Point, ...]) -> str:
    """Cut off where the frame ends, on the straight line between two points."""
    if points[0].safe > frame.most_safe:
        return ""
    drawn, before = [], points[0]
    for point in points:
        if point.safe > frame.most_safe:
            along = (frame.most_safe - before.safe) / (point.safe - before.safe)
            end = before.unsafe + along * (point.unsafe - before.unsafe)
            drawn.append((frame.most_safe, end))
            break
        drawn.append((point.safe, point.unsafe))
        before = point
    return "M" + "L".join(f"{frame.x(safe):.1f} {frame.y(unsafe):.1f}" for safe, unsafe in drawn)


def _mark(frame: _Frame, mark: Mark) -> str:
    x, y = frame.x(mark.safe), frame.y(mark.unsafe)
    if not mark.letters:
        return f'<circle class="dot {mark.style}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    wide = 7 + 6 * len(mark.letters)
    return (
        f'<g class="mark {mark.style}"><rect x="{x - wide / 2:.1f}" y="{y - 6.5:.1f}" '
        f'width="{wide}" height="13" rx="6.5"/>'
        f'<text x="{x:.1f}" y="{y + 3:.1f}">{escape(mark.letters)}</text></g>'
    )
