"""CloseExecution: ends the record of an execution that ended where no Catch could see."""

import functools
from typing import TYPE_CHECKING, Any

from close_execution.close import Clerk, Settings, close
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.observability import log
from shared.records import Records
from shared.stepfunctions import StepFunctions

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@functools.cache
def build() -> Clerk:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    return Clerk(settings, Records(Table(settings.table)), Bus(settings.bus), StepFunctions())


@log.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, str]:
    """A Step Functions Execution Status Change event in; {done} out."""
    arn = event["detail"]["executionArn"]
    done = close(build(), arn)
    log.info("execution", extra={"execution_arn": arn, "done": done})
    return {"done": done}
