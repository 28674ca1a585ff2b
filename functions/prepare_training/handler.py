"""PrepareTraining: checks what a classifier is to learn from before anything of it is paid for."""

import functools
from typing import Any

from prepare_training.prepare import Desk, Settings, prepare
from shared.dynamodb import Table
from shared.jobs import Jobs
from shared.log import tell
from shared.pinning import Pinning, published
from shared.policy import ACTIVE_KEY, Policies
from shared.s3 import Storage


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    storage = Storage()
    from_bucket = settings.policy_source == "bucket"
    active = published(storage, settings, ACTIVE_KEY) if from_bucket else None
    return Desk(
        settings,
        Jobs(Table(settings.jobs_table)),
        storage,
        Pinning(active, shadow=None),
        Policies("classifier", settings.policy_bucket, dict),
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{input, execution: {arn, name, started_at}} in.

    {verdict, job, reasons, first, training: {version, token, train, test, output, language, labels,
    texts, left_out, policy_labels, gates, deploy, model_arn}} out.
    """
    answer = prepare(build(), event["input"], event["execution"])
    rules = sorted({reason["rule"] for reason in answer["reasons"]})
    tell("training", job_id=answer["job"]["job_id"], verdict=answer["verdict"], rules=rules)
    return answer
