"""PrepareTraining: checks what a classifier is to learn from before anything of it is paid for."""

import functools
from typing import Any

from prepare_training.prepare import Desk, Settings, prepare
from shared.dynamodb import Table
from shared.jobs import Jobs
from shared.log import tell
from shared.pinning import Pinning
from shared.policy import Policies
from shared.s3 import Storage


@functools.cache
def build() -> Desk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    storage = Storage()
    return Desk(
        settings,
        Jobs(Table(settings.jobs_table)),
        storage,
        Pinning.of(settings.policy, lambda: storage),
        Policies("classifier", settings.policy.bucket, dict),
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
