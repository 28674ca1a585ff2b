"""What an estimate says, as tables: for the terminal, for a document, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any

from local.cost.comparisons import LOADS, Choice, Comparison, at, comparisons
from local.cost.estimate import Estimate
from local.cost.prices import Prices, Spent

LEFT_OUT = (
    "Left out: data transfer, tax, free tiers, discounts, cold starts, reviewers' time, the page, "
    "batches' and data sets' own executions, and training."
)
_MARK = "*"
# A day's, as good as none: no workload has none at all.
_NO_IMAGES = 1e-9
_DOCUMENT_WIDTH = 120


@dataclass(frozen=True)
class Sheet:
    """A table with its title; the first column is text, the others are figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    says: str = ""


def sheets(found: Estimate, prices: Prices, compare: bool = True) -> Iterator[Sheet]:
    """All of them; without `compare`, only what was asked."""
    yield services(found, prices)
    if compare:
        for comparison in comparisons(found.workload, prices):
            yield compared(comparison, found.workload.images_per_day, prices)


def services(found: Estimate, prices: Prices) -> Sheet:
    """By service: of 1,000 images, and of the month."""
    total = found.month
    rows = [
        (
            f"{row.label}{', fixed' if row.fixed else ''}",
            figure(found.of_thousand(row.spent), row.spent.verified),
            share(row.spent, total),
            f"{row.spent.usd:,.2f}",
        )
        for row in found.rows
    ]
    rows.append(
        (
            "in all",
            figure(found.per_thousand, total.verified),
            share(total, total),
            f"{total.usd:,.2f}",
        )
    )
    each = f"{1000 * total.usd / found.delivered:,.2f}" if found.delivered else "none are"
    idle = at(found.workload, _NO_IMAGES, prices).month.usd
    says = (
        f"{found.images:,.0f} images a month asked for, {found.delivered:,.0f} delivered: "
        f"{each} USD per 1,000 delivered. {found.transitions:.2f} state transitions a request. "
        f"A month without a request: {idle:,.2f} USD."
    )
    title = f"{found.workload.images_per_day:,.0f} images a day, {prices.region}, USD"
    return Sheet(title, ("", "per 1,000 images", "share", "a month"), tuple(rows), says)


def compared(comparison: Comparison, asked: float, prices: Prices) -> Sheet:
    """Each choice at some loads, and at the one that was asked for."""
    loads = sorted({*map(float, LOADS), asked})
    return Sheet(
        f"{comparison.title}: USD per 1,000 images, by images a day",
        ("", *(f"{load:,.0f}" for load in loads)),
        tuple(_choice_row(choice, loads, prices) for choice in comparison.choices),
        comparison.says,
    )


def _choice_row(choice: Choice, loads: Sequence[float], prices: Prices) -> tuple[str, ...]:
    found = [at(choice.workload, load, prices) for load in loads]
    return (choice.name, *(figure(one.per_thousand, one.month.verified) for one in found))


def of_row(found: Estimate, label: str) -> str:
    """One service, for 1,000 images."""
    spent = sum((row.spent for row in found.rows if row.label == label), Spent())
    return figure(found.of_thousand(spent), spent.verified)


def share(spent: Spent, total: Spent) -> str:
    """In per cent; of nothing, none."""
    return f"{spent.usd / total.usd if total.usd else 0:.1%}"


def figure(usd: float, verified: bool) -> str:
    """With the mark of an unverified price."""
    digits = 4 if usd < 0.1 else 2
    return f"{usd:,.{digits}f}{'' if verified else _MARK}"


def footnotes(prices: Prices) -> Iterator[str]:
    """What the mark means, where prices are from, what is left out."""
    unsure = ", ".join(price.unsure for price in prices if not price.verified)
    if unsure:
        yield f"{_MARK} has a price that is not verified: {unsure}."
    yield f"Prices as of {prices.read_on}; safelight cost --list-prices has each with its source."
    yield LEFT_OUT


def price_list(prices: Prices) -> Sheet:
    """Every price with its source."""
    rows = tuple(
        (
            price.key,
            f"{price.usd:.10f}".rstrip("0").rstrip(".") + ("" if price.verified else _MARK),
            price.unit,
            f"{price.read_on} {price.confidence}",
            price.source,
        )
        for price in prices
    )
    return Sheet(f"Prices of {prices.region}", ("", "USD", "unit", "read", "source"), rows)


def markdown(sheet: Sheet) -> str:
    """As a table of a document."""
    columns = [name or " " for name in sheet.columns]
    lines = [
        f"### {sheet.title}",
        "",
        f"| {' | '.join(columns)} |",
        f"| --- |{' ---: |' * (len(columns) - 1)}",
        *(f"| {' | '.join(row)} |".replace(_MARK, rf"\{_MARK}") for row in sheet.rows),
    ]
    return "\n".join([*lines, *(["", *wrap(sheet.says, _DOCUMENT_WIDTH)] if sheet.says else [])])


def document(found: Estimate, prices: Prices, compared_too: bool = True) -> dict[str, Any]:
    """Everything as JSON: USD of a month and of 1,000 images."""
    told: dict[str, Any] = {
        "workload": asdict(found.workload),
        "region": prices.region,
        "prices_read_on": prices.read_on,
        "images_a_month": found.images,
        "delivered_a_month": found.delivered,
        "transitions_a_request": found.transitions,
        "instance_hours_a_month": asdict(found.hours),
        "usd_a_month": found.month.usd,
        "usd_per_1000_images": found.per_thousand,
        "services": [
            {
                "name": row.label,
                "fixed": row.fixed,
                "usd_a_month": row.spent.usd,
                "usd_per_1000_images": found.of_thousand(row.spent),
                "verified": row.spent.verified,
            }
            for row in found.rows
        ],
        "left_out": LEFT_OUT,
    }
    if compared_too:
        told["comparisons"] = [
            {
                "title": one.title,
                "says": one.says,
                "usd_per_1000_images": {
                    choice.name: {
                        str(load): at(choice.workload, load, prices).per_thousand for load in LOADS
                    }
                    for choice in one.choices
                },
            }
            for one in comparisons(found.workload, prices)
        ]
    return told
