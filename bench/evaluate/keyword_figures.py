"""The keyword filter against its peers, all given the same list, technique by technique."""

from __future__ import annotations

from dataclasses import dataclass

from bench.evaluate.figures import NONE, Rate, rates
from bench.evaluate.judging import KeywordFilter, Rules, only_these
from bench.evaluate.panel import Panel
from bench.evaluate.progress import Steps
from bench.evaluate.sets import Case, Sets

OURS = "Safelight"
OWN_LIST = "Safelight, the policy's list"


@dataclass(frozen=True)
class Technique:
    """One way of writing a forbidden word, or one kind of innocent: flagged, by judge."""

    name: str
    forbidden: bool
    apart: bool
    flagged: dict[str, Rate]


@dataclass(frozen=True)
class KeywordFigures:
    """Judges are OURS and the peers, with the vocabulary; OWN_LIST judges innocents alone."""

    judges: list[str]
    techniques: list[Technique]
    misses: dict[str, list[int]]

    def overall(self, judge: str, *, forbidden: bool) -> Rate:
        """All techniques, or all innocents, without what is told apart."""
        return sum(
            (
                technique.flagged[judge]
                for technique in self.techniques
                if technique.forbidden == forbidden and not technique.apart
            ),
            NONE,
        )


def judge_cases(sets: Sets, rules: Rules, panel: Panel, steps: Steps) -> KeywordFigures:
    """Judge the keyword cases."""
    texts = [case.text for case in sets.cases]
    with steps.step("keyword filter: keyword cases, the vocabulary's words"):
        given = only_these(rules.policy["keywords"], sets.vocabulary)
        ours = KeywordFilter(given).flags(texts)
    with steps.step("keyword filter: keyword cases, the policy's list"):
        own_list = rules.filter.flags(texts)
    peers = panel.flags(steps, "keyword cases", texts, sets.vocabulary)
    flags = {OURS: ours, **peers, OWN_LIST: own_list}
    by_judge = {judge: rates(sets.cases, of_one, _group) for judge, of_one in flags.items()}
    techniques = [
        Technique(name, forbidden, apart, {judge: by_judge[judge][group] for judge in flags})
        for group in by_judge[OURS]
        for name, forbidden, apart in [group]
    ]
    techniques.sort(key=lambda one: (not one.forbidden, one.apart, one.flagged[OURS].share))
    return KeywordFigures([OURS, *peers], techniques, _misses(sets.cases, ours))


def _group(case: Case) -> tuple[str, bool, bool]:
    return case.technique, case.forbidden, case.apart


def _misses(cases: tuple[Case, ...], flags: list[bool]) -> dict[str, list[int]]:
    """Rows, counted from 1, that were judged wrongly, by technique."""
    found: dict[str, list[int]] = {}
    for number, (case, flagged) in enumerate(zip(cases, flags, strict=True), 1):
        if flagged != case.forbidden:
            found.setdefault(case.technique, []).append(number)
    return found
