"""RecordUnstarted: gives an outcome to requests whose execution could never be started."""

import functools
from typing import Any

from record_unstarted.record import Clerk, Settings, record
from record_unstarted.undelivered import read_undelivered
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.log import log, tell
from shared.metrics import Metrics
from shared.records import Records
from shared.s3 import Storage


@functools.cache
def build() -> Clerk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    return Clerk(settings, Records(Table(settings.table)), Storage(), Bus(settings.bus))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An SQS batch in; the messages to deliver again out."""
    clerk, failures = build(), []
    metrics = Metrics(clerk.settings.metrics_namespace)
    for message in event["Records"]:
        try:
            undelivered = read_undelivered(message["body"], message["messageAttributes"])
            done = record(clerk, undelivered)
            if done == "recorded":
                metrics.count("UnstartedRequests")
            request_id, code = undelivered.arrival.derived_id, undelivered.error_code
            tell("unstarted request", request_id=request_id, done=done, error_code=code)
        except Exception:  # noqa: BLE001 - one bad message must not hold up the rest of its batch
            log.exception("undelivered event failed", extra={"message_id": message["messageId"]})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
