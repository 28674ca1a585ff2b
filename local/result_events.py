"""Listens to a stack's result events, as a customer's own rule on the stack's bus would.

The rule and its queue are made outside the template, on the local engine only.
"""

from __future__ import annotations

import json
from typing import Any

from local.deployed_stack import DeployedStack

WAITING, IN_REVIEW = "ImageQueued", "ImageInReview"


class ResultEvents:
    """A queue that a rule fills with the events of requests and jobs; with `also_waiting` those of
    requests that wait, for the endpoint or for people, too, which are no results."""

    def __init__(self, stack: DeployedStack, also_waiting: bool = False) -> None:
        self._sqs = stack.client("sqs")
        name = f"{stack.name}-{'all' if also_waiting else 'result'}-events"
        results = {} if also_waiting else {"detail-type": [{"anything-but": [WAITING, IN_REVIEW]}]}
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )["Attributes"]
        events, bus = stack.client("events"), stack.outputs["EventBus"]
        events.put_rule(
            Name=name,
            EventBusName=bus,
            EventPattern=json.dumps({"source": ["safelight"], **results}),
        )
        target = {"Id": "queue", "Arn": attributes["QueueArn"]}
        events.put_targets(Rule=name, EventBusName=bus, Targets=[target])

    def receive(self, wait_seconds: int = 0) -> list[dict[str, Any]]:
        """The events that came since the last call, each once."""
        received = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
        ).get("Messages", [])
        for message in received:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in received]
