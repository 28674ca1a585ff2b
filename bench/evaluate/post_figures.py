"""Posts of social media: what the layers make of texts that are no image prompts, per source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.evaluate.judging import Rules, Scores
from bench.evaluate.layers import Group, Judged, Plot, groups, judge_texts, numbered, plot
from bench.evaluate.progress import Steps
from bench.evaluate.sets import Post

_OWN = ("posts of the same collection that are not toxic",)


@dataclass(frozen=True)
class PostFigures:
    """What became of the posts."""

    sources: list[Group]
    plots: list[Plot]
    judged: Judged


def judge_posts(
    posts: Sequence[Post], rules: Rules, scored: dict[str, list[Scores]], steps: Steps
) -> PostFigures:
    """`scored` has the classifier's scores by regime."""
    with steps.step(f"filter and thresholds: {len(posts)} posts"):
        judged = judge_texts([post.text for post in posts], rules, scored)
    return PostFigures(sources_of(posts, judged), _plots(posts, judged), judged)


def sources_of(posts: Sequence[Post], judged: Judged) -> list[Group]:
    """Counted by source."""
    return groups(posts, judged, lambda post: (post.source,), lambda post: post.toxic)


def _plots(posts: Sequence[Post], judged: Judged) -> list[Plot]:
    """Toxic posts of a collection against its own innocent ones; others are written otherwise."""
    rows = numbered(posts, lambda post: (post.collection, str(post.toxic)))
    return [
        plot(((collection,), toxic), (_OWN, safe), judged)
        for (collection, kind), toxic in rows.items()
        if kind == "True" and (safe := rows.get((collection, "False"), []))
    ]
