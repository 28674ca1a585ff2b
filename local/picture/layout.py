"""Places a machine's states in three columns, and leads every edge around them.

The trunk goes down the middle, one state a row. What refuses or is broken stands to its left, what
waits for people or goes back to its right. Edges that are not straight run down lanes between the
columns; all that lead to one state share a lane, so that ways join before they arrive.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.picture.machine import Edge, Machine, State
from local.picture.svg import text_width
from local.picture.words import BESIDE

WIDTHS = {"left": 150, "trunk": 222, "right": 188}
_MARGIN, _TRACK, _GAP, _FAN = 20, 10, 30, (112, 10)
# Ports of neighbours in a row differ, so that no two ways share a line.
_PORTS, _LOWER = {"left": 22, "trunk": 15, "right": 22}, 6
_LINE = {"name": 16, "small": 13}
# The column west and east of a gutter.
_GUTTERS = {"west": ("left", "trunk"), "east": ("trunk", "right"), "far": ("right", "")}
Point = tuple[float, float]
_Port = tuple[str, str, bool]  # "in" or "out", the target, and whether it is caught
_STRAIGHT: _Port = ("", "", False)
_Side = tuple[str, str]  # a state, and "left" or "right" of it


@dataclass
class Box:
    """A state's place: `x` and `y` are its middle."""

    state: State
    column: str
    row: int
    width: float
    height: float
    x: float = 0
    y: float = 0
    shift: float = 0
    label: str = ""

    def edge(self, side: str) -> float:
        """The x of its left or right side."""
        return self.x + (self.width / 2 if side == "right" else -self.width / 2)


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
        self.machine = machine
        self.rows = list(_rows(machine))
        self.fanned = {end for ends in machine.fans.values() for end in ends}
        self.boxes = {box.state.name: box for box in self._boxes()}
        self.result = Drawing(self.boxes)
        self.edges = list(self._edges())
        self.across = self._straight_across()
        self.down = [edge for edge in self.edges if self._is_down(edge)]
        self.lanes = self._lanes()
        self.ports: dict[_Side, dict[_Port, float]] = {}

    def done(self, top: float) -> Drawing:
        self._make_ports()
        self._set_y(top)
        self._set_x()
        self.result.lines = [*self._drawn()]
        for lane in self.lanes:
            self.result.lines += self._joined(lane)
        self.result.frames = list(self._frames())
        return self.result

    # Rows and columns.

    def _boxes(self) -> Iterator[Box]:
        taken: dict[tuple[str, int], str] = {}
        for row, names in enumerate(self.rows):
            for name in names:
                yield self._box(name, "fan" if len(names) > 1 else "trunk", row)
        wished = BESIDE.get(self.machine.name, {})
        rows = {name: row for row, names in enumerate(self.rows) for name in names}
        for name, state in self.machine.states.items():
            if name in rows:
                continue
            side, beside = wished.get(name, ("", ""))
            row = rows[beside] if beside in rows else self._first_source(name, rows)
            side = side or ("right" if state.scope else "left")
            while (side, row) in taken:
                row += 1
            taken[side, row] = name
            yield self._box(name, side, row)

    def _box(self, name: str, column: str, row: int) -> Box:
        state = self.machine.states[name]
        height = 14 + _LINE["name"] + _LINE["small"] * len(state.prints)
        if state.kind == "choice":
            height = 34
        if column == "fan":
            return Box(state, column, row, _FAN[0], 42)
        width = WIDTHS[column] - (24 if column == "left" and state.kind in _ENDS else 0)
        return Box(state, column, row, width, height)

    def _first_source(self, name: str, rows: dict[str, int]) -> int:
        sources = [rows[e.source] for e in self.machine.edges if e.target == name]
        return min(sources, default=0)

    # Which edge goes which way.

    def _edges(self) -> Iterator[Edge]:
        doubted = Counter(edge.target for edge in self.machine.edges if edge.default)
        for edge in self.machine.edges:
            if edge.source in self.machine.fans:
                self.boxes[edge.target].label = edge.label
            elif edge.default and doubted[edge.target] > 1:
                self.result.doubts |= {edge.source, edge.target}
            else:
                yield edge

    def _is_down(self, edge: Edge) -> bool:
        source, target = self.boxes[edge.source], self.boxes[edge.target]
        if edge.caught or source.column != target.column or target.row <= source.row:
            return False
        between = [
            box
            for box in self.boxes.values()
            if box.column in (source.column, "fan") and source.row < box.row < target.row
        ]
        return all(box.state.scope == edge.source for box in between) or (
            source.state.kind == "map" and source.state.scope != target.state.scope
        )

    def _straight_across(self) -> list[Edge]:
        used: set[_Side] = set()
        found = []
        for edge in self.edges:
            source, target = self.boxes[edge.source], self.boxes[edge.target]
            if source.row != target.row or {source.column, target.column} == {"left", "right"}:
                continue
            sides = self._sides(edge)
            if not used & sides:
                used |= sides
                found.append(edge)
        return found

    def _sides(self, edge: Edge) -> set[_Side]:
        gutter = self._gutter(edge)
        return {(name, self._side(name, gutter)) for name in (edge.source, edge.target)}

    def _side(self, name: str, gutter: str) -> str:
        return "right" if self.boxes[name].column == _GUTTERS[gutter][0] else "left"

    def _gutter(self, edge: Edge) -> str:
        source, target = self.boxes[edge.source], self.boxes[edge.target]
        columns = {source.column, target.column}
        if columns == {"left", "right"}:
            raise ValueError(
                f"{edge.source} and {edge.target} stand on both sides: local/picture/words.py"
                " can give one of them another place"
            )
        if columns == {"trunk"}:
            down = target.row > source.row and not source.state.scope
            return "west" if down else "east"
        if columns == {"right"}:
            return "far"
        return "west" if "left" in columns else "east"

    def _laned(self) -> list[Edge]:
        return [edge for edge in self.edges if edge not in self.across + self.down]

    def _lanes(self) -> list[_Lane]:
        lanes: dict[tuple[str, str, bool], _Lane] = {}
        for edge in self._laned():
            key = (self._gutter(edge), edge.target, edge.caught)
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
        wanted: dict[_Side, list[tuple[float, _Port]]] = defaultdict(list)
        for lane in self.lanes:
            home = self.boxes[lane.target]
            for edge in lane.edges:
                source = self.boxes[edge.source]
                place = (edge.source, self._side(edge.source, lane.gutter))
                order = self._order(source, lane, home.row + (home.row == source.row) * 0.1)
                wanted[place].append((order, ("out", edge.target, edge.caught)))
            rows = [self.boxes[edge.source].row for edge in lane.edges]
            place = (lane.target, self._side(lane.target, lane.gutter))
            order = self._order(home, lane, sum(rows) / len(rows))
            wanted[place].append((order, ("in", lane.target, lane.caught)))
        middle = {place for edge in self.across for place in self._sides(edge)}
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
        for edge in self.across:
            trunk, aside = sorted(_ends(edge), key=lambda name: self.boxes[name].column != "trunk")
            here, there = (
                self.ports.get((name, self._side(name, self._gutter(edge))), {}).get(_STRAIGHT, 0)
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
        if row + 1 >= len(self.rows):
            return False
        here, below = (self.boxes[self.rows[one][0]].state.scope for one in (row, row + 1))
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
            if any(self._gutter(edge) == gutter for edge in (*self.across, *self._laned())):
                x += max(before + _TRACK * tracks + after, 0 if gutter == "far" else 60)
        self.result.width = x + _MARGIN - (12 if self.lanes else 0)
        for box in self.boxes.values():
            box.x = places.get(box.column, 0)
        for ends in self.machine.fans.values():
            width = len(ends) * sum(_FAN) - _FAN[1]
            most = self.result.width - _MARGIN - width / 2
            middle = max(_MARGIN + width / 2, min(places["trunk"], most))
            for nth, name in enumerate(ends):
                self.boxes[name].x = middle - width / 2 + _FAN[0] / 2 + nth * sum(_FAN)

    def _label_room(self, gutter: str, side: str) -> float:
        """What labels take that are written on this side of boxes, in a gutter."""
        if gutter == "far" and side == "left":
            return 4
        labels = [
            text_width(edge.label)
            for edge in self.edges
            if edge not in self.down
            and self._gutter(edge) == gutter
            and self._side(edge.source, gutter) == side
        ]
        return max(labels, default=0) + 14

    def _port(self, name: str, gutter: str, key: _Port) -> Point:
        side, box = self._side(name, gutter), self.boxes[name]
        offset = self.ports.get((name, side), {}).get(key, 0)
        inset = abs(offset) / (box.height / 2) * 14 if box.state.kind == "choice" else 0
        x = box.edge(side) + (-inset if side == "right" else inset)
        return x, box.y + offset

    # Lines.

    def _drawn(self) -> Iterator[Line]:
        for edge in self.down:
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
        for edge in self.across:
            gutter = self._gutter(edge)
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
        right = self.result.width - _MARGIN + 8 if aside else trunk.edge("right") + 14
        return right, bottom, trunk.y

    def _frames(self) -> Iterator[tuple[float, float, float, float]]:
        for name, state in self.machine.states.items():
            if state.kind == "map":
                right, bottom, top = self._frame(name)
                left = self.boxes[name].edge("left") - 14
                yield left, top, right - left, bottom - top


_ENDS = ("done", "fault")


def _rows(machine: Machine) -> Iterator[list[str]]:
    for name in machine.trunk:
        yield [name]
        if name in machine.fans:
            yield machine.fans[name]


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.target


def _length(span: tuple[float, float]) -> float:
    return span[1] - span[0]
