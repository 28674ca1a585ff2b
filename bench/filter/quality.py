"""What a filter finds of the cases, and which innocents it flags."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.filter.families import FAMILIES, Case, cases_of, innocents_of, terms_of
from bench.filter.family import Family

# Given the terms and the texts: whether each text is flagged.
Judge = Callable[[list[str], list[str]], list[bool]]


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def rate(self) -> float:
        """0 to 1; of none, 0."""
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True)
class Quality:
    """One filter on one half of the vocabulary."""

    cases: dict[Family, int]
    missed: dict[Family, list[Case]]
    wrong: list[str]
    innocents: int

    def recall(self, families: Iterable[Family]) -> Share:
        """What it found of all cases of these families."""
        families = list(families)
        of = sum(self.cases.get(family, 0) for family in families)
        return Share(of - sum(len(self.missed.get(family, ())) for family in families), of)

    @property
    def false_positives(self) -> Share:
        """Of the innocents."""
        return Share(len(self.wrong), self.innocents)

    def document(self) -> dict[str, object]:
        """The figures, without a text."""
        shares = {group: self.recall(members) for group, members in groups().items()}
        families = {family.name: self.recall([family]) for family in FAMILIES}
        return {
            "innocents": [self.false_positives.count, self.innocents],
            "groups": {name: [share.count, share.of] for name, share in shares.items()},
            "families": {name: [share.count, share.of] for name, share in families.items()},
        }


def judged(half: str, judge: Judge, every: int = 1) -> Quality:
    """The filter on the half; on every so-manieth case only, to be quicker."""
    cases, innocents = cases_of(half)[::every], innocents_of(half)
    flags = judge(terms_of(half), [*(case.text for case in cases), *innocents])
    missed: dict[Family, list[Case]] = {}
    for case, flag in zip(cases, flags[: len(cases)], strict=True):
        if not flag:
            missed.setdefault(case.family, []).append(case)
    wrong = [text for text, flag in zip(innocents, flags[len(cases) :], strict=True) if flag]
    return Quality(Counter(case.family for case in cases), missed, wrong, len(innocents))


def groups() -> dict[str, list[Family]]:
    """The families by group, a group's hard ones apart; the sums of both kinds last."""
    by_group: dict[str, list[Family]] = {}
    for family in sorted(FAMILIES, key=lambda family: family.hard):
        by_group.setdefault(f"{family.group}{', hard' * family.hard}", []).append(family)
    return by_group | {
        USUAL: [family for family in FAMILIES if not family.hard],
        HARD: [family for family in FAMILIES if family.hard],
    }


USUAL = "all but hard"
HARD = "all hard"
