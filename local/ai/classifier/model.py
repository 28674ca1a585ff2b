"""The trained model: loading it, and the scores that it gives a text.

One head says how likely a text is unsafe; seven more say of which kinds it would be. Each is 64 KB
of weights, one signed byte for every hash. `shipped().scores(text)` answers for the model that
comes with Safelight; held_out.py answers for models that have not seen the text's source.
"""

import functools
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.ai.classifier.features import SIZE, features

LABELS = (
    "GRAPHIC", "HARASSMENT_OR_ABUSE", "HATE_SPEECH", "INSULT", "PROFANITY", "SEXUAL",
    "VIOLENCE_OR_THREAT",
)  # fmt: skip
UNSAFE = "unsafe"
HEADS = (UNSAFE, *LABELS)
SHIPPED = Path(__file__).with_name("model.json")


class ModelError(Exception):
    """The model's files are missing, damaged or of another kind."""


@dataclass(frozen=True)
class Head:
    """The sum of a text's weights, times `scale`, plus `bias`, is its log-odds."""

    weights: memoryview
    scale: float
    bias: float

    def log_odds(self, found: dict[int, float]) -> float:
        weights = self.weights
        return self.bias + self.scale * sum(weights[at] * value for at, value in found.items())


@dataclass(frozen=True)
class Model:
    """`facts` tells what the model was trained on, and how it did on what it had not seen."""

    heads: dict[str, Head]
    facts: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.facts["name"])

    def scores(self, text: str) -> dict[str, float]:
        """0 to 1 for `unsafe` and for each of LABELS; the worst label has the score of `unsafe`."""
        found = features(text)
        unsafe = probability(self.heads[UNSAFE].log_odds(found))
        kinds = {label: probability(self.heads[label].log_odds(found)) for label in LABELS}
        most = max(kinds.values())
        return {
            UNSAFE: round(unsafe, 4),
            **{label: round(unsafe * kind / most, 4) for label, kind in kinds.items()},
        }


def probability(log_odds: float) -> float:
    """The logistic function, for any float."""
    return 0.5 * (1 + math.tanh(log_odds / 2))


@functools.cache
def shipped() -> Model:
    """The model that comes with Safelight."""
    return load(SHIPPED)


def load(path: Path) -> Model:
    """The model of a .json file and the .bin file beside it. Raises ModelError."""
    try:
        facts = json.loads(path.read_text("utf-8"))
        content = path.with_suffix(".bin").read_bytes()
        heads = facts.pop("heads")
        if hashlib.sha256(content).hexdigest() != facts.pop("weights_sha256"):
            raise ModelError(f"{path.with_suffix('.bin')}: not the weights that {path} describes")
        if tuple(heads) != HEADS or len(content) != SIZE * len(HEADS):
            raise ModelError(f"{path}: not a model of this kind")
        rows = memoryview(content).cast("b")
        return Model(
            {
                name: Head(rows[at * SIZE : (at + 1) * SIZE], head["scale"], head["bias"])
                for at, (name, head) in enumerate(heads.items())
            },
            facts,
        )
    except OSError as error:
        raise ModelError(f"{error.filename}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as broken:
        raise ModelError(f"{path}: not a model of this kind: {broken}") from broken


def save(model: Model, path: Path) -> None:
    """Write the .json file and the .bin file beside it."""
    content = b"".join(model.heads[name].weights.tobytes() for name in HEADS)
    heads = {name: {"scale": head.scale, "bias": head.bias} for name, head in model.heads.items()}
    described = {
        **model.facts,
        "weights_sha256": hashlib.sha256(content).hexdigest(),
        "heads": heads,
    }
    path.with_suffix(".bin").write_bytes(content)
    path.write_text(json.dumps(described, indent=1) + "\n", "utf-8")
