"""ReportDataset: tells what was found in a data set, and whether it may be trained on."""

import functools
from typing import Any

from report_dataset.report import report
from shared.log import tell
from shared.s3 import Storage


@functools.cache
def build() -> Storage:
    """The adapter, made at the first call."""
    return Storage()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{job, judged, status} in; {verdict, report} out.

    report is {bucket, key, csv_key, jsonl_key, clean_key, counts, prompts, models, clean,
    fine_tuning: {status, reason}}.
    """
    job = event["job"]
    answer = report(build(), job, event["judged"], event["status"])
    told = answer["report"]
    fine_tuning = told["fine_tuning"]["status"]
    tell("report", job_id=job["job_id"], run=job["run"], fine_tuning=fine_tuning, **told["counts"])
    return answer
