"""Breaks what one service hands to another, when told to (local/faults).

    operation      hands                                    kinds
    sns:sqs        a topic's message to a queue             drop duplicate delay
    events:<its>   an event to a rule's target, a schedule  drop duplicate delay
                   to its own: states, lambda, sqs, …
    sqs:lambda     a batch to a function                    drop duplicate delay error lost

The service of such a call is "delivery", its caller the name of the topic, rule or queue, its fact
`target` the ARN of what receives. A batch is dropped by deleting its messages; `error` leaves them
to be received again, `lost` does so after the function has had them. Private names:
sns._deliver_to_sqs, eventbridge._invoke_target, lambda_svc._run_sqs_batch (all wrapped),
lambda_svc._execute_function, sqs._delete_messages_for_esm.
"""

from __future__ import annotations

import contextvars
import copy
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge, lambda_svc, sns, sqs

from local.engine.seams import replace
from local.engine.watching import watch
from local.faults.calls import Call
from local.faults.rules import Rule


def install() -> None:
    """Stand between the services; after the queues behind rules, so that those stay last."""

    def deliver_notice(endpoint: str, envelope: str, *args: Any, **details: Any) -> None:
        def hand_over() -> None:
            deliver(endpoint, envelope, *args, **details)

        _hand(_call("sns:sqs", details.get("topic_arn", ""), endpoint, envelope), hand_over)

    def invoke_target(target: Any, event: Any, rule: Any, view: Any = None) -> None:
        def hand_over() -> None:
            invoke(target, event, rule, view)

        arn = target["Arn"]
        text = str(event.get("Detail", ""))
        _hand(_call(f"events:{arn.split(':')[2]}", rule.get("Arn", ""), arn, text), hand_over)

    def run_batch(mapping: Any, function: Any, event: Any, batch: Any, *queue: str) -> None:
        broken = watch.active and watch.rule_for(
            _call(
                "sqs:lambda",
                mapping["EventSourceArn"],
                mapping["FunctionArn"],
                json.dumps(event, ensure_ascii=False),
            )
        )
        if not broken or _batch_goes_on(broken, function, event, batch, queue[0]):
            process(mapping, function, event, batch, *queue)

    deliver = replace(sns, "_deliver_to_sqs", deliver_notice)
    invoke = replace(eventbridge, "_invoke_target", invoke_target)
    process = replace(lambda_svc, "_run_sqs_batch", run_batch)


def _call(operation: str, source: str, target: str, text: str) -> Call:
    name = source.rpartition(":")[2].rpartition("/")[2] or source
    return Call(name, "delivery", operation, {"target": target}, f"{target}\n{text}")


def _hand(call: Call, hand_over: Callable[[], None]) -> None:
    rule = watch.rule_for(call) if watch.active else None
    if rule is None:
        hand_over()
    elif rule.kind == "duplicate":
        hand_over()
        _later(rule.seconds, hand_over)
    elif rule.kind == "delay":
        _later(rule.seconds, hand_over)


def _later(seconds: float, hand_over: Callable[[], None]) -> None:
    """On another thread, in this one's account and region."""
    timer = threading.Timer(seconds, contextvars.copy_context().run, (hand_over,))
    timer.daemon = True
    timer.start()


def _batch_goes_on(rule: Rule, function: Any, event: Any, batch: Any, queue_url: str) -> bool:
    """Whether the batch is still to be processed in the ordinary way."""

    def run_beside() -> None:
        lambda_svc._execute_function(function, copy.deepcopy(event))

    if rule.kind == "delay":
        threading.Event().wait(rule.seconds)
    elif rule.kind == "duplicate":
        _later(rule.seconds, run_beside)
    elif rule.kind == "lost":
        run_beside()
    elif rule.kind == "drop":
        sqs._delete_messages_for_esm(queue_url, {message["receipt_handle"] for message in batch})
    return rule.kind in ("delay", "duplicate")
