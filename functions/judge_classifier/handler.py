"""JudgeClassifier: holds a trained classifier's metrics against its gates, and keeps them."""

import functools
from typing import Any

from judge_classifier.examine import Settings, examine
from shared.log import tell
from shared.s3 import Storage


@functools.cache
def build() -> tuple[Settings, Storage]:
    """Settings and the adapter, made at the first call."""
    return Settings.from_env(), Storage()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{job, training, classifier: DocumentClassifierProperties} in; {verdict, reasons, report} out.

    report is {model_arn, version, metrics: {accuracy, precision, recall, f1}, recall_by_label,
    gates, texts, labels, bucket, key}; metrics and recall_by_label are null where there are none.
    """
    verdict, reasons, report = examine(*build(), event["training"], event["classifier"])
    rules = sorted({reason["rule"] for reason in reasons})
    tell("classifier", job_id=event["job"]["job_id"], verdict=verdict, rules=rules)
    return {"verdict": verdict, "reasons": reasons, "report": report}
