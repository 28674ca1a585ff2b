"""The plot in the terminal and as an SVG."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from local.cost import curves, svg_plot, terminal_plot
from local.cost.curves import Curve, Mark, Plot
from local.cost.prices import shipped
from local.cost.workload import Workload

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def plot() -> Plot:
    return curves.plot(Workload(), shipped())


def test_the_svg_tells_itself_to_who_cannot_see_it(plot: Plot) -> None:
    root = ElementTree.fromstring(svg_plot.svg(plot, "What <it> costs", "a & b"))  # noqa: S314 - our own
    assert root.get("role") == "img"
    named = root.get("aria-labelledby", "").split()
    assert [root.find(f"{SVG}{tag}[@id='{tag}']") is not None for tag in named] == [True, True]
    title, desc = root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc") or ""
    assert title == "What <it> costs"
    for curve in plot.curves:
        assert f"{curve.name}: " in desc
    assert all(mark.says in desc for mark in plot.marks)


def test_the_svg_is_for_light_and_dark(plot: Plot) -> None:
    text = svg_plot.svg(plot, "t", "n")
    assert "prefers-color-scheme:dark" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_what_is_drawn_stays_inside_and_labels_apart(plot: Plot) -> None:
    root = ElementTree.fromstring(svg_plot.svg(plot, "t", "n"))  # noqa: S314 - our own
    _, _, width, height = map(float, str(root.get("viewBox")).split())
    for line in root.iter(f"{SVG}polyline"):
        for point in str(line.get("points")).split():
            x, y = map(float, point.split(","))
            assert 0 < x < width
            assert 0 < y < height
    names = {curve.name for curve in plot.curves}
    labels = sorted(float(t.get("y", 0)) for t in root.iter(f"{SVG}text") if t.text in names)
    assert len(labels) == len(names)
    assert all(below - above >= 16 for above, below in pairwise(labels))
    assert labels[-1] < height


def test_dots_in_a_terminal() -> None:
    falling = Curve("falling", ((10.0, 1000.0), (1_000_000.0, 1.0)))
    level = Curve("level", ((10.0, 10.0), (1_000_000.0, 10.0)))
    drawn = terminal_plot.drawn(Plot((falling, level), (Mark(100.0, 10.0, "here"),)))
    lines = [line.plain for line in drawn]
    assert lines[0] == "USD per 1,000 images"
    assert [line[:9].strip() for line in lines[1:19] if line[:9].strip()] == [
        "1,000", "100", "10", "1"
    ]  # fmt: skip
    first, last = lines[1][10:], lines[18][10:]
    assert first[0] != "⠀"
    assert last[-1] != "⠀"
    assert "100,000" in lines[19]
    assert lines[-3:] == [
        "  ━━ falling, 1,000 to 1.00", "  ━━ level, 10 to 10.00", "  here"
    ]  # fmt: skip
    (through,) = [line for line in lines[1:19] if line.count("⠀") < 10]
    assert "⠤" in through or "⠒" in through or "⠉" in through or "⣀" in through


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_a_plot_in_a_terminal_of_any_width(plot: Plot, columns: int) -> None:
    *drawn, _ = (line.plain for line in terminal_plot.drawn(plot, columns))
    assert all(len(line) <= max(columns, 60) for line in drawn)
    (loads,) = (line for line in drawn if line.lstrip().startswith("10 ") and "0,0" in line)
    assert set(loads.split()) <= {"10", "100", "1,000", "10,000", "100,000", "1,000,000"}


def test_less_than_a_dollar_has_a_name_on_the_axis() -> None:
    assert [curves.axis(value) for value in (0.01, 1, 1_000_000)] == ["0.01", "1", "1,000,000"]
