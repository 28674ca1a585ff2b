"""The picture of a state machine."""

from __future__ import annotations

from local.picture import svg
from local.picture.grid import Box
from local.picture.layout import Drawing, Line, drawing
from local.picture.machine import Machine

_TOP = 118
_LEGEND = (
    ("lambda", "a Lambda"),
    ("service", "a call of Step Functions' own"),
    ("choice", "a choice"),
    ("pass", "Pass, Wait, Map"),
    ("done", "end: recorded, or nothing to do"),
    ("fault", "end: a technical failure"),
)
_WAYS = (
    ("main", "the way of a request that goes well"),
    ("", "a branch"),
    ("caught", "caught errors"),
)


def picture(machine: Machine, started_by: list[str]) -> str:
    """The SVG of a machine; `started_by` is told above its first state."""
    drawn = drawing(machine, _TOP)
    first = drawn.boxes[machine.trunk[0]]
    width, height = max(drawn.width, 900), drawn.height + 112
    days = machine.seconds / 86400
    parts = [
        svg.text(22, 34, machine.name, "title"),
        svg.text(22, 53, f"{machine.comment}. Ended after {days:.0f} days at the latest.", "small"),
        *_start(first, started_by),
        *(svg.rect(frame, "frame", 10) for frame in drawn.frames),
        *(part for line in sorted(drawn.lines, key=_depth) for part in _way(line)),
        *(part for box in drawn.boxes.values() for part in _box(box)),
        *(svg.doubt(*_corner(drawn, name)) for name in sorted(drawn.doubts)),
        *(_label(line) for line in drawn.lines if line.label),
        *_legend(drawn, width, drawn.height + 26),
    ]
    told = f"{machine.comment}. The trunk: {', '.join(machine.trunk)}."
    return svg.document(f"State machine {machine.name}", told, (width, height), parts)


def _start(first: Box, started_by: list[str]) -> list[str]:
    top = first.y - first.height / 2
    return [
        svg.text(first.x, top - 24, " · ".join(started_by), "middle"),
        svg.way([(first.x, top - 18), (first.x, top)], "main"),
    ]


def _depth(line: Line) -> int:
    return 0 if line.caught else 2 if line.main else 1


def _style(line: Line) -> str:
    return "caught" if line.caught else "main" if line.main else ""


def _way(line: Line) -> list[str]:
    return [svg.way(line.points, _style(line), line.arrow)]


def _label(line: Line) -> str:
    return svg.text(*line.at, line.label, "halo end" if line.before else "halo")


def _box(box: Box) -> list[str]:
    state = box.state
    around = (box.x - box.width / 2, box.y - box.height / 2, box.width, box.height)
    prints = [*state.prints, box.label] if box.label else [*state.prints]
    if box.column == "fan":
        prints = [box.label]
    y = box.y + 4.5 - 6.5 * len(prints)
    return [
        svg.shape(state.kind, around),
        svg.text(box.x, y, state.name, "name middle"),
        *(
            svg.text(box.x, y + 14 + 13 * nth, one, "small middle")
            for nth, one in enumerate(prints)
        ),
    ]


def _corner(drawn: Drawing, name: str) -> tuple[float, float]:
    box = drawn.boxes[name]
    left = box.state.kind != "choice"
    return box.edge("left") if left else box.edge("right") - 14, box.y - box.height / 2


def _legend(drawn: Drawing, width: float, y: float) -> list[str]:
    parts, x = [f'<path class="line" d="M22 {y:.0f}H{width - 22:.0f}"/>'], 22.0
    kinds = {box.state.kind for box in drawn.boxes.values()} | {"pass"}
    for kind, said in _LEGEND:
        if kind in kinds:
            parts.append(svg.shape(kind, (x, y + 15, 26, 16)))
            parts.append(svg.text(x + 32, y + 27, said, "small"))
            x += 44 + svg.text_width(said, 11)
    x = 22
    for style, said in _WAYS:
        parts.append(svg.way([(x, y + 47), (x + 26, y + 47)], style))
        parts.append(svg.text(x + 32, y + 51, said, "small"))
        x += 44 + svg.text_width(said, 11)
    if drawn.doubts:
        parts.append(svg.doubt(x + 8, y + 47))
        parts.append(svg.text(x + 22, y + 51, "to UnknownVerdict where no branch fits", "small"))
    told = (
        "≤ n s: the time-out of a try. retries: further tries, one number for each Retry rule"
        " (throttled, out of reach, errors of its own)."
    )
    return [*parts, svg.text(22, y + 73, told, "small")]
