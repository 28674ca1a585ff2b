"""What could not be delivered goes to the dead-letter queue that was named for it.

ministack drops an event whose target is gone or that is too large to be an execution's input, and a
notice whose queue is gone; a function behind a rule gets one attempt where Lambda gives an
asynchronous call three. Private names: eventbridge._invoke_target and _dispatch_to_lambda,
sns._deliver_to_sqs, and the tables they look their targets up in.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import eventbridge, lambda_svc, sns, sqs, stepfunctions

from local.engine.seams import replace
from local.engine.starts import LARGEST_INPUT


def install() -> None:
    """Add the queues behind rules and subscriptions."""

    def invoke_or_keep(target: Any, event: Any, rule: Any, view: Any = None) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        view = view or eventbridge._pattern_event_view(event)
        body = json.dumps(view.event_with_detail())
        error = _error(target["Arn"], body)
        if queue is None or not error:
            invoke(target, event, rule, view)
            return
        attributes = {
            "RULE_ARN": rule.get("Arn", ""),
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": error,
        }
        _send(queue, body, attributes)

    def deliver_or_keep(endpoint: str, envelope: str, *args: Any, **details: Any) -> None:
        if sqs._queue_by_arn(endpoint):
            deliver(endpoint, envelope, *args, **details)
        elif queue := _subscription_queue(details.get("topic_arn", ""), endpoint):
            _send(queue, envelope, {})

    replace(eventbridge, "_dispatch_to_lambda", _invoke_asynchronously)
    invoke = replace(eventbridge, "_invoke_target", invoke_or_keep)
    deliver = replace(sns, "_deliver_to_sqs", deliver_or_keep)


def _error(arn: str, body: str) -> str:
    """EventBridge's code for what stands against a delivery; empty if nothing does."""
    if not _exists(arn):
        return "NO_RESOURCE"
    # Which code AWS gives is not documented: of the codes that are, the one that fits.
    too_large = arn.split(":")[2] == "states" and len(body.encode()) > LARGEST_INPUT
    return "INVALID_PARAMETER" if too_large else ""


def _exists(arn: str) -> bool:
    service = arn.split(":")[2]
    if service == "lambda":
        return bool(lambda_svc._get_func_record_for_ref(arn)[0])
    if service == "states":
        return stepfunctions._resolve_state_machine_arn(arn) is not None
    return service != "sqs" or bool(sqs._queue_by_arn(arn))


def _invoke_asynchronously(arn: str, payload: str) -> None:
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def _subscription_queue(topic_arn: str, endpoint: str) -> str | None:
    topic = sns._topic_by_arn_any_scope(topic_arn) or {}
    for subscription in topic.get("subscriptions", []):
        policy = (subscription.get("attributes") or {}).get("RedrivePolicy")
        if subscription.get("endpoint") == endpoint and policy:
            return str(json.loads(policy)["deadLetterTargetArn"])
    return None


def _send(queue_arn: str, body: str, attributes: dict[str, str]) -> None:
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        return
    typed = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
    sqs._act_send_message({"MessageBody": body, "MessageAttributes": typed}, queue["url"])
