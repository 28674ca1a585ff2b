"""Writes what people decided into a folder: prompts.csv, decisions.jsonl, agreement.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from local.reviews.decided import Reviews, as_exported, pseudonyms
from local.reviews.figures import LEAST_DECISIONS, LEAST_OF_EACH, figures
from local.reviews.prompts import Labelled, labelled

PROMPTS, DECISIONS, AGREEMENT = "prompts.csv", "decisions.jsonl", "agreement.json"


@dataclass(frozen=True)
class Export:
    """What was written: the labelled prompts, and agreement.json."""

    prompts: Labelled
    agreement: dict[str, Any]


def write_export(
    out: Path,
    reviews: Reviews,
    hashes: Mapping[str, str],
    policy: dict[str, Any],
    since: datetime | None,
) -> Export:
    """Makes the folder, or replaces its three files. OSError where that is refused.

    `hashes` are the requests' hashes by their ids.
    """
    decided, names = reviews.decided, pseudonyms(reviews.decided)
    prompts = labelled(decided, policy["classifier"]["custom"])
    agreement = {
        "since": since.isoformat() if since else None,
        "decided": len(decided),
        "not_decided": dict(reviews.others),
        "reviewers_seen": len(names),
        "prompts": {"exported": len(prompts.labels), "left_out": dict(prompts.left_out)},
        "interval": "Wilson, 95 %",
        "threshold_needs": {"decisions": LEAST_DECISIONS, "of_each": LEAST_OF_EACH},
        **figures(decided, hashes, policy),
    }
    lines = (json.dumps(as_exported(row, names), ensure_ascii=False) for row in decided)
    out.mkdir(parents=True, exist_ok=True)
    (out / PROMPTS).write_text(prompts.csv(), "utf-8", newline="")
    (out / DECISIONS).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    (out / AGREEMENT).write_text(json.dumps(agreement, indent=2) + "\n", "utf-8")
    return Export(prompts, agreement)
