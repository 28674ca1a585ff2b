"""Scores from models that had not seen the text: what a figure on known rows cannot promise.

`known` leaves out a fifth of every source at a time, `unseen` leaves the text's whole source out;
both train anew without what is left out. A minute or so for two thousand prompts.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from local.ai.classifier.corpus import Corpus, origin
from local.ai.classifier.fitting import Flags, Floats
from local.ai.classifier.model import Model, probability
from local.ai.classifier.rows import Row

FOLDS = 5


@dataclass(frozen=True)
class HeldOut:
    """One number for each judged row, in their order: log-odds, or probabilities of `unsafe`."""

    known: Floats
    unseen: Floats

    def as_probabilities(self, slope: float, offset: float) -> "HeldOut":
        return HeldOut(
            *(
                np.array([probability(slope * odds + offset) for odds in all_odds])
                for all_odds in (self.known, self.unseen)
            )
        )


def held_out_scores(judged: Sequence[Row], others: Sequence[Row], model: Model) -> HeldOut:
    """The score of `unsafe` for every judged row, calibrated as `model` is.

    `others` are trained on throughout: the rows of the CSV.
    """
    calibration = model.facts["calibration"]
    odds = held_out_log_odds(Corpus([*judged, *others]), len(judged))
    return odds.as_probabilities(calibration["slope"], calibration["offset"])


def held_out_log_odds(corpus: Corpus, judged: int) -> HeldOut:
    """For the first `judged` rows of a corpus."""
    folds = np.array([zlib.crc32(row.text.encode()) % FOLDS for row in corpus.rows])
    origins = corpus.origins
    known, unseen = np.zeros(judged), np.zeros(judged)
    head = np.arange(len(corpus.rows)) < judged
    for fold in range(FOLDS):
        _score(corpus, head & (folds == fold), known)
    for source in sorted({origin(row) for row in corpus.rows[:judged]}):
        _score(corpus, head & (origins == source), unseen)
    return HeldOut(known, unseen)


def _score(corpus: Corpus, left_out: Flags, into: Floats) -> None:
    at = np.flatnonzero(left_out)
    into[at] = corpus.unsafe_head(left_out).log_odds(corpus.matrix.rows(at))
