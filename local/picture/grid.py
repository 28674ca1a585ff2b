"""Where a machine's states stand, as rows and columns, and which way each edge goes.

The trunk goes down the middle, one state a row. What refuses or is broken stands to its left, what
waits for people or goes back to its right. Between the columns are gutters, for edges that are not
straight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from local.picture.machine import Edge, Machine, State
from local.picture.words import BESIDE

WIDTHS = {"left": 146, "trunk": 212, "right": 182}
FAN = (115, 6)  # the width of an end beside others, and what is between two
# The column west of a gutter, and the one east of it.
_GUTTERS = {"west": ("left", "trunk"), "east": ("trunk", "right"), "far": ("right", "")}
_NAME, _SMALL = 16, 13  # heights of lines
Side = tuple[str, str]  # a state, and "left" or "right" of it


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


class Grid:
    """Boxes by name; `edges` are those with a way of their own, and `doubts` what ends as `?`.

    Raises ValueError for an edge between the outer columns.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.rows = list(_rows(machine))
        self.boxes = {box.state.name: box for box in self._boxes()}
        self.doubts: set[str] = set()
        self.edges = list(self._edges())
        self.across = self._straight_across()
        self.down = [edge for edge in self.edges if self._is_down(edge)]
        self.laned = [edge for edge in self.edges if edge not in self.across + self.down]

    def side(self, name: str, gutter: str) -> str:
        """The side of a state on which a gutter lies."""
        return "right" if self.boxes[name].column == _GUTTERS[gutter][0] else "left"

    def sides(self, edge: Edge) -> set[Side]:
        """Where an edge leaves and where it arrives."""
        gutter = self.gutter(edge)
        return {(name, self.side(name, gutter)) for name in (edge.source, edge.target)}

    def gutter(self, edge: Edge) -> str:
        """The gutter that an edge crosses or goes along."""
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
            return "east" if edge.label else "far"
        return "west" if "left" in columns else "east"

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
            row = rows.get(beside, self._first_source(name, rows))
            side = side or ("right" if state.scope else "left")
            while (side, row) in taken:
                row += 1
            taken[side, row], rows[name] = name, row
            yield self._box(name, side, row)

    def _box(self, name: str, column: str, row: int) -> Box:
        state = self.machine.states[name]
        height = 14 + _NAME + _SMALL * len(state.prints)
        if state.kind == "choice":
            height = 34
        if column == "fan":
            return Box(state, column, row, FAN[0], 42)
        width = WIDTHS[column] - (14 if column == "left" and state.kind in _ENDS else 0)
        return Box(state, column, row, width, height)

    def _first_source(self, name: str, rows: dict[str, int]) -> int:
        sources = [edge.source for edge in self.machine.edges if edge.target == name]
        return min((rows[source] for source in sources if source in rows), default=0)

    def _edges(self) -> Iterator[Edge]:
        doubted = Counter(edge.target for edge in self.machine.edges if edge.default)
        for edge in self.machine.edges:
            if edge.source in self.machine.fans:
                self.boxes[edge.target].label = edge.label
            elif edge.default and doubted[edge.target] > 1:
                self.doubts |= {edge.source, edge.target}
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
        used: set[Side] = set()
        found = []
        for edge in self.edges:
            source, target = self.boxes[edge.source], self.boxes[edge.target]
            if source.row != target.row or {source.column, target.column} == {"left", "right"}:
                continue
            sides = self.sides(edge)
            if not used & sides:
                used |= sides
                found.append(edge)
        return found


_ENDS = ("done", "fault")


def _rows(machine: Machine) -> Iterator[list[str]]:
    for name in machine.trunk:
        yield [name]
        if name in machine.fans:
            yield machine.fans[name]
