"""Deliveries broken on purpose: notices, events and batches lost, doubled, delayed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.machines import ROLE, Make, single, unique, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine
READER = """
import pathlib
def handler(event, _):
    with pathlib.Path({file!r}).open("a") as lines:
        for record in event["Records"]:
            print(record["body"], file=lines)
"""


@pytest.fixture
def broken(engine: Engine) -> Iterator[Callable[..., None]]:
    """Put a rule for deliveries into force until the test ends."""
    yield lambda **rule: engine.break_calls({"service": "delivery", **rule})
    engine.mend()


@pytest.fixture
def queue(engine: Engine) -> tuple[str, str]:
    """A queue's address and ARN."""
    queues = engine.client("sqs")
    url = queues.create_queue(QueueName=unique("queue"), Attributes={"VisibilityTimeout": "1"})[
        "QueueUrl"
    ]
    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


@pytest.fixture
def received(engine: Engine, queue: tuple[str, str]) -> Callable[[], list[str]]:
    """The messages that come until none does for a second."""

    def take() -> list[str]:
        queues, bodies = engine.client("sqs"), []
        while messages := queues.receive_message(
            QueueUrl=queue[0], WaitTimeSeconds=1, MaxNumberOfMessages=1
        ).get("Messages"):
            bodies.append(messages[0]["Body"])
            queues.delete_message(QueueUrl=queue[0], ReceiptHandle=messages[0]["ReceiptHandle"])
        return bodies

    return take


def test_notices_are_dropped_doubled_and_overtaken(
    engine: Engine, broken: Any, queue: tuple[str, str], received: Any
) -> None:
    topics = engine.client("sns")
    topic = topics.create_topic(Name=unique("topic"))["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue[1], Attributes=raw)
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": queue[1]}
    engine.client("sqs").set_queue_attributes(
        QueueUrl=queue[0], Attributes={"Policy": json.dumps({"Statement": [allowed]})}
    )
    broken(operation="sns:sqs", kind="drop", contains="first")
    broken(operation="sns:sqs", kind="delay", seconds=0.5, contains="second")
    broken(operation="sns:sqs", kind="duplicate", contains="third", caller=topic.split(":")[-1])
    for message in ("the first", "the second", "the third", "the first"):
        topics.publish(TopicArn=topic, Message=message)
    bodies = received()
    assert sorted(bodies) == ["the first", "the second", "the third", "the third"]
    assert bodies[-1] == "the second"


def test_events_are_dropped_and_doubled(engine: Engine, broken: Any, create_machine: Make) -> None:
    events, steps = engine.client("events"), engine.client("stepfunctions")
    rule, machine, source = unique("rule"), create_machine(single({"Type": "Succeed"})), unique("s")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "machine", "Arn": machine, "RoleArn": ROLE}])
    broken(operation="events:states", kind="drop", contains="lost", resource=machine)
    broken(operation="events:states", kind="duplicate", contains="twice", caller=rule)
    for word in ("lost", "once", "twice"):
        detail = json.dumps({"word": word})
        events.put_events(Entries=[{"Source": source, "DetailType": "d", "Detail": detail}])

    def words() -> list[str]:
        executions = steps.list_executions(stateMachineArn=machine)["executions"]
        inputs = [
            steps.describe_execution(executionArn=each["executionArn"])["input"]
            for each in executions
        ]
        return sorted(json.loads(text)["detail"]["word"] for text in inputs)

    assert wait_for(lambda: len(words()) == 3)
    assert words() == ["once", "twice", "twice"]


@pytest.mark.parametrize(
    ("kind", "times"), [("duplicate", 2), ("delay", 1), ("error", 1), ("lost", 2)]
)
def test_batches_come_again(
    engine: Engine, broken: Any, make_function: Make, queue: tuple[str, str], tmp_path: Path,
    kind: str, times: int,
) -> None:  # fmt: skip
    log = _reader(engine, make_function, queue, tmp_path)
    broken(operation="sqs:lambda", kind=kind, contains="one", seconds=0.2)
    engine.client("sqs").send_message(QueueUrl=queue[0], MessageBody="number one")
    assert wait_for(lambda: log.exists() and len(log.read_text().splitlines()) == times)


def test_a_batch_is_dropped(
    engine: Engine, broken: Any, make_function: Make, queue: tuple[str, str], tmp_path: Path
) -> None:
    log = _reader(engine, make_function, queue, tmp_path)
    broken(operation="sqs:lambda", kind="drop", contains="one")
    queues = engine.client("sqs")
    queues.send_message(QueueUrl=queue[0], MessageBody="number one")
    assert wait_for(lambda: engine.broken_calls()[0]["injected"])
    queues.send_message(QueueUrl=queue[0], MessageBody="number two")
    assert wait_for(log.exists)
    time.sleep(1.2)  # longer than the visibility time-out
    assert log.read_text() == "number two\n"


def _reader(engine: Engine, make_function: Make, queue: tuple[str, str], folder: Path) -> Path:
    """The file in which a function behind the queue notes what it gets."""
    log = folder / "log"
    function = make_function(READER.format(file=str(log)))
    engine.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=queue[1], BatchSize=1
    )
    return log
