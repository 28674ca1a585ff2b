"""ResumeGeneration: answers waiting Tasks when SageMaker's notices arrive on the queue."""

import functools
from typing import Any

from resume_generation.notice import read_notice
from resume_generation.resume import Callback, Settings, resume
from shared.dynamodb import Table
from shared.inferences import Inferences
from shared.log import log, tell
from shared.metrics import Metrics
from shared.queue_look import Queue
from shared.stepfunctions import StepFunctions


@functools.cache
def build() -> Callback:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.inferences_table)
    return Callback(settings, Inferences(table), Queue(table), StepFunctions())


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An SQS batch in; the messages to deliver again out."""
    callback, failures = build(), []
    metrics = Metrics(callback.settings.metrics_namespace)
    for record in event["Records"]:
        try:
            notice = read_notice(record["body"])
            outcome = resume(callback, notice) if notice else "test"
            inference_id = notice.inference_id if notice else ""
            tell("notice", inference_id=inference_id, outcome=outcome)
            metrics.count("Notices", Outcome=outcome)
        except Exception:  # noqa: BLE001 - one bad message must not hold up the rest of its batch
            log.exception("notice failed", extra={"message_id": record["messageId"]})
            metrics.count("Notices", Outcome="failed")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
