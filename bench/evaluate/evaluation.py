"""The whole evaluation: reads nothing, prints nothing, returns every figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.evaluate.classifier import Classifier
from bench.evaluate.differences import Difference, differences
from bench.evaluate.judging import Rules, Scores, rules
from bench.evaluate.keyword_figures import KeywordFigures, judge_cases
from bench.evaluate.layers import Judged, judge_texts
from bench.evaluate.panel import Panel
from bench.evaluate.post_figures import PostFigures, judge_posts
from bench.evaluate.progress import Steps
from bench.evaluate.prompt_figures import PromptFigures, judge_prompts
from bench.evaluate.sets import Sets
from bench.evaluate.targets import Target, keyword_targets, prompt_targets


@dataclass(frozen=True)
class Evaluation:
    """Figures of the sets that were given, and what the other policy changes."""

    keywords: KeywordFigures | None
    prompts: PromptFigures | None
    posts: PostFigures | None
    targets: list[Target]
    differences: dict[str, list[Difference]]
    """By set; empty unless another policy was given."""


def evaluate(
    sets: Sets,
    policy: dict[str, Any],
    against: dict[str, Any] | None,
    classifier: Classifier,
    panel: Panel,
    steps: Steps,
) -> Evaluation:
    """Judge every set that has rows; `against` is the policy before an edit."""
    scored: dict[str, dict[str, list[Scores]]] = {}
    with steps.step("classifier: prompts, by models that had not seen them"):
        scored["prompts"] = classifier.of_prompts(sets) if sets.prompts else {}
    with steps.step("classifier: posts, by models that had not seen them"):
        scored["posts"] = classifier.of_posts(sets) if sets.posts else {}
    with steps.step("the policy's lists"):
        judging = rules(policy)
    keywords = judge_cases(sets, judging, panel, steps) if sets.cases else None
    prompts = (
        judge_prompts(sets.prompts, judging, scored["prompts"], panel, steps)
        if sets.prompts
        else None
    )
    posts = judge_posts(sets.posts, judging, scored["posts"], steps) if sets.posts else None
    targets = [
        *(keyword_targets(keywords) if keywords else ()),
        *(prompt_targets(prompts) if prompts else ()),
    ]
    changed: dict[str, list[Difference]] = {}
    if against is not None:
        with steps.step("the other policy"):
            changed = dict(_changed(sets, (rules(against, judging), judging), scored))
    return Evaluation(keywords, prompts, posts, targets, changed)


def _changed(
    sets: Sets, policies: tuple[Rules, Rules], scored: dict[str, dict[str, list[Scores]]]
) -> Iterator[tuple[str, list[Difference]]]:
    """What the second policy judges otherwise than the first, by set."""

    def judged(kind: str, texts: list[str]) -> tuple[Judged, Judged]:
        first, second = (judge_texts(texts, one, scored.get(kind, {})) for one in policies)
        return first, second

    if sets.cases:
        yield (
            "keyword cases, the policies' lists",
            differences(
                sets.cases,
                *judged("cases", [one.text for one in sets.cases]),
                lambda one: (one.technique,),
                lambda one: one.forbidden,
            ),
        )
    if sets.prompts:
        yield (
            "prompts",
            differences(
                sets.prompts,
                *judged("prompts", [one.text for one in sets.prompts]),
                lambda one: (one.source, one.subset),
                lambda one: one.unsafe,
            ),
        )
    if sets.posts:
        yield (
            "posts",
            differences(
                sets.posts,
                *judged("posts", [one.text for one in sets.posts]),
                lambda one: (one.source,),
                lambda one: one.toxic,
            ),
        )
