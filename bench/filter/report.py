"""The figures as tables in the terminal, and what of them was demanded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.filter.english import PROSE, Running
from bench.filter.families import FAMILIES
from bench.filter.quality import HARD, USUAL, Quality, Share, groups
from bench.filter.speed import GLIN, LENGTHS, OURS, TOKENS, Timing
from bench.filter.weight import Weight
from bench.filter.worst import GROWTH, LENGTH, Growth, Slowest
from bench.peers.running import NOTES

Tell = Callable[[str], None]
_PROMPT = "77 tokens"
_SHOWN = 10


@dataclass(frozen=True)
class Target:
    """A figure and the least or most that it may be."""

    name: str
    value: float
    limit: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Whether the figure is within the limit."""
        return self.value <= self.limit if self.at_most else self.value >= self.limit


def print_peers(console: Console, peers: list[str], absent: dict[str, str]) -> None:
    """Who takes part, and why another does not."""
    for name in peers:
        console.print(f"  {name}: {NOTES[name]}", highlight=False, markup=False)
    for name, reason in absent.items():
        console.print(f"  {name} is absent: {reason}", highlight=False, markup=False)


def print_quality(console: Console, half: str, results: dict[str, Quality], families: bool) -> None:
    """Recall per group and false positives; and of every family, or of those that ours misses."""
    table = _table(f"Recall in %, {half} half", ["group"], ["families", "cases", *results])
    ours = results["ours"]
    for group, members in groups().items():
        if group == USUAL:
            table.add_section()
        shares = [quality.recall(members) for quality in results.values()]
        table.add_row(group, str(len(members)), str(ours.recall(members).of), *_percents(shares))
    table.add_section()
    wrong = [str(quality.false_positives.count) for quality in results.values()]
    table.add_row("innocents flagged (number)", "", str(ours.innocents), *wrong)
    console.print(table)
    shown = FAMILIES if families else [family for family in FAMILIES if family in ours.missed]
    title = "Recall in % by family" + (", those that ours misses some of" if not families else "")
    table = _table(f"{title}, {half} half", ["family", "group"], ["cases", *results])
    for family in shown:
        shares = [quality.recall([family]) for quality in results.values()]
        group = family.group + ", hard" * family.hard
        table.add_row(escape(family.name), group, str(shares[0].of), *_percents(shares))
    console.print(table)


def print_misses(console: Console, ours: Quality, most: int) -> None:
    """What ours missed and flagged wrongly, as ASCII."""
    lines = [
        f"missed ({family.group}: {family.name}) {case.term}: {case.text!a}"
        for family, cases in ours.missed.items()
        for case in cases[:most]
    ]
    for line in [*lines, *(f"flagged wrongly: {text!a}" for text in ours.wrong)]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def print_timings(console: Console, timings: list[Timing]) -> None:
    """A row per list and filter, a column per length."""
    table = _table("CPU µs per call, median (quarters) of the turns", ["terms", "filter"], LENGTHS)
    rows: dict[tuple[int, str], list[str]] = {}
    for one in timings:
        middle, low, high = map(_microseconds, (one.median, one.low, one.high))
        cell = f"{middle} ({low}-{high})"
        rows.setdefault((one.terms, one.filter), []).append(cell)
    for (terms, name), cells in rows.items():
        table.add_row(f"{terms:,}", name, *cells)
    console.print(table)


def print_slowest(console: Console, shapes: list[Slowest], growths: list[Growth]) -> None:
    """The slowest inputs, and those that grow most."""
    table = _table(f"Slowest of {len(shapes)} inputs of {LENGTH:,} characters", ["input"], ["ms"])
    for shape in shapes[:_SHOWN]:
        table.add_row(shape.shape, f"{shape.milliseconds:.1f}")
    console.print(table)
    lengths = [f"{length:,}" for length in GROWTH]
    title = f"Growth: worst doubling of {len(growths)} inputs, ms by characters"
    table = _table(title, ["input"], ["worst doubling", *lengths])
    for growth in growths[:_SHOWN]:
        times = [f"{milliseconds:.2f}" for milliseconds in growth.milliseconds]
        table.add_row(growth.shape, f"{growth.ratio:.2f}", *times)
    console.print(table)


