"""The page's part on disguised words and innocent ones."""

from __future__ import annotations

from bench.evaluate.keyword_figures import OURS, OWN_LIST, KeywordFigures, Technique
from bench.evaluate.report.tables import CELLS, Part, Row, table


def keywords_part(figures: KeywordFigures) -> str:
    """Everyone by technique, and by kind of innocent."""
    caught, innocents = (
        [one for one in figures.techniques if one.forbidden == forbidden]
        for forbidden in (True, False)
    )
    techniques = table(
        f"Texts with a word of the vocabulary, by how it is written. {CELLS}",
        ["technique", *figures.judges],
        _technique_parts(figures, caught, [*figures.judges], bad=False),
        ours=0,
    )
    kinds = table(
        "Innocent texts, by kind. The last column is the default list's, which has words the "
        "vocabulary lacks and exceptions of its own.",
        ["kind of innocent", *figures.judges, OWN_LIST],
        _technique_parts(figures, innocents, [*figures.judges, OWN_LIST], bad=True),
        ours=0,
    )
    return (
        "<p>The same word can be written in many ways, and an innocent word can look like it. Each "
        f"line is one way; what is hard stands first.</p>{techniques}<h3>Innocents</h3>{kinds}"
    )


def _technique_parts(
    figures: KeywordFigures, techniques: list[Technique], columns: list[str], *, bad: bool
) -> list[Part]:
    whole = [figures.overall(judge, forbidden=not bad) for judge in columns]

    def rows(*, apart: bool) -> list[Row]:
        return [
            Row(one.name, f"{one.flagged[OURS].total}", [one.flagged[c] for c in columns], bad)
            for one in techniques
            if one.apart == apart
        ]

    first = Row("all of these lines", f"{whole[0].total}", whole, bad, whole=True)
    return [
        part
        for part in (Part("", [first, *rows(apart=False)]), Part("Apart", rows(apart=True)))
        if part.rows
    ]
