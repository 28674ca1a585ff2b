"""AcceptRequest: reads a request, whatever brought it, and claims its record."""

import functools
from typing import TYPE_CHECKING, Any

from accept_request.accept import Door, Settings, accept
from shared.dynamodb import Table
from shared.observability import log
from shared.records import Records
from shared.s3 import Storage

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@functools.cache
def build() -> Door:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    return Door(settings, Records(Table(settings.table)), Storage())


@log.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """{input, execution: {arn, name, started_at}} in; {verdict, claim, request, reasons} out."""
    answer = accept(build(), event["input"], event["execution"])
    log.append_keys(request_id=answer["claim"]["request_id"])
    log.info("request", extra={"verdict": answer["verdict"], "reasons": answer["reasons"]})
    return answer
