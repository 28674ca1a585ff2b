"""Training: files in, a calibrated model with its figures out.

On one machine the same files give the same bytes; elsewhere the last digits of sums may differ,
and with them a few weights by one step of 255.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from local.ai.classifier.corpus import TEMPLATES, Corpus
from local.ai.classifier.features import BITS
from local.ai.classifier.fitting import Flags, Floats
from local.ai.classifier.held_out import HeldOut, held_out_log_odds
from local.ai.classifier.model import LABELS, UNSAFE, Model
from local.ai.classifier.rows import Row, read_csv, read_prompts, sha256_of
from local.ai.classifier.templates import VOCABULARY

NAME = "local-hashed-linear-classifier-1"


def train(csv: Path, prompts: Path | None, unsafe_label: str | None = None) -> Model:
    """The model of a CSV's rows, of prompts if there are any, and of the templates.

    It is calibrated and judged on what stands for its later work, and was held out: the prompts,
    or without them the CSV. Raises DataError.
    """
    posts = read_csv(csv, unsafe_label)
    judged = read_prompts(prompts) if prompts else posts
    corpus = Corpus([*judged, *posts] if prompts else posts)
    odds = held_out_log_odds(corpus, len(judged))
    unsafe = corpus.unsafe[: len(judged)]
    slope, offset = platt(np.concatenate([odds.known, odds.unseen]), np.tile(unsafe, 2))
    facts: dict[str, Any] = {
        "name": NAME,
        "bits": BITS,
        "trained_on": {
            "csv": _described(csv, posts),
            "prompts": _described(prompts, judged) if prompts else None,
            "templates": {"sha256": sha256_of(VOCABULARY), "rows": TEMPLATES},
        },
        "calibration": {"slope": round(slope, 6), "offset": round(offset, 6)},
        "held_out": _figures(judged, odds.as_probabilities(slope, offset)),
    }
    heads = {UNSAFE: corpus.unsafe_head().scaled(slope, offset).quantised()}
    heads |= {label: corpus.label_head(label).quantised() for label in LABELS}
    return Model(heads, facts)


def platt(log_odds: Floats, unsafe: Flags) -> tuple[float, float]:
    """(slope, offset) that make probabilities of scores of texts that were not trained on, with
    safe and unsafe equally likely: J. Platt, "Probabilistic outputs for support vector machines".
    """
    share = np.where(unsafe, 0.5 / unsafe.sum(), 0.5 / (~unsafe).sum())
    design = np.stack([log_odds, np.ones_like(log_odds)])
    found = np.array([1.0, 0.0])
    for _ in range(50):
        likely = 0.5 * (1 + np.tanh(found @ design / 2))
        gradient = design @ (share * (likely - unsafe))
        hessian = (design * (share * likely * (1 - likely))) @ design.T
        found = found - np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
    return float(found[0]), float(found[1])


def _described(path: Path, rows: Sequence[Row]) -> dict[str, Any]:
    counts = Counter((row.source, "unsafe" if row.unsafe else "safe") for row in rows)
    return {
        "sha256": sha256_of(path),
        "rows": {f"{source} {side}": count for (source, side), count in sorted(counts.items())},
    }


def _figures(judged: Sequence[Row], scores: HeldOut) -> dict[str, Any]:
    """How many of each source's texts score 0.5, 0.7 and 0.9 or more."""
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(judged):
        name = f"{row.source} {row.subset or ('unsafe' if row.unsafe else 'safe')}"
        groups.setdefault(name, []).append(at)
    return {
        name: {
            "texts": len(at),
            **{
                kind: {str(least): int((of_kind[at] >= least).sum()) for least in (0.5, 0.7, 0.9)}
                for kind, of_kind in (("known", scores.known), ("unseen", scores.unseen))
            },
        }
        for name, at in sorted(groups.items())
    }
