"""Training: files in, a calibrated model with its figures out.

On one machine the same files give the same bytes; elsewhere the last digits of sums may differ,
and with them a few weights by one step of 255.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from local.ai.classifier.corpus import CAP, TEMPLATES, Corpus, origin
from local.ai.classifier.features import BITS
from local.ai.classifier.fitting import Flags, Floats, inner
from local.ai.classifier.held_out import HeldOut, held_out_log_odds
from local.ai.classifier.model import LABELS, UNSAFE, Model
from local.ai.classifier.rows import Row, read_csv, read_prompts, sha256_of
from local.ai.classifier.templates import VOCABULARY

NAME = "local-hashed-linear-classifier-1"
UNSAFE_SHARE = 0.25
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


def train(csv: Path, prompts: Path | None, unsafe_label: str | None = None) -> Model:
    """The model of a CSV's rows, of prompts if there are any, and of the templates.

    It is calibrated and judged on what stands for its later work, and was held out: the prompts,
    or without them the CSV. Raises DataError.
    """
    judged, others = read(csv, prompts, unsafe_label)
    corpus = Corpus([*judged, *others])
    odds = held_out_log_odds(corpus, len(judged), len(others))
    unsafe = corpus.unsafe[: len(judged)]
    # A single source left out leaves next to nothing to train on.
    both = len({origin(row) for row in judged}) > 1
    slope, offset = platt(
        np.concatenate([odds.known, odds.unseen] if both else [odds.known]),
        np.tile(unsafe, 2 if both else 1),
    )
    facts: dict[str, Any] = {
        "name": NAME,
        "bits": BITS,
        "trained_on": {
            "csv": _described(csv, others or judged),
            "prompts": _described(prompts, judged) if prompts else None,
            "templates": {
                "sha256": sha256_of(VOCABULARY),
                "rows": {"written from vocabulary.ini": TEMPLATES},
            },
        },
        "cap": CAP,
        "unsafe_share": UNSAFE_SHARE,
        "calibration": {"slope": round(slope, 6), "offset": round(offset, 6)},
        "held_out": _figures([*judged, *others], odds.as_probabilities(slope, offset)),
    }
    heads = {UNSAFE: corpus.unsafe_head().scaled(slope, offset).quantised()}
    heads |= {label: corpus.label_head(label).quantised() for label in LABELS}
    return Model(heads, facts)


def read(
    csv: Path, prompts: Path | None, unsafe_label: str | None = None
) -> tuple[list[Row], list[Row]]:
    """The rows to be judged by, and the others. Raises DataError."""
    posts = read_csv(csv, unsafe_label)
    return (read_prompts(prompts), posts) if prompts else (posts, [])


def platt(log_odds: Floats, unsafe: Flags) -> tuple[float, float]:
    """(slope, offset) that make probabilities of scores of texts that were not trained on, where
    UNSAFE_SHARE of all texts are unsafe: J. Platt, "Probabilistic outputs for support vector
    machines", whose targets keep short of 0 and 1.
    """
    target = np.where(unsafe, 1 - 1 / (unsafe.sum() + 2), 1 / ((~unsafe).sum() + 2))
    share = np.where(unsafe, UNSAFE_SHARE / unsafe.sum(), (1 - UNSAFE_SHARE) / (~unsafe).sum())
    design = np.stack([log_odds, np.ones_like(log_odds)])
    found = np.array([1.0, 0.0])
    for _ in range(50):
        likely = 0.5 * (1 + np.tanh((found[0] * log_odds + found[1]) / 2))
        gradient = (design * share * (likely - target)).sum(axis=1)
        curvature = share * likely * (1 - likely)
        hessian = [[inner(one * curvature, other) for other in design] for one in design]
        found = found - np.linalg.solve(np.array(hessian) + 1e-9 * np.eye(2), gradient)
    return float(found[0]), float(found[1])


def _described(path: Path, rows: Sequence[Row]) -> dict[str, Any]:
    counts = Counter((row.source, "unsafe" if row.unsafe else "safe") for row in rows)
    return {
        "sha256": sha256_of(path),
        "rows": {f"{source} {side}": count for (source, side), count in sorted(counts.items())},
    }


def _figures(judged: Sequence[Row], scores: HeldOut) -> dict[str, Any]:
    """How many of each source's texts have each of THRESHOLDS, or more."""
    known = np.concatenate([scores.known, scores.others])
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(judged):
        name = f"{row.source} {row.subset or ('unsafe' if row.unsafe else 'safe')}"
        groups.setdefault(name, []).append(at)
    return {
        name: {
            "texts": len(at),
            **{
                kind: {str(least): int((shares >= least).sum()) for least in THRESHOLDS}
                for kind, of_kind in (("known", known), ("unseen", scores.unseen))
                if len(shares := of_kind[[one for one in at if one < len(of_kind)]])
            },
        }
        for name, at in sorted(groups.items())
    }
