"""Schedules fire, of both kinds, in the template's time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contract.machines import ROLE, unique, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine


def test_rates_are_in_the_templates_time(engine: Engine) -> None:
    queues, events = engine.client("sqs"), engine.client("events")
    url = queues.create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    rule = unique("rule")
    events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    engine.client("scheduler").create_schedule(
        Name=unique("schedule"),
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn["QueueArn"], "RoleArn": ROLE},
    )
    sources: set[Any] = set()

    def both() -> bool:
        received = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        sources.update(json.loads(m["Body"])["source"] for m in received.get("Messages", ()))
        return sources == {"aws.events", "aws.scheduler"}

    assert wait_for(both, seconds=30)
