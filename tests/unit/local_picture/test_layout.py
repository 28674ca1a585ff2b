"""A drawn machine is legible: nothing lies on anything else, and every way leads around boxes."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from local.picture.__main__ import ROOT
from local.picture.grid import Box
from local.picture.layout import Drawing, Line, Point, drawing
from local.picture.machine import Machine
from local.picture.stack import Stack
from local.picture.svg import text_width
from local.picture.words import BESIDE

_DEFINITIONS = Stack(ROOT / "template.yaml").definitions
MACHINES = [Machine.read(path, name) for name, path in _DEFINITIONS.items()]
Area = tuple[float, float, float, float]


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.name)
def drawn(request: pytest.FixtureRequest) -> Drawing:
    return drawing(request.param, 100)


def around(box: Box) -> Area:
    half, height = box.width / 2, box.height / 2
    return box.x - half, box.y - height, box.x + half, box.y + height


def of_label(line: Line) -> Area:
    (x, y), width = line.at, text_width(line.label)
    return (x - width if line.before else x), y - 9, (x if line.before else x + width), y + 2


def meet(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def pieces(line: Line) -> list[tuple[Point, Point]]:
    return [pair for pair in zip(line.points, line.points[1:], strict=False) if pair[0] != pair[1]]


def test_every_state_has_a_place_of_its_own(drawn: Drawing) -> None:
    for one, other in combinations(drawn.boxes.values(), 2):
        assert not meet(around(one), around(other)), (one.state.name, other.state.name)


def test_ways_are_of_right_angles_and_lead_around_boxes(drawn: Drawing) -> None:
    for line in drawn.lines:
        for (x, y), (u, v) in pieces(line):
            assert x == pytest.approx(u) or y == pytest.approx(v), line
            area = (min(x, u) + 1, min(y, v) + 1, max(x, u) - 1, max(y, v) - 1)
            for box in drawn.boxes.values():
                left, top, right, bottom = around(box)
                # A choice's side is slanted: a way may begin within its rectangle.
                inset = 16 if box.state.kind == "choice" else 0
                inside = (left + inset, top, right - inset, bottom)
                wide = (area[0], area[1] - 2, area[2], area[3] + 2)
                tall = (area[0] - 2, area[1], area[2] + 2, area[3])
                assert not meet(wide if y == v else tall, inside), (line, box.state.name)


def test_ways_to_different_ends_share_no_line(drawn: Drawing) -> None:
    for one, other in combinations([line for line in drawn.lines if not _fans(line)], 2):
        joined = (one.target, one.caught) == (other.target, other.caught)
        for first in pieces(one):
            for second in pieces(other):
                assert joined or not _collinear(first, second), (one, other)


def _fans(line: Line) -> bool:
    return len(line.points) == 4 and line.points[0][0] == line.points[1][0]


def _collinear(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    for along, across in ((0, 1), (1, 0)):
        straight = abs(one[0][across] - one[1][across]) < 0.1
        if straight and all(abs(point[across] - one[0][across]) < 3 for point in other):
            a, b = sorted(point[along] for point in one)
            c, d = sorted(point[along] for point in other)
            return min(b, d) - max(a, c) > 0.5
    return False


def test_words_lie_on_nothing_and_in_the_picture(drawn: Drawing) -> None:
    areas = [of_label(line) for line in drawn.lines if line.label]
    for one, other in combinations(areas, 2):
        assert not meet(one, other)
    for area in areas:
        assert area[0] > 0
        assert area[2] < drawn.width
        assert not any(meet(area, around(box)) for box in drawn.boxes.values())


def test_small_print_fits_its_box(drawn: Drawing) -> None:
    for box in drawn.boxes.values():
        room = box.width - (12 if box.state.kind in ("done", "fault") else 6)
        for text in (*box.state.prints, box.label):
            assert text_width(text, 11) < room, (box.state.name, text)
        assert text_width(box.state.name, 13.5) < room


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_the_way_that_goes_well_leads_from_the_start_to_the_end(machine: Machine) -> None:
    assert machine.trunk[-1] == "HowDidItEnd"


@pytest.fixture
def new(tmp_path: Path) -> Machine:
    """A machine that no table knows."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": 5,
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Broken"}],
    }
    rule = {"Condition": "{% $length($states.input.prompt) > 900 %}", "Next": "Second"}
    states = {
        "First": {**task, "Next": "IsLong"},
        "IsLong": {"Type": "Choice", "Choices": [rule], "Default": "Aside"},
        "Second": {**task, "Next": "Done"},
        "Aside": {**task, "Next": "Done"},
        "Done": {"Type": "Succeed"},
        "Broken": {"Type": "Fail", "Error": "Broken"},
    }
    asl = {"Comment": "A new one. Long.", "StartAt": "First", "TimeoutSeconds": 9, "States": states}
    path = tmp_path / "new.asl.json"
    path.write_text(json.dumps(asl), "utf-8")
    return Machine.read(path, "New")


def test_a_state_that_no_table_knows_is_drawn_too(new: Machine) -> None:
    drawn = drawing(new, 100)
    assert new.trunk == ["First", "IsLong", "Second", "Done"]
    assert drawn.boxes.keys() == new.states.keys()
    assert drawn.boxes["First"].state.prints == ("Lambda", "≤ 5 s · retries 2")
    assert {line.label for line in drawn.lines} == {"", "$length($states.inpu …", "otherwise"}


def test_a_way_between_the_outer_columns_is_refused(
    new: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BESIDE, "New", {"Aside": ("right", "IsLong")})
    with pytest.raises(ValueError, match="Aside and Broken stand on both sides"):
        drawing(new, 100)
