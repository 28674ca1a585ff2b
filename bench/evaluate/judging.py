"""Who judges a text and how a judgement is made: the functions' own rules, and combinations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from local.policy.keywords import compile_keywords
from shared.classification.verdict import decide as decide_scores
from shared.keywords.lists import prepare
from shared.keywords.verdict import decide as decide_keywords

# A score of 0 or 1 has no log-odds; further out than this nothing is told apart.
_EDGE = 1e-6

Scores = dict[str, float]


@dataclass(frozen=True)
class Judge:
    """A layer, two together, or a peer."""

    layer: str
    """A key of LAYERS, or peer."""
    backend: str = ""
    """The policy's name of the classifier: toxicity or custom."""
    regime: str = ""
    """A key of REGIMES."""
    peer: str = ""

    @property
    def title(self) -> str:
        return ", ".join(part for part in (self.layers, self.backend, self.seen) if part)

    @property
    def brief(self) -> str:
        """Where the backend is told already."""
        return ", ".join(part for part in (self.layers, self.seen) if part)

    @property
    def layers(self) -> str:
        return LAYERS.get(self.layer, self.peer)

    @property
    def seen(self) -> str:
        return REGIMES.get(self.regime, "")


LAYERS = {
    "filter": "filter",
    "classifier": "classifier",
    "both": "filter + classifier",
    "reviewed": "filter + classifier + review",
}
# What the model that gave a row's score had been trained on.
TRAINED = "trained"
REGIMES = {
    "rows": "source known",
    "sources": "source unseen",
    "shipped": "shipped model",
    TRAINED: "trained on",
}


class KeywordFilter:
    """The keyword filter under a policy's lists."""

    def __init__(self, keywords: dict[str, Any]) -> None:
        self._lists = prepare(compile_keywords(keywords))

    def flags(self, texts: Iterable[str]) -> list[bool]:
        """Is the prompt blocked?"""
        return [
            decide_keywords(text, "", self._lists, False)["verdict"] == "block" for text in texts
        ]


@dataclass(frozen=True)
class Rules:
    """A policy made ready for judging; to compile its lists takes seconds."""

    policy: dict[str, Any]
    filter: KeywordFilter

    @property
    def classifier(self) -> dict[str, Any]:
        """Thresholds and actions by backend, and what holds without reviews."""
        part: dict[str, Any] = self.policy["classifier"]
        return part


def rules(policy: dict[str, Any], like: Rules | None = None) -> Rules:
    """With the filter of `like`, if that policy has the same keywords."""
    if like and like.policy["keywords"] == policy["keywords"]:
        return Rules(policy, like.filter)
    return Rules(policy, KeywordFilter(policy["keywords"]))


def only_these(keywords: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """The policy's keywords with these words alone: compares matching, not lists."""
    given = {"severity": "high", "action": "block", "terms": list(words)}
    given |= {"stems": [], "phrases": [], "allow": []}
    return {**keywords, "categories": {"given": given}, "combinations": []}


def classifier_flags(
    scores: Iterable[Scores], labels: dict[str, Any], without_review: str
) -> list[bool]:
    """Does the policy block these scores? `labels` is the backend's part of the policy.

    `without_review` is what follows where it asks for a review: block or warn.
    """
    return [
        decide_scores(one, labels, False, without_review)["verdict"] == "block" for one in scores
    ]


def excesses(scores: Iterable[Scores], labels: dict[str, Any]) -> list[float]:
    """How far the worst label that may block stands above its threshold, in log-odds.

    At 0 the policy's thresholds are met exactly; moving this one number moves all of them alike.
    """
    blocking = {
        label: rule["threshold"]
        for label, rule in labels.items()
        if rule["action"] in ("block", "always")
    }
    return [
        max(
            (_log_odds(one[label]) - _log_odds(least) for label, least in blocking.items()),
            default=-math.inf,
        )
        for one in scores
    ]


def either(flags: Iterable[bool], others: Iterable[bool]) -> list[bool]:
    """Flagged by one layer or the other."""
    return [one or other for one, other in zip(flags, others, strict=True)]


def _log_odds(share: float) -> float:
    share = min(max(share, _EDGE), 1 - _EDGE)
    return math.log(share / (1 - share))
