"""Notices: a topic, its queue, the function behind it, and the dead-letter queues of both hops."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract.machines import Make, unique, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine
READER = """
import json, pathlib
def handler(event, _):
    log = pathlib.Path({file!r})
    failed = []
    for record in event["Records"]:
        notice = json.loads(json.loads(record["body"])["Message"])
        count = record["attributes"]["ApproximateReceiveCount"]
        with log.open("a") as lines:
            print(json.dumps([notice, count]), file=lines)
        if notice.get("bad"):
            failed.append({{"itemIdentifier": record["messageId"]}})
    return {{"batchItemFailures": failed}}
"""


class Mail:
    """Queues by name."""

    def __init__(self, engine: Engine) -> None:
        self.queues, self.topics = engine.client("sqs"), engine.client("sns")

    def queue(self, **attributes: str) -> tuple[str, str]:
        url = self.queues.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
        found = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def received(self, url: str) -> list[Any]:
        answer = self.queues.receive_message(QueueUrl=url, WaitTimeSeconds=1)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def mail(engine: Engine) -> Mail:
    return Mail(engine)


def allow(mail: Mail, url: str, queue: str, topic: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    mail.queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def test_a_notice_is_read_and_only_the_failed_one_comes_again_and_then_is_kept(
    engine: Engine, mail: Mail, make_function: Make, tmp_path: Path
) -> None:
    dead_url, dead = mail.queue()
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "2"})
    url, queue = mail.queue(VisibilityTimeout="1", RedrivePolicy=redrive)
    topic = mail.topics.create_topic(Name=unique("topic"))["TopicArn"]
    allow(mail, url, queue, topic)
    mail.topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    log = tmp_path / "log"
    engine.client("lambda").create_event_source_mapping(
        EventSourceArn=queue,
        FunctionName=make_function(READER.format(file=str(log)), Timeout=1),
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    for notice in ({"n": 1}, {"n": 2, "bad": True}):
        mail.topics.publish(TopicArn=topic, Message=json.dumps(notice))
    (kept,) = wait_for(lambda: mail.received(dead_url))
    assert json.loads(kept["Message"]) == {"n": 2, "bad": True}
    seen = [json.loads(line) for line in log.read_text().splitlines()]
    assert [notice["n"] for notice, _ in seen].count(1) == 1
    assert [count for notice, count in seen if notice["n"] == 2] == ["1", "2"]


def test_a_notice_for_a_missing_queue_goes_to_the_subscriptions_own(mail: Mail) -> None:
    dead_url, dead = mail.queue()
    url, queue = mail.queue()
    topic = mail.topics.create_topic(Name=unique("topic"))["TopicArn"]
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})}
    mail.topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=redrive)
    mail.queues.delete_queue(QueueUrl=url)
    mail.topics.publish(TopicArn=topic, Message='{"n":1}')
    (kept,) = wait_for(lambda: mail.received(dead_url))
    assert json.loads(kept["Message"]) == {"n": 1}
