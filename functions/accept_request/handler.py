"""AcceptRequest: reads a request, whatever brought it, and claims its record."""

import functools
from typing import Any

from accept_request.accept import Door, Settings, accept
from shared.dynamodb import Table
from shared.log import tell
from shared.pinning import Pinning
from shared.records import Records
from shared.s3 import Storage
from shared.when_needed import step_functions


@functools.cache
def build() -> Door:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    storage = Storage()
    return Door(
        settings,
        Records(Table(settings.results_table)),
        storage,
        Pinning.of(settings.policy, lambda: storage),
        step_functions,
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{input, execution: {arn, name, started_at}} in; {verdict, claim, request, policy} out."""
    answer = accept(build(), event["input"], event["execution"])
    rules = [reason["rule"] for reason in answer["reasons"]]
    request_id, verdict = answer["claim"]["request_id"], answer["verdict"]
    tell("request", request_id=request_id, verdict=verdict, rules=rules)
    return answer
