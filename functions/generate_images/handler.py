"""GenerateImages: hands one attempt to the endpoint; its Task waits for the token's answer."""

import functools
from typing import Any

from generate_images.generate import Desk, Settings, generate
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.inferences import Inferences
from shared.log import tell
from shared.policy import Policies
from shared.queue_look import Queue
from shared.s3 import Storage
from shared.sagemaker_runtime import Endpoint
from shared.stepfunctions import StepFunctions


@functools.cache
def build() -> Desk:
    """Settings, policy and adapters, made at the first call."""
    settings = Settings.from_env()
    table = Table(settings.inferences_table)
    return Desk(
        settings,
        Policies("generation", settings.policy_bucket, dict),
        Inferences(table),
        Queue(table),
        Storage(),
        Endpoint(settings.endpoint_name),
        StepFunctions(),
        functools.cache(functools.partial(Bus, settings.bus)),
    )


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """{token, tried_at, request_id, run, attempt, labels, request, policy, source, requester,
    execution_arn} in; {inference_id} out.

    The Task's own result is the token's: {inference_id, seed, negative_prompt_added, warnings,
    output: {bucket, key}}.
    """
    identity = generate(build(), event)
    tell(
        "generation",
        request_id=event["request_id"],
        attempt=event["attempt"],
        inference_id=identity,
    )
    return {"inference_id": identity}
