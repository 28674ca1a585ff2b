"""Steps for Comprehend, Bedrock's guardrails and Rekognition: how an answer differs from usual.

A step is a word, or an object of these, which may be combined:
    "error": an AWS error's name                 "slow": seconds before the answer
    Comprehend:  "label" and "score" 0..1
    Languages:   "language" and "score" 0..1, of DetectDominantLanguage
    Guardrails:  "label" (a content filter) and "score" 0..1
    Rekognition: "labels" (names, or objects of name, confidence, parent, level),
                 "model_version", "content_types" (names), "confidence" (percent) for all labels
    DetectText:  "text", in place of what is read
Words for all: "usual", "empty", "malformed" (not JSON, of which boto3 makes an answer without
members); for Comprehend also "safe", "unsafe", "unknown-label"; for guardrails also "unsafe"; for
Rekognition also "safe".
"""

from collections.abc import Callable
from dataclasses import dataclass

from local.ai.classifier.model import LABELS
from local.ai.comprehend import Classifier, toxic_content
from local.ai.detected_text import detections
from local.ai.guardrail import FILTERS, assessed
from local.ai.languages import detected
from local.ai.taxonomy import PARENTS, rows
from local.ai.wire import Json

LOW, HIGH = 0.01, 0.97
HIGH_CONFIDENCE = 97.0
PICTURE_SIZE = (512, 512)  # a told text has its place in a picture of the usual size
SPOKEN = "VIOLENCE_OR_THREAT"  # the label that a bare "unsafe" raises

Change = Callable[[str, Json], Json]  # operation, usual answer -> answer


@dataclass(frozen=True)
class AnswerStep:
    """`change` makes the answer from the usual one; no change where there is none."""

    slow: float = 0.0
    error: str | None = None
    malformed: bool = False
    change: Change | None = None


def comprehend_step(step: object, classifier: Classifier) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""
    words: dict[str, AnswerStep] = {
        "usual": AnswerStep(),
        "malformed": AnswerStep(malformed=True),
        "empty": AnswerStep(change=_no_results),
        "safe": AnswerStep(change=_scored(classifier, SPOKEN, LOW)),
        "unsafe": AnswerStep(change=_scored(classifier, SPOKEN, HIGH)),
        "unknown-label": AnswerStep(change=_unknown_label),
    }
    if isinstance(step, str):
        return _word(step, words)
    fields = _object(step, {"error", "slow", "label", "score"})
    change = None
    if "label" in fields or "score" in fields:
        label = fields.get("label", SPOKEN)
        if label not in LABELS:
            raise ValueError(f"no label of DetectToxicContent: {label!r}")
        change = _scored(classifier, label, float(fields.get("score", HIGH)))
    return AnswerStep(float(fields.get("slow", 0)), fields.get("error"), change=change)


def language_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""
    words: dict[str, AnswerStep] = {
        "usual": AnswerStep(),
        "malformed": AnswerStep(malformed=True),
        "empty": AnswerStep(change=lambda operation, usual: {}),
    }
    if isinstance(step, str):
        return _word(step, words)
    fields = _object(step, {"error", "slow", "language", "score"})
    change: Change | None = None
    if "language" in fields:
        told = detected({str(fields["language"]): float(fields.get("score", HIGH))})
        change = lambda operation, usual: told  # noqa: E731
    return AnswerStep(float(fields.get("slow", 0)), fields.get("error"), change=change)


def guardrail_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""
    words: dict[str, AnswerStep] = {
        "usual": AnswerStep(),
        "malformed": AnswerStep(malformed=True),
        "empty": AnswerStep(change=lambda operation, usual: {}),
        "unsafe": AnswerStep(change=_filtered("VIOLENCE", HIGH)),
    }
    if isinstance(step, str):
        return _word(step, words)
    fields = _object(step, {"error", "slow", "label", "score"})
    change: Change | None = None
    if "label" in fields:
        if fields["label"] not in FILTERS:
            raise ValueError(f"no content filter of a guardrail: {fields['label']!r}")
        change = _filtered(fields["label"], float(fields.get("score", HIGH)))
    return AnswerStep(float(fields.get("slow", 0)), fields.get("error"), change=change)


