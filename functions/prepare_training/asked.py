"""What is asked for: a training from CSV files, or that an earlier model is put back."""

from dataclasses import dataclass, field
from typing import Any

from shared.request import InvalidRequest
from shared.schema import first_breach

FOLDER = "classifiers/"
# Those that Comprehend trains plain-text classifiers in.
LANGUAGES = ("en", "es", "de", "it", "fr", "pt")
_MOST_KEY_BYTES = 1024
_GATE = {"type": "number", "minimum": 0, "maximum": 1}
_ANY = {
    "gates": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"f1": _GATE, "recall": _GATE},
    },
    "deploy": {},
}
_VERSION = {"type": "string", "maxLength": 1024}
_TRAINING: dict[str, Any] = {
    "type": "object",
    "required": ["key"],
    "additionalProperties": False,
    "properties": {
        **_ANY,
        "key": {"type": "string"},
        "version_id": _VERSION,
        "test_key": {"type": "string"},
        "test_version_id": _VERSION,
        "language": {"type": "string", "pattern": "|".join(LANGUAGES)},
    },
}
_MODEL: dict[str, Any] = {
    "type": "object",
    "required": ["model_arn"],
    "additionalProperties": False,
    "properties": {
        **_ANY,
        "model_arn": {
            "type": "string",
            "maxLength": 256,
            "pattern": "arn:[a-z-]+:comprehend:[a-z0-9-]+:[0-9]{12}:"
            "document-classifier/[A-Za-z0-9-]+(/version/[A-Za-z0-9-]+)?",
        },
    },
}


@dataclass(frozen=True)
class Gates:
    """What a model must reach: the macro F1 score, and the recall of each label of the policy."""

    f1: float = 0.8
    recall: float = 0.8


@dataclass(frozen=True)
class Asked:
    """A training has a `key`, a model that is put back its `model_arn`; what is not there is ""."""

    key: str = ""
    version_id: str = ""
    test_key: str = ""
    test_version_id: str = ""
    language: str = "en"
    model_arn: str = ""
    gates: Gates = field(default_factory=Gates)
    deploy: bool = True


def read_asked(body: object) -> Asked:
    """Raises InvalidRequest for the first rule that is broken."""
    by_model = isinstance(body, dict) and "model_arn" in body
    breach = first_breach(body, _MODEL if by_model else _TRAINING)
    if breach:
        raise InvalidRequest(breach.field, breach.rule, breach.message)
    given: dict[str, Any] = body  # type: ignore[assignment]
    asked = Asked(**{**given, "gates": Gates(**given.get("gates", {}))})
    if not isinstance(asked.deploy, bool):
        raise InvalidRequest("deploy", "type", "deploy must be true or false")
    if not by_model:
        _check_key("key", asked.key)
    if "test_key" in given:
        _check_key("test_key", asked.test_key)
    if "test_version_id" in given and "test_key" not in given:
        raise InvalidRequest("test_key", "required", "test_version_id is of a test_key")
    return asked


def _check_key(name: str, key: str) -> None:
    if not key.startswith(FOLDER) or key == FOLDER:
        raise InvalidRequest(name, "folder", f"{name} must name a file under {FOLDER}")
    if not key.isprintable():
        raise InvalidRequest(name, "characters", f"{name} holds what cannot be shown")
    if len(key.encode()) > _MOST_KEY_BYTES:
        raise InvalidRequest(name, "max_bytes", f"{name} has more than {_MOST_KEY_BYTES} bytes")
