"""The labelled sets: what their files look like, and what is kept of a row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.evaluate import ROOT

DATA = ROOT.parent / "shared" / "data"
FORMATS = {
    "keyword_cases": (
        "keyword_cases_public.jsonl",
        'JSON lines {"text": str, "forbidden": bool, "why": str}, why: technique or innocent kind',
    ),
    "keyword_vocab": ("keyword_vocab.json", 'a JSON object: {"words": [{"word": str}, …]}'),
    "prompts": (
        "prompts_public.jsonl",
        'JSON lines {"prompt": str, "label": "safe" or "unsafe", "category", "source", "subset"}',
    ),
    "toxicity": (
        "toxicity_train.csv",
        "Comprehend's: two columns, label (toxic or non_toxic) and text, no header",
    ),
    "toxicity_sources": (
        "toxicity_train_sources.csv",
        "a header, then row (from 0), source, label; one line per row of the texts",
    ),
}
# These rows are told apart: masks, respellings and splits that need guessing, and words that are
# innocent in one reading only.
_APART = ("stretch_", "homonym_")


@dataclass(frozen=True)
class Case:
    """A text for the keyword filter."""

    text: str
    forbidden: bool
    technique: str

    @property
    def apart(self) -> bool:
        return self.technique.startswith(_APART)


@dataclass(frozen=True)
class Prompt:
    """An image prompt."""

    text: str
    unsafe: bool
    category: str
    source: str
    subset: str


@dataclass(frozen=True)
class Post:
    """A post of social media."""

    text: str
    toxic: bool
    source: str

    @property
    def collection(self) -> str:
        """One collection may be several sources, by label: name_kind."""
        return self.source.split("_")[0]


@dataclass(frozen=True)
class File:
    """A file that was read."""

    path: Path
    sha256: str
    rows: int


@dataclass(frozen=True)
class Sets:
    """What is to be judged; a kind that was not given is empty."""

    cases: tuple[Case, ...]
    vocabulary: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    posts: tuple[Post, ...]
    files: dict[str, File]