def print_running(console: Console, running: list[Running]) -> None:
    """Lines of running text that are flagged without a term in them."""
    table = _table("Running English", ["kind"], ["lines", "words", "flagged", "per million words"])
    for kind in running:
        table.add_row(
            kind.kind,
            f"{kind.lines:,}",
            f"{kind.words:,}",
            str(len(kind.flagged)),
            f"{kind.per_million:.1f}",
        )
    console.print(table)
    for kind in running:
        told = ", ".join(f"{name or 'none'} {count}" for name, count in kind.disguises.items())
        console.print(f"  {kind.kind}, flagged lines by disguise: {told or '-'}", highlight=False)
        for line in kind.flagged[:_SHOWN] if kind.kind == PROSE else ():
            console.print(f"    {line.strip()[:120]!a}", markup=False, highlight=False)


def print_weight(console: Console, weight: Weight) -> None:
    """Zip and start."""
    start = weight.start
    console.print(
        f"With 5,000 terms: {weight.zip_megabytes:.3f} MB zipped; start {start.ms:.0f} ms beside "
        f"{start.bare_ms:.0f} ms of a bare handler, {start.ratio.best:.2f} "
        f"({start.ratio.low:.2f}-{start.ratio.high:.2f}). Made at the first unusual word: "
        f"{weight.first_odd:.0f} ms.",
        highlight=False,
    )


def print_targets(console: Console, targets: list[Target]) -> None:
    """What was demanded, and whether it is met."""
    table = _table("Targets", ["figure"], ["value", "limit", ""])
    for target in targets:
        sign = "≤" if target.at_most else "≥"
        met = "[green]pass[/]" if target.met else "[red]miss[/]"
        table.add_row(target.name, f"{target.value:,.4g}", f"{sign} {target.limit:,.4g}", met)
    console.print(table)


def quality_targets(half: str, results: dict[str, Quality]) -> list[Target]:
    """Recall and false positives of ours."""
    ours = results["ours"]
    usual, hard = groups()[USUAL], groups()[HARD]
    recall = 100 * ours.recall(usual).rate
    targets = [
        Target(f"{half}: recall, {USUAL}, %", recall, 98, at_most=False),
        Target(f"{half}: recall, {HARD}, %", 100 * ours.recall(hard).rate, 60, at_most=False),
        Target(f"{half}: innocents flagged, %", 100 * ours.false_positives.rate, 0.4),
    ]
    for name in results:
        if name.startswith(GLIN):
            ahead = recall - 100 * results[name].recall(usual).rate
            targets.append(Target(f"{half}: points ahead of {name}", ahead, 25, at_most=False))
    return targets


def speed_targets(
    timings: list[Timing],
    shapes: list[Slowest],
    growths: list[Growth],
    running: list[Running],
    weight: Weight,
) -> list[Target]:
    """Time, growth, running English, size and start."""
    median = {(one.filter, one.terms, one.length): one.median for one in timings}
    ours = {terms: median[OURS, terms, _PROMPT] for terms in (50, 5_000, 50_000)}
    targets = [
        Target(f"token-set passes, {_PROMPT}", ours[5_000] / median[TOKENS, 5_000, _PROMPT], 5),
        Target("5,000 terms beside 50", ours[5_000] / ours[50], 1.3),
        Target("50,000 terms beside 50", ours[50_000] / ours[50], 3),
        Target(
            "4,000 characters beside 1,000",
            median[OURS, 5_000, "4,000 characters"] / median[OURS, 5_000, "1,000 characters"],
            5,
        ),
        Target(f"slowest input of {LENGTH:,} characters, ms", shapes[0].milliseconds, 20),
        Target("worst doubling", growths[0].ratio, 2.6),
        Target("zip, MB", weight.zip_megabytes, 0.35),
        Target("start beside a bare handler's", weight.start.ratio.best, 0.35),
    ]
    if (GLIN, 5_000, _PROMPT) in median:
        times = median[GLIN, 5_000, _PROMPT] / ours[5_000]
        targets.append(Target(f"times as fast as {GLIN}, {_PROMPT}", times, 200, at_most=False))
    targets += [
        Target("flagged lines per million words of prose", kind.per_million, 5)
        for kind in running
        if kind.kind == PROSE and kind.words
    ]
    return targets


def _table(title: str, left: list[str], right: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    return table


def _microseconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _percents(shares: list[Share]) -> list[str]:
    return [f"{100 * share.rate:.1f}" if share.of else "-" for share in shares]
