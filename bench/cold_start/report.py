"""Starts, imports and packages as tables in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bench.cold_start.clients import beside, limit
from bench.cold_start.figures import Ratio, chance, places, verdict
from bench.cold_start.imports import GROUPS, Spent
from bench.cold_start.kept import Document
from bench.cold_start.packages import (
    FILTER_LIMIT,
    LAMBDA_UNZIPPED,
    LAMBDA_ZIP,
    OWN_LIMIT,
    Packages,
    Weight,
)
from bench.cold_start.rounds import Measured
from bench.cold_start.typical import CHAIN, LIMIT

_COLOURS = {"missed": "red", "unclear": "yellow", "kept": "green"}


def verdicts(found: Measured) -> dict[str, str]:
    """kept, missed or unclear, by function."""
    noise = found.noise().noise
    return {name: verdict(found.comparison(name).ratio, limit(name), noise) for name in found.ours}


def print_starts(console: Console, found: Measured, kept: Document) -> None:
    """Each function beside its bare handler, and beside what is kept of an earlier run."""
    table = Table(
        "function", "beside", title="Starts: CPU ms, MiB at the peak", title_justify="left"
    )
    for column in ("bare", "ours", "ratio", "", "at most", "kept", "MiB", "more", "modules"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    said = verdicts(found)
    for name in found.ours:
        one = found.comparison(name)
        colour = _COLOURS[said[name]]
        table.add_row(
            name,
            " ".join(beside(name)),
            f"{one.bare_ms:.0f}",
            f"{one.ms:.0f}",
            f"{one.ratio.best:.2f}",
            f"{one.ratio.low:.2f}-{one.ratio.high:.2f}",
            f"{limit(name):.2f}",
            _before(kept, name, one.ratio.best),
            f"{one.mib:.1f}",
            f"{one.mib - one.bare_mib:+.1f}",
            str(one.modules),
            f"[{colour}]{said[name]}[/{colour}]",
        )
    console.print(table)
    noise, outside = found.noise(), chance(found.rounds, places(found.rounds))
    console.print(
        f"{found.rounds} rounds in {found.seconds:.0f} s. A ratio is of the best times; outside of"
        f" its interval the true one lies with a chance of {outside:.0%} on each side. A bare"
        f" handler against itself: {noise.best:.2f} ({noise.low:.2f}-{noise.high:.2f}). missed: the"
        f" interval's low end is above the limit by more than these {noise.noise:.0%}; unclear: the"
        " ratio is above, and that may be noise."
        + (f" kept: of {kept['date']}, {kept['machine']}." if kept else ""),
        highlight=False,
        style="dim",
    )


def print_imports(console: Console, found: dict[str, Spent]) -> None:
    """How much of each start is whose; of one function alone, its dearest modules, too."""
    table = Table("function", title="Imports: modules, own CPU ms", title_justify="left")
    for column in ("runtime", *GROUPS, "clients, settings", "start", "for an annotation alone"):
        table.add_column(column, justify="right")
    for name, spent in found.items():
        groups = [spent.of(group) for group in GROUPS]
        rest = spent.ms - spent.runtime - sum(ms for _, ms in groups)
        in_vain = [one for one in spent.imports if one.in_vain]
        table.add_row(
            name,
            f"{spent.runtime:.1f}",
            *(f"{modules}  {ms:6.1f}" for modules, ms in groups),
            f"{rest:.1f}",
            f"{spent.ms:.1f}",
            ", ".join(one.module for one in in_vain) or "-",
        )
    console.print(table)
    if len(found) == 1:
        (spent,) = found.values()
        _print_modules(console, spent)


def _print_modules(console: Console, spent: Spent) -> None:
    for title, among in (
        ("Ours, dearest first", [one for one in spent.imports if one.group == "ours"]),
        ("Others' that a bare handler has not loaded", spent.more),
        ("All others'", [one for one in spent.imports if one.group != "ours"][:20]),
    ):
        table = Table("module", title=title, title_justify="left")
        for column in ("own ms", "with what it imports first"):
            table.add_column(column, justify="right")
        table.add_column("")
        for one in among:
            note = "for an annotation alone" if one.in_vain else ""
            table.add_row(one.module, f"{one.own:.1f}", f"{one.whole:.1f}", note)
        console.print(table)


def print_packages(console: Console, found: Packages, folders: bool) -> None:
    """What is deployed, and against which limits; folder by folder if asked for."""
    table = Table("part", title="Packages: MB", title_justify="left")
    for column in ("zipped", "at most", "unzipped"):
        table.add_column(column, justify="right")
    table.add_column("")
    one = f"{found.packages} package for {found.functions} functions: each has the whole policy"
    _row(table, "functions/", found.whole, OWN_LIMIT, one)
    _row(table, "with .pyc files", found.with_compiled_files, None, "not what is deployed")
    _row(
        table,
        "layer",
        found.layer,
        None,
        "Pillow as installed here, for the three functions that open pictures",
    )
    together = found.whole + found.layer
    _row(
        table,
        "functions/ and layer",
        together,
        LAMBDA_ZIP,
        f"Lambda: {LAMBDA_UNZIPPED / 1e6:.0f} MB unzipped",
    )
    filters = found.reach["filter_keywords"]
    _row(table, "what FilterKeywords reaches", filters, FILTER_LIMIT, "of the same package")
    if folders:
        table.add_section()
        for name, weight in found.folders.items():
            reach = found.reach.get(name)
            note = f"reaches {reach.zipped / 1e6:.3f} of all" if reach else "every function's"
            _row(table, f"{name}/", weight, None, note)
    console.print(table)


def print_typical(console: Console, ratio: Ratio) -> None:
    """The chain beside the same with Powertools and pydantic."""
    console.print(
        f"{', '.join(CHAIN)} together, beside five with Powertools and pydantic: "
        f"{ratio.best:.2f} ({ratio.low:.2f}-{ratio.high:.2f}), at most {LIMIT:.2f}",
        highlight=False,
    )


def _row(table: Table, name: str, weight: Weight, most: int | None, note: str) -> None:
    table.add_row(
        name,
        f"{weight.zipped / 1e6:.3f}",
        f"{most / 1e6:.2f}" if most else "",
        f"{weight.raw / 1e6:.3f}",
        note,
    )


def _before(kept: Document, name: str, ratio: float) -> str:
    before = kept.get("functions", {}).get(name)
    if before is None:
        return "-"
    earlier = before["ratio"]["best"]
    return f"{earlier:.2f} ({ratio - earlier:+.2f})"
