"""Image prompts: filter, classifier, both together and the peers, per source and subset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.evaluate.judging import Judge, Rules, Scores
from bench.evaluate.layers import Group, Judged, Names, Plot, groups, judge_texts, numbered, plot
from bench.evaluate.panel import Panel
from bench.evaluate.progress import Steps
from bench.evaluate.sets import Prompt

PLAIN, HARD = "plain safe prompts", "look-alikes and styles"
_PLAIN_SUBSET = "benign"


@dataclass(frozen=True)
class PromptFigures:
    """What became of the prompts, grouped in three ways."""

    subsets: list[Group]
    """(source, subset)"""
    harms: list[Group]
    """(category, subset) of the unsafe prompts"""
    difficulties: list[Group]
    """(PLAIN,) and (HARD,), of which the aims speak, and the unsafe by subset"""
    plots: list[Plot]
    judged: Judged

    @property
    def judges(self) -> list[Judge]:
        return list(self.judged.flags)


def judge_prompts(
    prompts: Sequence[Prompt],
    rules: Rules,
    scored: dict[str, list[Scores]],
    panel: Panel,
    steps: Steps,
) -> PromptFigures:
    """`scored` has the classifier's scores by regime."""
    texts = [prompt.text for prompt in prompts]
    with steps.step(f"filter and thresholds: {len(texts)} prompts"):
        judged = judge_texts(texts, rules, scored)
    for name, flags in panel.flags(steps, f"{len(texts)} prompts, its own list", texts).items():
        judged.flags[Judge("peer", peer=name)] = flags
    return PromptFigures(
        subsets_of(prompts, judged),
        [
            group
            for group in groups(prompts, judged, lambda one: (one.category, one.subset), _unsafe)
            if group.unsafe
        ],
        groups(prompts, judged, lambda one: (_difficulty(one),), _unsafe),
        _plots(prompts, judged),
        judged,
    )


def subsets_of(prompts: Sequence[Prompt], judged: Judged) -> list[Group]:
    """Counted by source and subset."""
    return groups(prompts, judged, _subset, _unsafe)


def _plots(prompts: Sequence[Prompt], judged: Judged) -> list[Plot]:
    """Each unsafe subset of each source against the plain safe prompts, and against the hard."""
    unsafe = numbered(prompts, lambda one: _subset(one) if one.unsafe else ())
    safe = numbered(prompts, lambda one: () if one.unsafe else (_difficulty(one),))
    return [
        plot((names, rows), (difficulty, safe_rows), judged)
        for names, rows in unsafe.items()
        for difficulty, safe_rows in safe.items()
        if names and difficulty
    ]


def _unsafe(prompt: Prompt) -> bool:
    return prompt.unsafe


def _subset(prompt: Prompt) -> Names:
    return prompt.source, prompt.subset


def _difficulty(prompt: Prompt) -> str:
    if prompt.unsafe:
        return f"{prompt.subset} unsafe prompts"
    return PLAIN if prompt.subset == _PLAIN_SUBSET else HARD
