"""The whole evaluation: reads nothing, prints nothing, returns every figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.evaluate.classifier import Classifier
from bench.evaluate.differences import Difference, differences
from bench.evaluate.judging import Rules, Scores, rules
from bench.evaluate.keyword_figures import KeywordFigures, judge_cases
from bench.evaluate.layers import FILTER, Judged, judge_texts
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
    with steps.step("classifier: prompts, by models that had not seen them"):
        of_prompts = classifier.of_prompts(sets) if sets.prompts else {}
    with steps.step("classifier: posts, by models that had not seen them"):
        of_posts = classifier.of_posts(sets) if sets.posts else {}
    with steps.step("the policy's lists"):
        judging = rules(policy)
    keywords = judge_cases(sets, judging, panel, steps) if sets.cases else None
    prompts = (
        judge_prompts(sets.prompts, judging, of_prompts, panel, steps) if sets.prompts else None
    )
    posts = judge_posts(sets.posts, judging, of_posts, steps) if sets.posts else None
    targets = [
        *(keyword_targets(keywords) if keywords else ()),
        *(prompt_targets(prompts) if prompts else ()),
    ]
    changed: dict[str, list[Difference]] = {}
    if against is not None:
        with steps.step("the other policy"):
            changed = _changed(
                sets, judging, rules(against, judging), (prompts, of_prompts), (posts, of_posts)
            )
    return Evaluation(keywords, prompts, posts, targets, changed)


def _changed(
    sets: Sets,
    now: Rules,
    before: Rules,
    prompts: tuple[PromptFigures | None, dict[str, list[Scores]]],
    posts: tuple[PostFigures | None, dict[str, list[Scores]]],
) -> dict[str, list[Difference]]:
    changed = {}
    if sets.cases:
        texts = [case.text for case in sets.cases]
        first, second = (Judged({FILTER: one.filter.flags(texts)}, {}) for one in (before, now))
        changed["keyword cases, the policies' lists"] = differences(
            sets.cases, first, second, lambda one: (one.technique,), lambda one: one.forbidden
        )
    if prompts[0]:
        first = judge_texts([one.text for one in sets.prompts], before, prompts[1])
        changed["prompts"] = differences(
            sets.prompts,
            first,
            prompts[0].judged,
            lambda one: (one.source, one.subset),
            lambda one: one.unsafe,
        )
    if posts[0]:
        first = judge_texts([one.text for one in sets.posts], before, posts[1])
        changed["posts"] = differences(
            sets.posts, first, posts[0].judged, lambda one: (one.source,), lambda one: one.toxic
        )
    return changed
