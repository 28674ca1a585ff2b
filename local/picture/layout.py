"""Gives a machine's grid its coordinates, and leads every edge around the boxes.

Edges that are not straight run down lanes between the columns; all that lead to one state share a
lane, so that ways join before they arrive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.picture.grid import FAN, WIDTHS, Box, Grid, Side
from local.picture.machine import Edge, Machine
from local.picture.svg import text_width

_MARGIN, _TRACK, _GAP, _FRAME = 20, 10, 30, 18
# Ports of neighbours in a row differ, so that no two ways share a line.
_PORTS, _LOWER = {"left": 22, "trunk": 15, "right": 22}, 6
Point = tuple[float, float]
_Port = tuple[str, str, bool]  # "in" or "out", the target, and whether it is caught
_STRAIGHT: _Port = ("", "", False)


@dataclass
class Line:
    """A drawn way to a state.

    `label` begins at the point `at`, or ends there if it stands `before` it.
    """

    points: list[Point]
    target: str
    caught: bool = False
    main: bool = False
    arrow: bool = True
    label: str = ""
    at: Point = (0, 0)
    before: bool = False


@dataclass
class Drawing:
    """Everything with its place. `frames` are x, y, width and height; `doubts` what ends as `?`."""

    boxes: dict[str, Box]
    lines: list[Line] = field(default_factory=list)
    frames: list[tuple[float, float, float, float]] = field(default_factory=list)
    doubts: set[str] = field(default_factory=set)
    width: float = 0
    height: float = 0


@dataclass
class _Lane:
    gutter: str
    target: str
    caught: bool
    edges: list[Edge] = field(default_factory=list)
    track: int = 0
    x: float = 0


def drawing(machine: Machine, top: float) -> Drawing:
    """The machine below `top`. Raises ValueError for an edge between the outer columns."""
    return _Layout(machine).done(top)


class _Layout:
    def __init__(self, machine: Machine) -> None:
        self.machine, self.grid = machine, Grid(machine)
        self.boxes = self.grid.boxes
        self.lanes = self._lanes()
        self.ports: dict[Side, dict[_Port, float]] = {}
        self.result = Drawing(self.boxes, doubts=self.grid.doubts)

    def done(self, top: float) -> Drawing:
        self._make_ports()
        self._set_y(top)
        self._set_x()
        self.result.lines = [*self._drawn()]
        for lane in self.lanes:
            self.result.lines += self._joined(lane)
        self.result.frames = list(self._frames())
        return self.result

    def _lanes(self) -> list[_Lane]:
        lanes: dict[tuple[str, str, bool], _Lane] = {}
        for edge in self.grid.laned:
            key = (self.grid.gutter(edge), edge.target, edge.caught)
            lanes.setdefault(key, _Lane(*key)).edges.append(edge)
        spans = {id(lane): self._span(lane) for lane in lanes.values()}
        ordered = sorted(
            lanes.values(), key=lambda one: (one.caught, _length(spans[id(one)]), one.target)
        )
        tracks: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
        for lane in ordered:
            low, high = spans[id(lane)]
            while any(
                low < other[1] and other[0] < high for other in tracks[lane.gutter, lane.track]
            ):
                lane.track += 1
            tracks[lane.gutter, lane.track].append((low, high))
        return ordered

    def _span(self, lane: _Lane) -> tuple[float, float]:
        rows = [self.boxes[edge.source].row for edge in lane.edges]
        rows.append(self.boxes[lane.target].row)
        return min(rows) - 0.45, max(rows) + 0.45

    # Where on a side an edge leaves or arrives.

    def _make_ports(self) -> None:
        wanted: dict[Side, list[tuple[float, _Port]]] = defaultdict(list)
        for lane in self.lanes:
            home = self.boxes[lane.target]
            for edge in lane.edges:
                source = self.boxes[edge.source]
                place = (edge.source, self.grid.side(edge.source, lane.gutter))
                order = self._order(source, lane, home.row + (home.row == source.row) * 0.1)
                wanted[place].append((order, ("out", edge.target, edge.caught)))
            rows = [self.boxes[edge.source].row for edge in lane.edges]
            place = (lane.target, self.grid.side(lane.target, lane.gutter))
            order = self._order(home, lane, sum(rows) / len(rows))
            wanted[place].append((order, ("in", lane.target, lane.caught)))
        middle = {place for edge in self.grid.across for place in self.grid.sides(edge)}
        for place, ports in wanted.items():
            box = self.boxes[place[0]]
            if place in middle:
                ports.append((0, _STRAIGHT))
            first = -(len(ports) - 1) / 2
            self.ports[place] = {
                key: (first + nth) * _PORTS[box.column]
                for nth, (_, key) in enumerate(sorted(ports))
            }
            reach = max(abs(offset) for offset in self.ports[place].values())
            box.height = max(box.height, 2 * reach + 14)
        for box in self.boxes.values():
            box.shift = _LOWER if box.column == "left" else 0
        for edge in self.grid.across:
            trunk, aside = sorted(_ends(edge), key=lambda name: self.boxes[name].column != "trunk")
            here, there = (
                self.ports.get((name, self.grid.side(name, self.grid.gutter(edge))), {}).get(
                    _STRAIGHT, 0
                )
                for name in (trunk, aside)
            )
            self.boxes[aside].shift = here - there

    def _order(self, box: Box, lane: _Lane, to: float) -> float:
        """Above 0 what leads down. What lies nearer leaves nearer to the corner: no crossing."""
        tracks = max(one.track for one in self.lanes if one.gutter == lane.gutter) + 1
        # Tracks count from the trunk.
        outside = box.column != "trunk" and lane.gutter != "far"
        distance = tracks - lane.track if outside else lane.track + 1
        return (1 if to > box.row else -1) * (tracks + 1 - distance)

    # Coordinates.

    def _set_y(self, top: float) -> None:
        last = max(box.row for box in self.boxes.values())
        middle = [0.0] * (last + 1)
        bottoms: dict[str, float] = defaultdict(lambda: top)
        for row in range(last + 1):
            here = [box for box in self.boxes.values() if box.row == row]
            gap = _GAP + (14 if self._leaves_frame(row) else 0)
            starts = [bottoms[box.column] + box.height / 2 - box.shift for box in here]
            middle[row] = max([*starts, *(middle[row - 1 : row])])
            for box in here:
                box.y = middle[row] + box.shift
                columns = ["trunk", "fan"] if box.column in ("trunk", "fan") else [box.column]
                for column in columns:
                    bottoms[column] = box.y + box.height / 2 + gap
        self.result.height = max(box.y + box.height / 2 for box in self.boxes.values())

    def _leaves_frame(self, row: int) -> bool:
        if row + 1 >= len(self.grid.rows):
            return False
        here, below = (self.boxes[self.grid.rows[one][0]].state.scope for one in (row, row + 1))
        return bool(here) and here != below

    def _set_x(self) -> None:
        x = float(_MARGIN)
        places = {}
        for column, gutter in (("left", "west"), ("trunk", "east"), ("right", "far")):
            if any(box.column == column for box in self.boxes.values()):
                places[column] = x + WIDTHS[column] / 2
                x += WIDTHS[column]
            lanes = [lane for lane in self.lanes if lane.gutter == gutter]
            tracks = max((lane.track for lane in lanes), default=-1) + 1
            before, after = self._label_room(gutter, "right"), self._label_room(gutter, "left")
            for lane in lanes:
                nth = lane.track if gutter != "west" else tracks - 1 - lane.track
                lane.x = x + before + _TRACK * nth + _TRACK / 2
            if any(
                self.grid.gutter(edge) == gutter for edge in (*self.grid.across, *self.grid.laned)
            ):
                x += max(before + _TRACK * tracks + after, 0 if gutter == "far" else 60)
        self.result.width = x + _MARGIN - (12 if self.lanes else 0)
        for box in self.boxes.values():
            box.x = places.get(box.column, 0)
        for ends in self.machine.fans.values():
            width = len(ends) * sum(FAN) - FAN[1]
            most = self.result.width - _MARGIN - width / 2
            middle = max(_MARGIN + width / 2, min(places["trunk"], most))
            for nth, name in enumerate(ends):
                self.boxes[name].x = middle - width / 2 + FAN[0] / 2 + nth * sum(FAN)

    def _label_room(self, gutter: str, side: str) -> float:
        """What labels take that are written on this side of boxes, in a gutter."""
        if gutter == "far" and side == "left":
            return 4
        labels = [
            text_width(edge.label)
            for edge in self.grid.edges
            if edge not in self.grid.down
            and self.grid.gutter(edge) == gutter
            and self.grid.side(edge.source, gutter) == side
        ]
        return max(labels, default=0) + 14

    def _port(self, name: str, gutter: str, key: _Port) -> Point:
        side, box = self.grid.side(name, gutter), self.boxes[name]
        offset = self.ports.get((name, side), {}).get(key, 0)
        inset = abs(offset) / (box.height / 2) * 14 if box.state.kind == "choice" else 0
        x = box.edge(side) + (-inset if side == "right" else inset)
        return x, box.y + offset

    # Lines.

    def _drawn(self) -> Iterator[Line]:
        for edge in self.grid.down:
            source, target = self.boxes[edge.source], self.boxes[edge.target]
            start = source.y + source.height / 2
            if source.state.kind == "map" and target.state.scope != edge.source:
                start = self._frame(edge.source)[1]
            end = target.y - target.height / 2
            yield Line(
                [(source.x, start), (target.x, end)],
                edge.target,
                main=source.column == "trunk",
                label=edge.label,
                at=(source.x + 8, (start + end) / 2 + 4),
            )
        for edge in self.grid.across:
            gutter = self.grid.gutter(edge)
            points = [self._port(name, gutter, _STRAIGHT) for name in _ends(edge)]
            yield self._labelled(points, edge)
        for choice, ends in self.machine.fans.items():
            source = self.boxes[choice]
            bar = source.y + source.height / 2 + _GAP / 2
            for box in map(self.boxes.__getitem__, ends):
                points = [(source.x, source.y + source.height / 2), (source.x, bar)]
                points += [(box.x, bar), (box.x, box.y - box.height / 2)]
                yield Line(points, box.state.name)

    def _joined(self, lane: _Lane) -> Iterator[Line]:
        """The outermost edges go the whole way; the others end where they meet them."""
        home = self._port(lane.target, lane.gutter, ("in", lane.target, lane.caught))
        starts = {
            edge: self._port(edge.source, lane.gutter, ("out", edge.target, edge.caught))
            for edge in lane.edges
        }
        above = [one for one in starts if starts[one][1] <= home[1]]
        below = [one for one in starts if starts[one][1] > home[1]]
        outer = min(above, key=lambda one: starts[one][1], default=None)
        lower = max(below, key=lambda one: starts[one][1], default=None)
        for edge, start in starts.items():
            turn = (lane.x, start[1])
            if edge is outer or (edge is lower and (outer is None or not lane.caught)):
                yield self._labelled([start, turn, (lane.x, home[1]), home], edge)
                continue
            toward = home[1] if edge is lower else turn[1] + (7 if edge in above else -7)
            line = self._labelled([start, turn, (lane.x, toward)], edge)
            line.arrow = False
            yield line

    def _labelled(self, points: list[Point], edge: Edge) -> Line:
        before = points[1][0] < points[0][0]
        x = self.boxes[edge.source].edge("left" if before else "right")
        at = (x + (-7 if before else 7), points[0][1] - 4)
        return Line(points, edge.target, caught=edge.caught, label=edge.label, at=at, before=before)

    # Frames around what a Map does.

    def _frame(self, name: str) -> tuple[float, float, float]:
        """Its right side, its bottom and its top."""
        inner = [box for box in self.boxes.values() if box.state.scope == name]
        aside = any(box.column == "right" for box in inner)
        trunk = self.boxes[name]
        bottom = max(box.y + box.height / 2 for box in inner) + 14
        right = self.result.width - _MARGIN + 8 if aside else trunk.edge("right") + _FRAME
        return right, bottom, trunk.y

    def _frames(self) -> Iterator[tuple[float, float, float, float]]:
        for name, state in self.machine.states.items():
            if state.kind == "map":
                right, bottom, top = self._frame(name)
                left = self.boxes[name].edge("left") - _FRAME
                yield left, top, right - left, bottom - top


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.target


def _length(span: tuple[float, float]) -> float:
    return span[1] - span[0]
