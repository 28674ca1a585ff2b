"""The short report for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.evaluate.differences import Difference
from bench.evaluate.evaluation import Evaluation
from bench.evaluate.figures import Rate
from bench.evaluate.judging import TRAINED, Judge
from bench.evaluate.keyword_figures import OURS, OWN_LIST, KeywordFigures
from bench.evaluate.layers import Group
from bench.evaluate.report.conditions import Conditions
from bench.evaluate.targets import Target

TUNED = (
    "Lists, thresholds, vocabulary and templates were chosen while looking at the public sets: on "
    "those the figures are somewhat optimistic; only unseen texts decide."
)


def print_report(console: Console, evaluation: Evaluation, made_with: Conditions) -> None:
    """The aims, then each set, then what the other policy changes."""
    for name, fact in made_with.facts.items():
        console.print(f"[dim]{name:>17}[/dim]  {fact}", highlight=False)
    for name, reason in made_with.absent.items():
        console.print(f"[dim]{'not asked':>17}[/dim]  {name}: {reason}", highlight=False)
    console.print()
    if evaluation.targets:
        console.print(_targets(evaluation.targets))
        console.print(f"[dim]{TUNED}[/dim]\n")
    if evaluation.keywords:
        console.print(_techniques(evaluation.keywords))
    if evaluation.prompts:
        subsets, judges = evaluation.prompts.subsets, evaluation.prompts.judges
        console.print(_groups("Prompts flagged, of 100", subsets, _told(judges)))
        if peers := [judge for judge in judges if judge.layer == "peer"]:
            console.print(_groups("The same, by peers with lists of their own", subsets, peers))
    if evaluation.posts:
        judges = _told(list(evaluation.posts.judged.flags))
        console.print(_groups("Posts flagged, of 100", evaluation.posts.sources, judges))
    for of_set, changed in evaluation.differences.items():
        console.print(_differences(of_set, changed))


def _targets(targets: Sequence[Target]) -> Table:
    table = _table("Aims")
    for name in ("what", "layer", "aim"):
        table.add_column(name, overflow="fold")
    for name in ("is", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for one in targets:
        verdict = Text("reached", "green") if one.met else Text("missed", "red")
        table.add_row(
            one.subject, one.layer, one.aim, counted(one.rate), interval(one.rate), verdict
        )
    return table


def _techniques(figures: KeywordFigures) -> Table:
    """The sums, and every line that is not as it should be; the page has them all."""
    table = _table("Keyword cases flagged, of 100: everyone has the vocabulary as the list")
    table.add_column("technique or kind")
    table.add_column("rows", justify="right")
    columns = [*figures.judges, OWN_LIST]
    for judge in columns:
        table.add_column(judge, justify="right", overflow="fold")
    for forbidden in (True, False):
        sums = {judge: figures.overall(judge, forbidden=forbidden) for judge in columns}
        name = "disguised words" if forbidden else "innocent texts"
        table.add_row(name, str(sums[OURS].total), *_cells(sums, forbidden=forbidden))
        for one in figures.techniques:
            wrong = one.flagged[OURS].share < 1 if forbidden else one.flagged[OURS].hits
            if one.forbidden == forbidden and wrong:
                name = f"  {one.name}{' (apart)' * one.apart}"
                cells = _cells(one.flagged, forbidden=forbidden)
                table.add_row(name, str(one.flagged[OURS].total), *cells)
        table.add_section()
    return table


def _cells(flagged: dict[str, Rate], *, forbidden: bool) -> list[Text]:
    """The policy's list is no list for other people's words: no figure there."""
    return [
        Text("") if forbidden and judge == OWN_LIST else share(rate, bad=not forbidden)
        for judge, rate in flagged.items()
    ]


def _groups(title: str, groups: Sequence[Group], judges: Sequence[Judge]) -> Table:
    table = _table(title)
    for name in ("", "group"):
        table.add_column(name, no_wrap=True)
    table.add_column("rows", justify="right")
    for judge in judges:
        table.add_column(judge.title.replace(", ", "\n"), justify="right", overflow="fold")
    for unsafe in (False, True):
        for group in (one for one in groups if one.unsafe == unsafe):
            table.add_row(
                "unsafe" if unsafe else "safe",
                " ".join(group.names),
                str(next(iter(group.flagged.values())).total),
                *(share(group.flagged[judge], bad=not unsafe) for judge in judges),
            )
        table.add_section()
    return table


def _told(judges: list[Judge]) -> list[Judge]:
    """The page has the others: the classifier alone, reviews, the model on what it learnt from."""
    return [
        one for one in judges if one.layer in ("filter", "both", "peer") and one.regime != TRAINED
    ]


def _differences(of_set: str, changed: Sequence[Difference]) -> Table | str:
    if not changed:
        return f"{of_set}: nothing is judged otherwise.\n"
    table = _table(f"Judged otherwise than before: {of_set}")
    for name in ("layer", "", "group"):
        table.add_column(name)
    for name in ("before", "now", "newly flagged", "no longer"):
        table.add_column(name, justify="right")
    for one in changed:
        table.add_row(
            one.judge.title,
            "unsafe" if one.unsafe else "safe",
            " ".join(one.names),
            counted(one.before),
            counted(one.after),
            str(one.newly_flagged),
            str(one.no_longer),
        )
    return table


def counted(rate: Rate) -> str:
    """12 / 94 (12.8 %)."""
    return f"{rate.hits} / {rate.total} ({100 * rate.share:.1f} %)"


def interval(rate: Rate) -> str:
    """Wilson's, in percent."""
    low, high = rate.interval
    return f"{100 * low:.1f} - {100 * high:.1f} %"


def share(rate: Rate, *, bad: bool) -> Text:
    """Of 100; for what should not be flagged, anything but 0 stands out."""
    style = "yellow" if bad and rate.hits else ""
    return Text(f"{100 * rate.share:.1f}" if rate.hits < rate.total else "100", style)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
