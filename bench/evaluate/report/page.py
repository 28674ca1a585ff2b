"""The long report: one HTML file with everything in it, no script, nothing to fetch."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from bench.evaluate.differences import Difference
from bench.evaluate.evaluation import Evaluation
from bench.evaluate.report.conditions import Conditions
from bench.evaluate.report.keywords import keywords_part
from bench.evaluate.report.layers import posts_part, prompts_part
from bench.evaluate.report.tables import Part, Row, meter, percent, table
from bench.evaluate.report.text import counted, interval
from bench.evaluate.targets import Target

_TEMPLATE = Path(__file__).with_name("page.html")


def write_page(path: Path, evaluation: Evaluation, made_with: Conditions) -> Path:
    """Writes the file and returns its path."""
    keywords, prompts, posts = evaluation.keywords, evaluation.prompts, evaluation.posts
    sections = {
        "aims": ("Aims", _aims(evaluation.targets)),
        "keywords": ("Disguised words", keywords_part(keywords) if keywords else ""),
        "prompts": ("Image prompts", prompts_part(prompts) if prompts else ""),
        "posts": ("Posts", posts_part(posts) if posts else ""),
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
