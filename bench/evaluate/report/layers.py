"""The page's parts on prompts and posts: filter, classifier, both, and the peers."""

from __future__ import annotations

from html import escape

from bench.evaluate.judging import REGIMES, TRAINED, Judge
from bench.evaluate.layers import BACKENDS, FILTER, Group
from bench.evaluate.post_figures import PostFigures
from bench.evaluate.prompt_figures import PromptFigures
from bench.evaluate.report.plots import legend, plots, read_outs
from bench.evaluate.report.tables import CELLS, Part, Row, table

_ABOUT_POSTS = (
    "<p>Posts are no image prompts, and the filter's lists were not made for them. These figures "
    "say how far the classifier carries over to other people's words.</p>"
)


def prompts_part(figures: PromptFigures) -> str:
    """Tables by source, beside the peers and by harm; curves; confusion matrices."""
    own = [judge for judge in figures.judges if judge.layer != "peer"]
    peers = [judge for judge in figures.judges if judge.layer == "peer"]
    both = [judge for judge in own if judge.layer == "both" and judge.regime != TRAINED]
    return "".join(
        [
            _by_backend(figures.subsets, own),
            "<h3>Beside the peers</h3>",
            _groups(
                "The same prompts, judged in the same run.",
                figures.subsets,
                [FILTER, *both, *peers],
            ),
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


def posts_part(figures: PostFigures) -> str:
    """Tables by source, and curves."""
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
    parts = []
    for backend in BACKENDS:
        shown = [one for one in judges if one.backend == backend and one.regime != TRAINED]
        shown.sort(key=lambda one: list(REGIMES).index(one.regime))
        body = _groups(CELLS, groups, [FILTER, *shown], brief=True)
        parts.append(f"<h3>Filter and classifier: {escape(backend)}</h3>{body}")
    return "".join(parts)


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


def _groups(caption: str, groups: list[Group], judges: list[Judge], *, brief: bool = False) -> str:
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
    titles = ["texts", *(judge.brief if brief else judge.title for judge in judges)]
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
                            group.names[0],
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
