"""A small lexicon classifier for English: seven labels of toxicity, each a logistic score.

It counts words and phrases of lexicon.json and nothing else, so it misses whatever is said in
other words and takes a quotation for a request. In the lists `*` ends a stem; everything else
matches whole words. Innocent phrases are taken out of the text first.
"""

import json
import math
import re
import unicodedata
from pathlib import Path

NAME = "local-lexicon-classifier-1"
LABELS = (
    "GRAPHIC", "HARASSMENT_OR_ABUSE", "HATE_SPEECH", "INSULT", "PROFANITY", "SEXUAL",
    "VIOLENCE_OR_THREAT",
)  # fmt: skip
BIAS = -4.0
WEIGHTS = {"strong": 6.4, "medium": 4.6, "mild": 2.8}


def _pattern(entries: list[str]) -> re.Pattern[str]:
    """One alternation with word borders; a phrase's spaces match any run of non-letters."""
    parts = [
        r"[^a-z]+".join(re.escape(word) for word in entry.rstrip("*").split())
        + (r"[a-z]*" if entry.endswith("*") else "")
        for entry in sorted(entries, key=len, reverse=True)
    ]
    return re.compile(rf"(?<![a-z])(?:{'|'.join(parts)})(?![a-z])")


_LEXICON = json.loads(Path(__file__).with_name("lexicon.json").read_text())
_INNOCENT = _pattern(_LEXICON["innocent"])
_RULES = {
    label: [(_pattern(entries), WEIGHTS[weight]) for weight, entries in weights.items()]
    for label, weights in _LEXICON["labels"].items()
}


def scores(text: str) -> dict[str, float]:
    """A score 0..1 per label; each different word found adds its weight."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _INNOCENT.sub(" ", plain)
    return {label: _score(plain, label) for label in LABELS}


def toxicity(of_labels: dict[str, float]) -> float:
    """The whole text's score: its worst label's."""
    return max(of_labels.values())


def _score(plain: str, label: str) -> float:
    total = sum(weight * len(set(pattern.findall(plain))) for pattern, weight in _RULES[label])
    return round(1 / (1 + math.exp(-min(BIAS + total, 7.0))), 4)
