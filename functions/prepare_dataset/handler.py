"""PrepareDataset: checks a data set before anything of it is paid for, and lists its images."""

import functools
from typing import Any

from prepare_dataset.prepare import Desk, Settings, prepare
from shared.dynamodb import Table
from shared.jobs import Jobs
from shared.log import tell
from shared.pinning import Pinning
from shared.s3 import Storage


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    storage = Storage()
    pinning = Pinning.of(settings.policy, lambda: storage)
    return Desk(settings, Jobs(Table(settings.jobs_table)), storage, pinning)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{input, execution: {arn, name, started_at}} in; what is to be judged, and where, out.

    {verdict, job, reasons, first, prompts, policy}.
    """
    answer = prepare(build(), event["input"], event["execution"])
    job, rules = answer["job"], [reason["rule"] for reason in answer["reasons"]]
    tell("dataset", job_id=job["job_id"], run=job["run"], verdict=answer["verdict"], rules=rules)
    return answer
