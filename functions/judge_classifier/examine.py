"""What JudgeClassifier does: finds a model's figures, judges them, and keeps both as a report."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from judge_classifier.gates import Recalls, judge, read_metrics, training_warning
from judge_classifier.matrix import MOST_BYTES, Matrix, UnreadableMatrix, read_matrix
from shared.log import tell
from shared.s3 import ObjectMissing, ObjectTooLarge, ObjectVersion, Storage
from shared.settings import Environment

_VERSION = re.compile(r"[A-Za-z0-9-]{1,63}")
Json = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """JudgeClassifier's variables."""

    datasets_bucket: str
    work_bucket: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(env.text("DATASETS_BUCKET"), env.text("WORK_BUCKET"))


def examine(
    settings: Settings, storage: Storage, training: Json, classifier: Json
) -> tuple[str, list[Json], Json]:
    """(accept or refuse, reasons, report) of a trained model, DocumentClassifierProperties.

    Reasons against what is accepted are warnings. A retry writes the same report.
    """
    metrics = read_metrics(classifier)
    recalls, matrix = _measured(settings, storage, training, classifier)
    reasons = training_warning(classifier)
    reasons += judge(metrics, recalls, training["gates"], training["policy_labels"])
    refused = any(reason["action"] == "reject" for reason in reasons)
    verdict = "refuse" if refused else "accept"
    report = {
        "model_arn": classifier.get("DocumentClassifierArn"),
        "version": classifier.get("VersionName", training["version"]),
        "metrics": metrics,
        "recall_by_label": recalls,
        "gates": training["gates"],
        "texts": training["texts"],
        "labels": training["labels"] or sorted(recalls or ()),
    }
    whole = report | {
        "verdict": verdict,
        "reasons": reasons,
        "confusion_matrix": matrix and asdict(matrix),
        "tested": _tested(classifier),
    }
    key = _report_key(training["version"])
    body = json.dumps(whole, ensure_ascii=False, indent=2).encode()
    storage.write(settings.datasets_bucket, key, body, "application/json")
    return verdict, reasons, report | {"bucket": settings.datasets_bucket, "key": key}


def _measured(
    settings: Settings, storage: Storage, training: Json, classifier: Json
) -> tuple[Recalls | None, Matrix | None]:
    """How much of each label the model finds, and the counts that say so; None if nobody knows."""
    # Of a model that was judged before: the archive is not kept as long as the report.
    if training["model_arn"]:
        recalls = _reported(settings, storage, classifier)
        if recalls:
            return recalls, None
    try:
        matrix = read_matrix(storage.read(_archive(settings, classifier), MOST_BYTES))
    except (ObjectMissing, ObjectTooLarge, UnreadableMatrix) as unreadable:
        tell("no_confusion_matrix", problem=type(unreadable).__name__)
        return None, None
    return matrix.recalls(), matrix


def _archive(settings: Settings, classifier: Json) -> ObjectVersion:
    """Where the training's output lies. Raises UnreadableMatrix if not where we had it written."""
    uri = str((classifier.get("OutputDataConfig") or {}).get("S3Uri", ""))
    own = f"s3://{settings.work_bucket}/"
    if not uri.startswith(own) or not uri.endswith(".tar.gz"):
        raise UnreadableMatrix("the model has no archive in the work bucket")
    return ObjectVersion(settings.work_bucket, uri.removeprefix(own))


def _reported(settings: Settings, storage: Storage, classifier: Json) -> Recalls | None:
    """The recalls in the report of this very model; None without."""
    version = classifier.get("VersionName", "")
    if not _VERSION.fullmatch(version):
        return None
    place = ObjectVersion(settings.datasets_bucket, _report_key(version))
    try:
        report: Json = json.loads(storage.read(place, MOST_BYTES))
    except (ObjectMissing, ObjectTooLarge):
        return None
    own = report["model_arn"] == classifier.get("DocumentClassifierArn")
    recalls: Recalls | None = report["recall_by_label"] if own else None
    return recalls


def _report_key(version: str) -> str:
    return f"reports/classifier/{version}/metrics.json"


def _tested(classifier: Json) -> int | None:
    """How many texts the metrics are of."""
    number: int | None = (classifier.get("ClassifierMetadata") or {}).get("NumberOfTestDocuments")
    return number
