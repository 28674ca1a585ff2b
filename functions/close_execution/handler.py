"""CloseExecution: ends the record of an execution that ended where no Catch could see."""

import functools
from typing import Any

from close_execution.close import Clerk, Settings, close
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.log import tell
from shared.metrics import Metrics
from shared.records import Records
from shared.stepfunctions import StepFunctions


@functools.cache
def build() -> Clerk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    return Clerk(
        settings, Records(Table(settings.results_table)), Bus(settings.bus), StepFunctions()
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """A Step Functions Execution Status Change event in; {done} out."""
    arn = event["detail"]["executionArn"]
    clerk = build()
    done = close(clerk, arn)
    tell("execution", execution_arn=arn, done=done)
    Metrics(clerk.settings.metrics_namespace).count("Closings", Done=done)
    return {"done": done}
