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
from local.ai.comprehend import Classifier, ranked, toxic_content
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

    def told(fields: Json) -> Change | None:
        if not fields.keys() & {"label", "score"}:
            return None
        label = fields.get("label", SPOKEN)
        if label not in LABELS:
            raise ValueError(f"no label of DetectToxicContent: {label!r}")
        return _scored(classifier, label, float(fields.get("score", HIGH)))

    words = {
        "empty": _no_results,
        "safe": _scored(classifier, SPOKEN, LOW),
        "unsafe": _scored(classifier, SPOKEN, HIGH),
        "unknown-label": _unknown_label,
    }
    return _step(step, words, {"label", "score"}, told)


def language_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""

    def told(fields: Json) -> Change | None:
        if "language" not in fields:
            return None
        answer = detected({str(fields["language"]): float(fields.get("score", HIGH))})
        return lambda operation, usual: answer

    return _step(step, {"empty": _nothing}, {"language", "score"}, told)


def guardrail_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""

    def told(fields: Json) -> Change | None:
        if "label" not in fields:
            return None
        if fields["label"] not in FILTERS:
            raise ValueError(f"no content filter of a guardrail: {fields['label']!r}")
        return _filtered(fields["label"], float(fields.get("score", HIGH)))

    words = {"empty": _nothing, "unsafe": _filtered("VIOLENCE", HIGH)}
    return _step(step, words, {"label", "score"}, told)


def rekognition_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""

    def told(fields: Json) -> Change | None:
        found = _rekognition_members(fields)
        return (lambda operation, usual: {**usual, **found}) if found else None

    words: dict[str, Change] = {
        "empty": _nothing,
        "safe": lambda operation, usual: {**usual, "ModerationLabels": []},
    }
    return _step(step, words, {"labels", "model_version", "content_types", "confidence"}, told)


def detect_text_step(step: object) -> AnswerStep:
    """ValueError, saying what is wrong, for a step that is none."""

    def told(fields: Json) -> Change | None:
        if "text" not in fields:
            return None
        found = detections(str(fields["text"]), PICTURE_SIZE)
        return lambda operation, usual: {**usual, "TextDetections": found}

    return _step(step, {"empty": _nothing}, {"text"}, told)


def _step(
    step: object,
    words: dict[str, Change],
    members: set[str],
    told: Callable[[Json], Change | None],
) -> AnswerStep:
    """One of the words, which every service has two more of; or an object with the members."""
    if not isinstance(step, str):
        fields = _object(step, {"error", "slow", *members})
        return AnswerStep(float(fields.get("slow", 0)), fields.get("error"), change=told(fields))
    known = {"usual": AnswerStep(), "malformed": AnswerStep(malformed=True)}
    known |= {word: AnswerStep(change=change) for word, change in words.items()}
    if step not in known:
        raise ValueError(f"no such step: {step!r}; there are {', '.join(known)}")
    return known[step]


def _object(step: object, known: set[str]) -> Json:
    if not isinstance(step, dict) or not set(step) <= known:
        raise ValueError(f"a step is a word or an object of {', '.join(sorted(known))}")
    return step


def _nothing(operation: str, usual: Json) -> Json:
    return {}


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
            return _told_class(usual, classifier, score)
        scores = {name: score if name == label else min(score, LOW) for name in LABELS}
        return toxic_content([scores for _ in usual["ResultList"]])

    return change


def _told_class(usual: Json, classifier: Classifier, score: float) -> Json:
    """The unsafe class with the score, and the endpoint's other classes with what is left."""
    unsafe = classifier.classes[1]
    others = {each["Name"]: each["Score"] for each in usual["Classes"] if each["Name"] != unsafe}
    if len(others) == len(usual["Classes"]):
        return classifier.document_classes(score)
    left = (1 - score) / (sum(others.values()) or 1)
    return ranked({unsafe: score, **{name: old * left for name, old in others.items()}})


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