def rekognition_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""
    words: dict[str, AnswerStep] = {
        "usual": AnswerStep(),
        "malformed": AnswerStep(malformed=True),
        "empty": AnswerStep(change=lambda operation, usual: {}),
        "safe": AnswerStep(change=lambda operation, usual: {**usual, "ModerationLabels": []}),
    }
    if isinstance(step, str):
        return _word(step, words)
    known = {"error", "slow", "labels", "model_version", "content_types", "confidence"}
    fields = _object(step, known)
    found = _rekognition_members(fields)
    change: Change | None = (lambda operation, usual: {**usual, **found}) if found else None
    return AnswerStep(float(fields.get("slow", 0)), fields.get("error"), change=change)


def detect_text_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""
    words: dict[str, AnswerStep] = {
        "usual": AnswerStep(),
        "malformed": AnswerStep(malformed=True),
        "empty": AnswerStep(change=lambda operation, usual: {}),
    }
    if isinstance(step, str):
        return _word(step, words)
    fields = _object(step, {"error", "slow", "text"})
    change: Change | None = None
    if "text" in fields:
        found = detections(str(fields["text"]), PICTURE_SIZE)
        change = lambda operation, usual: {**usual, "TextDetections": found}  # noqa: E731
    return AnswerStep(float(fields.get("slow", 0)), fields.get("error"), change=change)


def _word(word: str, words: dict[str, AnswerStep]) -> AnswerStep:
    if word not in words:
        raise ValueError(f"no such step: {word!r}; there are {', '.join(words)}")
    return words[word]


def _object(step: object, known: set[str]) -> Json:
    if not isinstance(step, dict) or not set(step) <= known:
        raise ValueError(f"a step is a word or an object of {', '.join(sorted(known))}")
    return step


def _no_results(operation: str, usual: Json) -> Json:
    return {name: [] for name in usual}


def _unknown_label(operation: str, usual: Json) -> Json:
    unknown = [{"Name": "SOMETHING_ELSE", "Score": HIGH}]
    if operation == "ClassifyDocument":
        return {"Classes": unknown}
    return {"ResultList": [{"Labels": unknown} for _ in usual["ResultList"]]}


def _scored(classifier: Classifier, label: str, score: float) -> Change:
    def change(operation: str, usual: Json) -> Json:
        if operation == "ClassifyDocument":
            return classifier.document_classes(score)
        scores = {name: score if name == label else min(score, LOW) for name in LABELS}
        return toxic_content([scores for _ in usual["ResultList"]])

    return change


def _filtered(label: str, score: float) -> Change:
    def change(operation: str, usual: Json) -> Json:
        characters = usual["guardrailCoverage"]["textCharacters"]["total"]
        return assessed({**dict.fromkeys(FILTERS, LOW), label: score}, characters)

    return change


def _rekognition_members(fields: Json) -> Json:
    confidence = float(fields.get("confidence", HIGH_CONFIDENCE))
    members: Json = {}
    if "labels" in fields:
        labels = [_label_rows(label, confidence) for label in fields["labels"]]
        members["ModerationLabels"] = [row for found in labels for row in found]
        # Told labels are judged as told, whatever the moderator makes of the painter's style.
        members["ContentTypes"] = []
    if "model_version" in fields:
        members["ModerationModelVersion"] = fields["model_version"]
    if "content_types" in fields:
        members["ContentTypes"] = [
            {"Name": name, "Confidence": confidence} for name in fields["content_types"]
        ]
    return members


def _label_rows(label: object, confidence: float) -> list[Json]:
    """A label of the taxonomy with its parents, or a single row for one that is not in it."""
    fields = {"name": label} if isinstance(label, str) else _object(
        label, {"name", "confidence", "parent", "level"})  # fmt: skip
    name = str(fields["name"])
    confidence = float(fields.get("confidence", confidence))
    if name in PARENTS and not fields.keys() & {"parent", "level"}:
        return [dict(row) for row in rows(name, confidence)]
    return [{
        "Name": name,
        "ParentName": fields.get("parent", ""),
        "TaxonomyLevel": fields.get("level", 1),
        "Confidence": confidence,
    }]  # fmt: skip
