"""Rekognition's moderation taxonomy 7.0: 52 labels in three levels.

Source: Amazon Rekognition Developer Guide, "Moderating content". The lower-case "parts" in one
first-level name is AWS's own.
"""

import json
from pathlib import Path
from typing import TypedDict


class Row(TypedDict):
    """One entry of ModerationLabels; confidence in percent."""

    Name: str
    ParentName: str
    TaxonomyLevel: int
    Confidence: float


def _load() -> tuple[dict[str, str], list[str]]:
    tree = json.loads(Path(__file__).with_name("taxonomy.json").read_text())
    parents: dict[str, str] = {}
    for first, seconds in tree.items():
        parents[first] = ""
        for second, thirds in seconds.items():
            parents[second] = first
            parents.update(dict.fromkeys(thirds, second))
    return parents, sorted(parents)


PARENTS, NAMES = _load()


def lineage(name: str) -> list[str]:
    """The label and its parents, first level first; KeyError for a name outside the taxonomy."""
    parent = PARENTS[name]
    return [*lineage(parent), name] if parent else [name]


def rows(name: str, confidence: float) -> list[Row]:
    """The answer's rows for one label: a hit brings its parents with it, at its confidence."""
    return [
        {
            "Name": label,
            "ParentName": PARENTS[label],
            "TaxonomyLevel": level,
            "Confidence": confidence,
        }
        for level, label in enumerate(lineage(name), start=1)
    ]
