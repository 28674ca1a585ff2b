"""The scores of the text classifier's stand-in, and what its model had seen of each text.

A figure on texts that were trained on is no result. For the files that the model was trained on,
models are trained anew without the text, and without its whole source; of another file the model
knows nothing, and is asked as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from bench.evaluate.judging import TRAINED, Scores
from bench.evaluate.sets import Post, Sets
from local.ai.classifier.held_out import held_out_scores
from local.ai.classifier.model import LABELS, UNSAFE, Model
from local.ai.classifier.rows import Row

_CODE = Path(held_out_scores.__code__.co_filename).parent
_LEARNT_FROM = {"toxicity": "csv", "prompts": "prompts"}


class Classifier(Protocol):
    """Scores, 0..1, of `unsafe` and of the seven labels; by regime (a key of judging.REGIMES)."""

    @property
    def name(self) -> str: ...

    def of_prompts(self, sets: Sets) -> dict[str, list[Scores]]:
        """One list per regime, in the order of the prompts."""

    def of_posts(self, sets: Sets) -> dict[str, list[Scores]]:
        """One list per regime, in the order of the posts."""


@dataclass(frozen=True)
class StandIn:
    """A trained model. Scores of models trained anew are kept in the folder `kept`."""

    model: Model
    kept: Path

    @property
    def name(self) -> str:
        return self.model.name

    def of_prompts(self, sets: Sets) -> dict[str, list[Scores]]:
        prompts = [Row(one.text, one.unsafe, one.source) for one in sets.prompts]
        return self._scores("prompts", prompts, sets, [*map(_post, sets.posts)])

    def of_posts(self, sets: Sets) -> dict[str, list[Scores]]:
        posts = [Row(one.text, one.toxic, one.collection) for one in sets.posts]
        prompts = [Row(one.text, one.unsafe, one.source) for one in sets.prompts]
        return self._scores("toxicity", posts, sets, prompts)

    def _scores(
        self, kind: str, judged: list[Row], sets: Sets, others: list[Row]
    ) -> dict[str, list[Scores]]:
        as_it_is = [self.model.scores(row.text) for row in judged]
        learnt = self._learnt(sets)
        if kind not in learnt:
            return {"shipped": as_it_is}
        if learnt != set(_LEARNT_FROM):
            # Without the rest of its training, a model trained anew would be another model.
            return {TRAINED: as_it_is}
        anew = self._held_out(judged, others)
        return {
            **{
                regime: [_with_labels(*one) for one in zip(unsafe, as_it_is, strict=True)]
                for regime, unsafe in anew.items()
            },
            TRAINED: as_it_is,
        }

    def _learnt(self, sets: Sets) -> set[str]:
        """The sets that are, byte for byte, what the model was trained on."""
        trained_on = self.model.facts["trained_on"]
        return {
            kind
            for kind, name in _LEARNT_FROM.items()
            if kind in sets.files
            and sets.files[kind].sha256 == (trained_on[name] or {}).get("sha256")
        }

    def _held_out(self, judged: Sequence[Row], others: Sequence[Row]) -> dict[str, list[float]]:
        """The score of `unsafe` by regime; trained once for the same texts, model and code."""
        path = self.kept / f"{_key(self.model, judged, others)}.json"
        if not path.is_file():
            found = held_out_scores(judged, others, self.model)
            scores = {"rows": found.known.tolist(), "sources": found.unseen.tolist()}
            self.kept.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(scores), "utf-8")
        kept: dict[str, list[float]] = json.loads(path.read_text("utf-8"))
        return kept


def _post(post: Post) -> Row:
    """As the model learnt it: all posts are one source."""
    return Row(post.text, post.toxic, "posts")


def _with_labels(unsafe: float, as_it_is: Scores) -> Scores:
    """As Model.scores: the worst label has the score of `unsafe`.

    Which label that is comes from the model as it is, which has learnt the kind of its own texts.
    """
    most = max(as_it_is[label] for label in LABELS) or 1.0
    return {UNSAFE: unsafe, **{label: unsafe * as_it_is[label] / most for label in LABELS}}


def _key(model: Model, *rows: Iterable[Row]) -> str:
    digest = hashlib.sha256(json.dumps(model.facts, sort_keys=True).encode())
    for path in sorted([*_CODE.glob("*.py"), *_CODE.glob("*.ini")]):
        digest.update(path.read_bytes())
    digest.update(json.dumps([[asdict(row) for row in group] for group in rows]).encode())
    return digest.hexdigest()[:16]
