"""The picture of the system: every function, what starts it, and what it may read and write."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from local.picture import svg
from local.picture.stack import SERVICES, Part, Queue, Stack

_GROUPS = {
    "a request": "The way of a request",
    "API": "The API",
    "reviews": "Reviews",
    "jobs": "Jobs: batches, data sets, classifiers",
    "keepers": "Keepers: by queue, rule and clock",
}
_LEFT, _NAME, _STARTS, _CELL, _ROW = 22, 170, 250, 31, 24
_HEAD = 172  # where the first row begins
_MARKS = {"r": "reads", "w": "writes", "rw": "reads and writes", "asks": "asks a service"}
_ROLES = (
    "Read from the template's roles, with all on that may be switched on. Who writes executions"
    " starts or stops them, or answers a Task that waits."
)
_LESS = (
    "Logs, keys and metrics are left out; docs/security.md has every permission, with its prefix."
)


def picture(stack: Stack) -> str:
    """The SVG of the stack."""
    columns = [
        *(
            (name, name.removesuffix("Table").removesuffix("Bucket"), kind)
            for kind, names in stack.columns.items()
            for name in names
        ),
        *((name, name, "services") for name in SERVICES.values()),
    ]
    first = _LEFT + _NAME + _STARTS
    width = first + _CELL * len(columns) + 44
    rows, bottom = _rows(stack, [name for name, _, _ in columns], first)
    queues, height = _queues(stack.queues, bottom + 34)
    parts = [
        svg.text(_LEFT, 34, "Who runs when, and who may read and write what", "title"),
        svg.text(_LEFT, 53, _ROLES, "small"),
        svg.text(_LEFT, 68, _LESS, "small"),
        *_legend(),
        *_heads(columns, first, bottom),
        *rows,
        *queues,
    ]
    told = "; ".join(_told(part) for part in stack.parts.values())
    return svg.document("Functions and what they use", told, (width, height + 14), parts)


def _told(part: Part) -> str:
    access = ", ".join(f"{_MARKS.get(does, does)} {name}" for name, does in part.access.items())
    return f"{part.name} ({', '.join(part.starts)}): {access or 'nothing'}"


def _legend() -> Iterator[str]:
    x = float(_LEFT)
    for does, said in _MARKS.items():
        yield _mark(x + 12, 92, does)
        yield svg.text(x + 30, 96, said, "small")
        x += 48 + svg.text_width(said, 11)
    for n, (kind, said) in enumerate((("lambda", "a Lambda"), ("pass", "a state machine"))):
        yield svg.shape(kind, (_LEFT + 100 * n, 110, 22, 14))
        yield svg.text(_LEFT + 28 + 100 * n, 121, said, "small")


def _heads(columns: list[tuple[str, str, str]], first: float, bottom: float) -> Iterator[str]:
    before = ""
    for nth, (_, label, kind) in enumerate(columns):
        x = first + _CELL * nth
        if kind != before:
            if kind in ("tables", "buckets"):
                yield svg.text(x + 8, 94, kind, "small")
            yield f'<path class="line" d="M{x:.0f} {_HEAD - 8}V{bottom:.0f}"/>'
        before = kind
        turned = f"translate({x + _CELL / 2 + 4:.1f} {_HEAD - 14}) rotate(-60)"
        yield f'<g transform="{turned}">{svg.text(0, 0, label, "head")}</g>'


def _rows(stack: Stack, columns: list[str], first: float) -> tuple[list[str], float]:
    parts, y = [], float(_HEAD)
    right = first + _CELL * len(columns)
    for group, title in _GROUPS.items():
        parts.append(svg.text(_LEFT, y + 4, title, "head"))
        parts.append(f'<path class="line" d="M{_LEFT} {y + 9:.0f}H{right:.0f}"/>')
        y += 12 + _ROW / 2
        here = [part for part in stack.parts.values() if part.group == group]
        for nth, part in enumerate(sorted(here, key=lambda one: not one.machine)):
            lines = _starts(part)
            height = _ROW + 11 * (len(lines) - 1)
            middle = y + (height - _ROW) / 2
            if nth % 2 == 0:
                band = (_LEFT - 6, y - _ROW / 2, right - _LEFT + 6, height)
                parts.append(svg.rect(band, "band", 3))
            parts += _row(part, lines, columns, first, middle)
            y += height
        y += 12
    return parts, y - _ROW / 2 - 4


def _row(part: Part, lines: list[str], columns: list[str], first: float, y: float) -> Iterator[str]:
    kind = "pass" if part.machine else "lambda"
    yield svg.shape(kind, (_LEFT, y - 9, _NAME, 18))
    yield svg.text(_LEFT + _NAME / 2, y + 4, part.name, "middle head")
    for nth, line in enumerate(lines):
        yield svg.text(_LEFT + _NAME + 10, y + 9.5 - 6 * len(lines) + 12 * nth, line, "small")
    for column, does in part.access.items():
        yield _mark(first + _CELL * (columns.index(column) + 0.5), y, does)


def _starts(part: Part) -> list[str]:
    told, before = [], ""
    for one in part.starts:
        first, _, rest = one.partition(" ")
        # A method, or "state": not said again.
        told.append(rest.removeprefix("of ") if rest and first == before else one)
        before = first
    # Broken between the ways to be started alone.
    whole = [one.replace(" ", "\u00a0") if len(one) < 40 else one for one in told]
    return wrap(" · ".join(whole), 44, break_on_hyphens=False)


def _mark(x: float, y: float, does: str) -> str:
    kind = {"r": "pass", "w": "service", "rw": "service", "asks": "choice"}[does]
    if does == "asks":
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    box = svg.rect((x - 12, y - 8, 24, 16), kind, 4)
    return box + svg.text(x, y + 3.5, does, "middle")


def _gets(queue: Queue) -> str:
    given_up = f"given up by {' · '.join(queue.given_up_by)}" if queue.given_up_by else ""
    return " · ".join(one for one in (*queue.topics, given_up) if one)


def _queues(queues: list[Queue], y: float) -> tuple[list[str], float]:
    middle = _LEFT + 445
    parts = [svg.text(_LEFT, y, "Queues: what they get, and who reads it", "head")]
    parts.append(f'<path class="line" d="M{_LEFT} {y + 7:.0f}H{middle + 440:.0f}"/>')
    y += 28
    for queue in queues:
        parts.append(svg.text(middle - 34, y + 4, _gets(queue), "small end"))
        parts.append(svg.way([(middle - 28, y), (middle, y)]))
        parts.append(svg.shape("service", (middle, y - 9, 176, 18)))
        parts.append(svg.text(middle + 88, y + 4, queue.name, "middle head"))
        parts.append(svg.way([(middle + 176, y), (middle + 206, y)]))
        if queue.reader:
            parts.append(svg.shape("lambda", (middle + 206, y - 9, _NAME, 18)))
            style = "middle head"
        else:
            style = "middle small"
        reader = queue.reader or "a person: safelight dead-letters"
        parts.append(svg.text(middle + 206 + _NAME / 2, y + 4, reader, style))
        y += _ROW
    return parts, y - _ROW / 2
