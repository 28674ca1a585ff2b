"""The scores of the text classifier's stand-in, and what its model had seen of each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bench.evaluate.judging import Scores
from local.ai import lexicon


class Classifier(Protocol):
    """Scores by label, 0..1, for every backend's labels."""

    name: str

    def scores(self, texts: Sequence[str], sources: Sequence[str]) -> dict[str, list[Scores]]:
        """One list per regime (a key of judging.REGIMES), in the order of the texts."""


class Lexicon:
    """The word lists: nothing was learnt, so nothing has to be held out."""

    name = lexicon.NAME

    def scores(self, texts: Sequence[str], sources: Sequence[str]) -> dict[str, list[Scores]]:
        """All under one regime."""
        found = [lexicon.scores(text) for text in texts]
        return {"shipped": [{**one, "unsafe": lexicon.toxicity(one)} for one in found]}
