"""RecordUnstarted: gives an outcome to requests and jobs whose execution was never started."""

import functools
from typing import Any

from record_unstarted.job import job_id_of, record_job
from record_unstarted.record import Clerk, Settings, record
from record_unstarted.undelivered import read_undelivered
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.jobs import Jobs
from shared.log import log, tell
from shared.metrics import Metrics
from shared.records import Records
from shared.s3 import Storage


@functools.cache
def build() -> Clerk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.results_table)
    jobs = Jobs(table.beside(settings.jobs_table))
    return Clerk(settings, Records(table), jobs, Storage(), Bus(settings.bus))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An SQS batch in; the messages to deliver again out."""
    clerk, failures = build(), []
    metrics = Metrics(clerk.settings.metrics_namespace)
    for message in event["Records"]:
        try:
            undelivered = read_undelivered(message["body"], message["messageAttributes"])
            if undelivered.kind == "request":
                done = record(clerk, undelivered)
                named = {"request_id": undelivered.arrival.derived_id}
            else:
                done = record_job(clerk, undelivered)
                named = {"job_id": job_id_of(undelivered, clerk.settings.datasets_bucket)}
            if done == "recorded":
                metrics.count("UnstartedRequests")
            code = undelivered.error_code
            tell(f"unstarted {undelivered.kind}", **named, done=done, error_code=code)
        except Exception:  # noqa: BLE001 - one bad message must not hold up the rest of its batch
            log.exception("undelivered event failed", extra={"message_id": message["messageId"]})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
