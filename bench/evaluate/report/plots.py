"""The plots of the page with their legend, and the same in numbers."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from bench.evaluate.figures import Curve, Point
from bench.evaluate.judging import TRAINED, Judge
from bench.evaluate.layers import ALWAYS, Plot
from bench.evaluate.report.svg import Line, Mark, plot_svg
from bench.evaluate.report.tables import Part, Row, percent, table

# Read off every curve: what is caught while so many of the safe are flagged.
_READ_AT = (0.01, 0.02, 0.05, 0.1)
_FILTER_LETTER = "F"
_NEAR_SAFE, _NEAR_UNSAFE = 0.006, 0.05


def plots(all_plots: list[Plot], most_safe: float) -> str:
    """A figure each; curves of filter and classifier together, marks for all that stands still."""
    against = dict.fromkeys(one.safe for one in all_plots)
    return "".join(
        f'<h4>Against {escape(" · ".join(safe))}</h4><div class="plots">'
        f"{''.join(_figure(one, most_safe) for one in all_plots if one.safe == safe)}</div>"
        for safe in against
    )


def legend(own: list[Judge], peers: list[Judge]) -> str:
    """What the lines, dots and letters of the plots are."""
    lines = [
        f'<li><svg viewBox="0 0 32 12" aria-hidden="true"><path class="line {_style(judge)}" '
        f'd="M0 6H32"/></svg> {escape(judge.title)}</li>'
        for judge in own
        if _drawn(judge)
    ]
    letters = {_FILTER_LETTER: "filter alone"} | {_letter(peer): peer.title for peer in peers}
    marks = [f"<li><b>{letter}</b> {escape(name)}</li>" for letter, name in letters.items()]
    return (
        '<p class="note">Upwards: percent of the unsafe texts flagged. To the right: percent of '
        "the safe ones. A dot is where the policy's thresholds stand.</p>"
        f'<ul class="legend">{"".join(lines + marks)}</ul>'
    )


def read_outs(all_plots: list[Plot]) -> str:
    """The curves as a table."""
    parts = [
        Part(
            f"{' · '.join(one.unsafe)} against {' · '.join(one.safe)}",
            [
                Row(
                    judge.title,
                    "",
                    [*(_caught(curve, at) for at in _READ_AT), f"{curve.auc:.3f}"],
                )
                for judge, curve in one.curves.items()
                if judge.regime != TRAINED
            ],
        )
        for one in all_plots
    ]
    columns = [f"at {percent(at)} % of the safe" for at in _READ_AT]
    body = table(
        "Percent of the unsafe texts caught by a threshold that flags at most so many of the safe "
        "ones; and the area under the curve. Thresholds read off the texts they are judged on.",
        ["layer", *columns, "area"],
        parts,
    )
    return f"<details><summary>The curves in numbers</summary>{body}</details>"


def _figure(one: Plot, most_safe: float) -> str:
    title = " · ".join(one.unsafe)
    lines = [
        Line(_style(judge), _reachable(curve))
        for judge, curve in one.curves.items()
        if _drawn(judge)
    ]
    described = f"{title}, against {' · '.join(one.safe)}; the numbers are in the table below"
    svg = plot_svg(described, lines, _marks(one), most_safe)
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"


def _reachable(curve: Curve) -> tuple[Point, ...]:
    """Without the point where nothing is flagged, if the filter flags: no threshold undoes that."""
    return curve.points[curve.points[1].threshold == ALWAYS :]


def _marks(one: Plot) -> list[Mark]:
    """Judges in nearly the same place share a mark."""
    dots = [
        Mark(judge.backend, safe.share, unsafe.share)
        for judge, (safe, unsafe) in one.marks.items()
        if _drawn(judge)
    ]
    lettered: list[Mark] = []
    for judge, (safe, unsafe) in one.marks.items():
        if judge.layer not in ("filter", "peer"):
            continue
        letter, place = _letter(judge), (safe.share, unsafe.share)
        near = next((mark for mark in lettered if _near(mark, *place)), None)
        if near is None:
            lettered.append(Mark(judge.layer, *place, letter))
        else:
            lettered[lettered.index(near)] = replace(near, letters=near.letters + letter)
    return lettered + dots


def _near(mark: Mark, safe: float, unsafe: float) -> bool:
    return abs(mark.safe - safe) < _NEAR_SAFE and abs(mark.unsafe - unsafe) < _NEAR_UNSAFE


def _drawn(judge: Judge) -> bool:
    return judge.layer == "both" and judge.regime != TRAINED


def _style(judge: Judge) -> str:
    return f"{judge.backend} {judge.regime}"


def _letter(judge: Judge) -> str:
    """F for the filter; a peer's own letter, the strict one's is s."""
    if judge.layer == "filter":
        return _FILTER_LETTER
    return judge.peer.split()[-1][:1] if judge.layer == "peer" else ""


def _caught(curve: Curve, most_safe: float) -> str:
    reached = [point.unsafe for point in curve.points if point.safe <= most_safe]
    return percent(max(reached)) if reached else "—"
