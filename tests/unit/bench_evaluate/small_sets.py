"""A few harmless rows in the formats of the sets, and a classifier that knows one word."""

import json
from pathlib import Path

from bench.evaluate.judging import Scores
from bench.evaluate.sets import FORMATS, Sets

LABELS = (
    "GRAPHIC", "HARASSMENT_OR_ABUSE", "HATE_SPEECH", "INSULT", "PROFANITY", "SEXUAL",
    "VIOLENCE_OR_THREAT", "unsafe",
)  # fmt: skip
CASES = [
    {"text": "a wombat on a hill", "forbidden": True, "why": "plain"},
    {"text": "a w.o.m.b.a.t on a hill", "forbidden": True, "why": "sep_dot"},
    {"text": "a w***** on a hill", "forbidden": True, "why": "stretch_mask"},
    {"text": "a combat of robots", "forbidden": False, "why": "substring(common word)"},
    {"text": "wombat, the town", "forbidden": False, "why": "homonym_name"},
]
PROMPTS = [
    ("a quiet harbour", "safe", "benign_caption", "captions", "benign"),
    ("a purple harbour", "safe", "benign_caption", "captions", "benign"),
    ("a sharp mountain", "safe", "benign_lookalike", "written", "benign_hard"),
    ("a purple river", "unsafe", "shocking", "written", "explicit"),
    ("a river", "unsafe", "shocking", "written", "implicit"),
]
POSTS = [("toxic", "what a purple day"), ("non_toxic", "what a day"), ("non_toxic", 'a "day"')]


class PurpleClassifier:
    """Purple is unsafe. The regimes differ, as they do for a model that has learnt something."""

    name = "purple-1"

    def of_prompts(self, sets: Sets) -> dict[str, list[Scores]]:
        return _scored([one.text for one in sets.prompts])

    def of_posts(self, sets: Sets) -> dict[str, list[Scores]]:
        return _scored([one.text for one in sets.posts])


def _scored(texts: list[str]) -> dict[str, list[Scores]]:
    surest = {"rows": 0.95, "sources": 0.8, "trained": 0.99}
    return {
        regime: [dict.fromkeys(LABELS, sure if "purple" in text else 0.1) for text in texts]
        for regime, sure in surest.items()
    }


def write_sets(folder: Path) -> Path:
    """Every set, in the folder."""
    names = {kind: folder / name for kind, (name, _) in FORMATS.items()}
    _write_lines(names["keyword_cases"], CASES)
    names["keyword_vocab"].write_text(json.dumps({"words": [{"word": "wombat"}]}), "utf-8")
    fields = ("prompt", "label", "category", "source", "subset")
    _write_lines(names["prompts"], [dict(zip(fields, row, strict=True)) for row in PROMPTS])
    names["toxicity"].write_text(
        "".join('{},"{}"\n'.format(label, text.replace('"', '""')) for label, text in POSTS)
    )
    sources = [f"{row},forum_posts,{label}\n" for row, (label, _) in enumerate(POSTS)]
    names["toxicity_sources"].write_text("".join(["row,source,label\n", *sources]))
    return folder


def _write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
