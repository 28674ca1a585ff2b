"""The long report: one HTML file with everything in it, no script, nothing to fetch."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from bench.evaluate.conditions import Conditions
from bench.evaluate.differences import Difference
from bench.evaluate.evaluation import Evaluation
from bench.evaluate.html_plots import legend, plots, read_outs
from bench.evaluate.html_tables import Part, Row, meter, percent, table
from bench.evaluate.judging import TRAINED, Judge
from bench.evaluate.keyword_figures import OURS, OWN_LIST, KeywordFigures, Technique
from bench.evaluate.layers import BACKENDS, FILTER, Group
from bench.evaluate.post_figures import PostFigures
from bench.evaluate.prompt_figures import PromptFigures
from bench.evaluate.report_text import counted, interval
from bench.evaluate.targets import Target

_TEMPLATE = Path(__file__).with_name("page.html")
_ABOUT_POSTS = (
    "<p>Posts are no image prompts, and the filter's lists were not made for them. These figures "
    "say how far the classifier carries over to other people's words.</p>"
)
_NOTE = "In each cell: percent flagged, the count, Wilson's 95 % interval in percent."


def write_page(path: Path, evaluation: Evaluation, made_with: Conditions) -> Path:
    """Writes the file and returns its path."""
    sections = {
        "aims": ("Aims", _aims(evaluation.targets)),
        "keywords": ("Disguised words", _keywords(evaluation.keywords)),
        "prompts": ("Image prompts", _prompts(evaluation.prompts)),
        "posts": ("Posts", _posts(evaluation.posts)),
        "changes": ("Changes", _changes(evaluation.differences)),
    }
    shown = {name: section for name, section in sections.items() if section[1]}
    page = Template(_TEMPLATE.read_text("utf-8")).substitute(
        made=escape(made_with.made),
        facts=_facts(made_with),
        links="".join(f'<li><a href="#{name}">{one[0]}</a></li>' for name, one in shown.items()),
        sections="\n".join(
            f'<section id="{name}" aria-labelledby="{name}-title">'
            f'<h2 id="{name}-title">{title}</h2>{body}</section>'
            for name, (title, body) in shown.items()
        ),
    )
    path.write_text(page, "utf-8")
    return path


def _facts(made_with: Conditions) -> str:
    facts = [*made_with.facts.items()]
    facts += [(f"not asked: {name}", reason) for name, reason in made_with.absent.items()]
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts)


def _aims(targets: list[Target]) -> str:
    if not targets:
        return ""
    layers = dict.fromkeys(target.layer for target in targets)
    bodies = "".join(
        f'<tbody><tr><th class="kind" colspan="6" scope="rowgroup">{escape(layer)}</th></tr>'
        f"{''.join(_aim(target) for target in targets if target.layer == layer)}</tbody>"
        for layer in layers
    )
    return (
        '<div class="wide"><table><caption>The bar is the figure, its pale part the 95 % interval, '
        "the red mark the aim. Bars of what should be low end at 10 %.</caption><thead><tr>"
        '<th scope="col">what</th><th scope="col">aim</th><th scope="col">is</th>'
        '<th scope="col">interval</th><td></td><td></td></tr></thead>'
        f"{bodies}</table></div>"
    )


def _aim(target: Target) -> str:
    verdict = "reached" if target.met else "missed"
    bar = meter(target.rate, target.limit, 0.1 if target.at_most else 1.0)
    return (
        f'<tr><th scope="row">{escape(target.subject)}</th><td>{escape(target.aim)}</td>'
        f"<td>{counted(target.rate)}</td><td>{interval(target.rate)}</td><td>{bar}</td>"
        f'<td class="text"><span class="badge {verdict}">{verdict}</span></td></tr>'
    )


def _keywords(figures: KeywordFigures | None) -> str:
    if figures is None:
        return ""
    caught, innocents = (
        [one for one in figures.techniques if one.forbidden == forbidden]
        for forbidden in (True, False)
    )
    techniques = table(
        f"Texts with a word of the vocabulary, by how it is written. {_NOTE}",
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


def _prompts(figures: PromptFigures | None) -> str:
    if figures is None:
        return ""
    own = [judge for judge in figures.judges if judge.layer != "peer"]
    peers = [judge for judge in figures.judges if judge.layer == "peer"]
    both = [judge for judge in own if judge.layer == "both" and judge.regime != TRAINED]
    return "".join(
        [
            _by_backend(figures.subsets, own),
            "<h3>Beside the peers</h3>",
            _groups("The same prompts, judged in the same run.", figures.subsets, both + peers),
            "<h3>By harm</h3>",
            _groups("Unsafe prompts by what makes them so.", figures.harms, [FILTER, *both]),
            "<h3>Thresholds</h3>",
            legend(own, peers),
            plots(figures.plots, most_safe=0.2),
            read_outs(figures.plots),
            "<h3>Confusion matrices</h3>",
            _matrices(figures.difficulties, [FILTER, *both, *peers]),
            _trained(figures.subsets, own),
        ]
    )


def _posts(figures: PostFigures | None) -> str:
    if figures is None:
        return ""
    judges = list(figures.judged.flags)
    return "".join(
        [
            _ABOUT_POSTS,
            _by_backend(figures.sources, judges),
            "<h3>Thresholds</h3>",
            legend(judges, []),
            plots(figures.plots, most_safe=1.0),
            read_outs(figures.plots),
            _trained(figures.sources, judges),
        ]
    )


def _by_backend(groups: list[Group], judges: list[Judge]) -> str:
    """Each layer alone, both together, and what a review would be asked about."""
    return "".join(
        f"<h3>Filter and classifier, {escape(backend)}</h3>"
        + _groups(
            _NOTE,
            groups,
            [FILTER] + [one for one in judges if one.backend == backend and one.regime != TRAINED],
        )
        for backend in BACKENDS
    )


def _trained(groups: list[Group], judges: list[Judge]) -> str:
    trained = [judge for judge in judges if judge.regime == TRAINED]
    if not trained:
        return ""
    caption = (
        "The shipped model on the very texts that it was trained on. These are no results: they "
        "say how well it remembers."
    )
    body = _groups(caption, groups, trained)
    return f"<details><summary>Trained on: no results</summary>{body}</details>"


def _groups(caption: str, groups: list[Group], judges: list[Judge]) -> str:
    parts = [
        Part(
            "Unsafe: flagged is right" if unsafe else "Safe: flagged is wrong",
            [
                Row(
                    " · ".join(group.names),
                    f"{group.flagged[FILTER].total}",
                    [group.flagged[judge] for judge in judges],
                    bad=not unsafe,
                )
                for group in groups
                if group.unsafe == unsafe
            ],
        )
        for unsafe in (False, True)
    ]
    titles = ["texts", *(judge.title for judge in judges)]
    return table(caption, titles, [part for part in parts if part.rows])


def _matrices(groups: list[Group], judges: list[Judge]) -> str:
    matrices = "".join(
        table(
            judge.title,
            ["", "flagged", "passed"],
            [
                Part(
                    "",
                    [
                        Row(
                            f"{'unsafe' if group.unsafe else 'safe'}: {group.names[0]}",
                            "",
                            [str(rate.hits), str(rate.total - rate.hits)],
                        )
                        for group in groups
                        for rate in [group.flagged[judge]]
                    ],
                )
            ],
        )
        for judge in judges
    )
    return f'<div class="matrices">{matrices}</div>'


def _changes(differences: dict[str, list[Difference]]) -> str:
    return "".join(
        f"<h3>{escape(of_set)}</h3>"
        + (_changed(changed) if changed else "<p>Nothing is judged otherwise.</p>")
        for of_set, changed in differences.items()
    )


def _changed(changed: list[Difference]) -> str:
    rows = [
        Row(
            f"{one.judge.title}: {' · '.join(one.names)}",
            "unsafe" if one.unsafe else "safe",
            [
                f"{percent(one.before.share)} %",
                f"{percent(one.after.share)} %",
                f"+{one.newly_flagged}",
                f"−{one.no_longer}",
            ],
        )
        for one in changed
    ]
    return table(
        "Groups where a text is judged otherwise under the policy than under the one before.",
        ["layer and texts", "flagged before", "now", "newly flagged", "no longer flagged"],
        [Part("", rows)],
    )
