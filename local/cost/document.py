"""Writes what docs/cost.md shows of a default workload, and its plot.

`python -m local.cost.document` after a change of prices, of the workflow or of the template.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from local.cost import curves, report, svg_plot
from local.cost.comparisons import LOADS, at
from local.cost.estimate import estimate
from local.cost.prices import Prices, shipped
from local.cost.workflow import ROOT
from local.cost.workload import Workload

DOCUMENT = ROOT / "docs" / "cost.md"
PLOT = ROOT / "docs" / "images" / "cost.svg"
_BEGIN = "<!-- written by python -m local.cost.document -->"
_END = "<!-- end -->"


def words(workload: Workload, prices: Prices) -> tuple[str, str]:
    """The plot's title and its note."""
    return (
        "What 1,000 images cost on AWS",
        (
            f"As asked: {workload.instance_type}, {workload.seconds_per_image:g} s a picture, "
            f"{workload.backend}. {prices.region}, prices as of {prices.read_on}."
        ),
    )


def block() -> str:
    """The generated part of the document."""
    return "\n\n".join(_parts(Workload(), shipped()))


def picture() -> str:
    """The plot of the same workload."""
    workload, prices = Workload(), shipped()
    return svg_plot.svg(curves.plot(workload, prices), *words(workload, prices))


def replaced(text: str) -> str:
    """The document with today's block in the place of the one that it has."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n\n{block()}\n\n{_END}{after}"


def _parts(workload: Workload, prices: Prices) -> Iterator[str]:
    yield report.markdown(_by_load(workload, prices))
    first, *comparisons = report.sheets(estimate(workload, prices), prices)
    yield report.markdown(first)
    yield from map(report.markdown, comparisons)
    unsure = [price for price in prices if not price.verified]
    yield "### Not verified"
    yield "\n".join(
        f"- `{price.key}`{price.unsure.removeprefix(price.key)}: {price.source}."
        for price in unsure
    )


def _by_load(workload: Workload, prices: Prices) -> report.Sheet:
    found = [at(workload, load, prices) for load in LOADS]
    by_label = {row.label: row.fixed for one in found for row in one.rows}
    rows = [
        (f"{label}{', fixed' if fixed else ''}", *(report.of_row(one, label) for one in found))
        for label, fixed in by_label.items()
    ]
    totals = [report.figure(one.per_thousand, one.month.verified) for one in found]
    months = [f"{one.month.usd:,.0f}" for one in found]
    return report.Sheet(
        "USD per 1,000 images, by images a day",
        ("", *(f"{load:,}" for load in LOADS)),
        (*rows, ("in all", *totals), ("a month", *months)),
    )


def main() -> None:
    DOCUMENT.write_text(replaced(DOCUMENT.read_text("utf-8")), "utf-8")
    PLOT.write_text(picture(), "utf-8")
    for file in (DOCUMENT, PLOT):
        print(f"wrote {file.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
