"""The figures as tables in the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.filter.families import FAMILIES
from bench.filter.quality import Quality, Share, groups


def print_quality(console: Console, half: str, results: dict[str, Quality], families: bool) -> None:
    """Recall per group, and false positives; of every family too, or of those that ours misses."""
    table = Table(title=f"Recall by group, {half}", title_justify="left")
    table.add_column("group")
    table.add_column("families", justify="right")
    table.add_column("cases", justify="right")
    for name in results:
        table.add_column(name, justify="right")
    ours = next(iter(results.values()))
    for group, members in groups().items():
        row = [_percent(quality.recall(members)) for quality in results.values()]
        table.add_row(group, str(len(members)), str(ours.recall(members).of), *row)
    wrong = [f"{result.false_positives.count}" for result in results.values()]
    table.add_section()
    table.add_row("innocents flagged", "", str(ours.innocents), *wrong)
    console.print(table)
    _print_families(console, half, results, families)


def _print_families(
    console: Console, half: str, results: dict[str, Quality], all_of_them: bool
) -> None:
    shown = [
        family
        for family in FAMILIES
        if all_of_them or family in next(iter(results.values())).missed
    ]
    table = Table(title=f"Recall by family, {half}", title_justify="left")
    for column in ("family", "group"):
        table.add_column(column)
    for name in ("cases", *results):
        table.add_column(name, justify="right")
    for family in shown:
        shares = [quality.recall([family]) for quality in results.values()]
        hard = ", hard" * family.hard
        table.add_row(
            escape(family.name), family.group + hard, str(shares[0].of), *map(_percent, shares)
        )
    table.caption = "" if all_of_them else "Only families that ours misses something of."
    console.print(table)


def print_misses(console: Console, ours: Quality, most: int) -> None:
    """What ours missed and flagged wrongly, as ASCII."""
    for family, cases in ours.missed.items():
        for case in cases[:most]:
            text = ascii(case.text)
            console.print(
                f"missed [{family.group}: {family.name}] {case.term}: {text}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
    for text in ours.wrong:
        console.print(f"wrong {text!a}", markup=False, highlight=False, soft_wrap=True)


def _percent(share: Share) -> str:
    return f"{100 * share.rate:.1f}" if share.of else "-"
