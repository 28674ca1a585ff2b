"""Scores from models that had not seen the text: what a figure on known rows cannot promise.

`known` leaves out a fifth of every source at a time, `unseen` leaves the text's whole source out;
both train anew without what is left out. A minute or two for two thousand prompts.
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
    """One number for each judged row, in their order: log-odds, or probabilities of `unsafe`.
    `others` are the `known` ones of the rows that are not judged."""

    known: Floats
    unseen: Floats
    others: Floats

    def as_probabilities(self, slope: float, offset: float) -> "HeldOut":
        return HeldOut(
            *(
                np.array([probability(slope * odds + offset) for odds in all_odds])
                for all_odds in (self.known, self.unseen, self.others)
            )
        )


def held_out_scores(judged: Sequence[Row], others: Sequence[Row], model: Model) -> HeldOut:
    """The score of `unsafe` for every judged row, calibrated as `model` is.

    `others` are the rest of what the model was trained on: the rows of the CSV.
    """
    calibration = model.facts["calibration"]
    odds = held_out_log_odds(Corpus([*judged, *others]), len(judged), len(others))
    return odds.as_probabilities(calibration["slope"], calibration["offset"])


def held_out_log_odds(corpus: Corpus, judged: int, others: int = 0) -> HeldOut:
    """For the first `judged` rows of a corpus, and for the `others` behind them."""
    folds = np.array([zlib.crc32(row.text.encode()) % FOLDS for row in corpus.rows])
    origins = corpus.origins
    known, unseen = np.zeros(judged + others), np.zeros(judged)
    at = np.arange(len(corpus.rows))
    for fold in range(FOLDS):
        _score(corpus, (at < judged + others) & (folds == fold), known)
    for source in sorted({origin(row) for row in corpus.rows[:judged]}):
        _score(corpus, (at < judged) & (origins == source), unseen)
    return HeldOut(known[:judged], unseen, known[judged:])


def _score(corpus: Corpus, left_out: Flags, into: Floats) -> None:
    at = np.flatnonzero(left_out)
    into[at] = corpus.unsafe_head(left_out).log_odds(corpus.matrix.rows(at))
