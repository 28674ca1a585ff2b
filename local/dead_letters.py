"""The stack's dead-letter queues: what lies there, and how it goes back to where it belongs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import local.policy  # noqa: F401 - makes the functions' modules importable
from local.deployed_stack import DeployedStack
from record_unstarted.undelivered import UnreadableEvent, read_undelivered
from resume_generation.notice import UnreadableNotice, read_notice

Message = dict[str, Any]
_BATCH = 10
# Longer than a batch takes, ten calls of a function that may take 30 s each.
_HIDDEN_SECONDS = 600
# A long poll asks all of SQS's servers, so that an empty answer means an empty queue.
_POLL_SECONDS = 2
_SWEPT = "dropped: the next one does what this one did not"


class Stays(Exception):
    """The message was not handed over, and why; it stays where it is."""


@dataclass(frozen=True)
class Queue:
    """One dead-letter queue. `name` is its logical id, and the stack's output of its URL.

    `hand_over` brings one message to where it belongs and says what it did, or raises Stays. None
    for a queue that a function empties by itself.
    """

    name: str
    holds: str
    goes_to: str
    hand_over: Callable[[DeployedStack, Message], str] | None


@dataclass(frozen=True)
class Depth:
    """How full a queue is. `oldest_seconds` is of ten messages at most; None where none was seen.

    SQS counts approximately. A message's age counts from its first sending, as its retention does.
    """

    queue: Queue
    messages: int
    oldest_seconds: float | None


@dataclass
class Moved:
    """What became of a queue's messages: how many of them how, and by message id why they stay."""

    done: dict[str, int] = field(default_factory=dict)
    stay: dict[str, str] = field(default_factory=dict)


def depth(stack: DeployedStack, queue: Queue) -> Depth:
    """Looks at a queue, and changes nothing but the messages' counts of receives."""
    sqs, url = stack.client("sqs"), stack.outputs[queue.name]
    told = sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    messages = sum(map(int, told.values()))
    # A queue with a reader is not looked into: looks count, and too many are a failure.
    seen = _receive(stack, queue, hidden_seconds=0) if messages and queue.hand_over else []
    sent = [int(message["Attributes"]["SentTimestamp"]) / 1000 for message in seen]
    return Depth(queue, messages, time.time() - min(sent) if sent else None)


def redrive(stack: DeployedStack, queue: Queue) -> Moved:
    """Hands over all that lies in a queue, each message at least once.

    A message is deleted after it was taken: one that this is interrupted at comes twice, and every
    reader allows for that.
    """
    sqs, url, moved = stack.client("sqs"), stack.outputs[queue.name], Moved()
    if queue.hand_over is None:
        return moved
    held = []
    try:
        for message in _unseen(stack, queue):
            try:
                done = queue.hand_over(stack, message)
            except Stays as reason:
                moved.stay[message["MessageId"]] = str(reason)
                held.append(message["ReceiptHandle"])
            else:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                moved.done[done] = moved.done.get(done, 0) + 1
    finally:
        for handle in held:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return moved


def _unseen(stack: DeployedStack, queue: Queue) -> Iterator[Message]:
    """Every message of the queue once, hidden from other readers meanwhile."""
    seen: set[str] = set()
    while True:
        received = _receive(stack, queue, _HIDDEN_SECONDS)
        new = [message for message in received if message["MessageId"] not in seen]
        if not new:
            return
        seen |= {message["MessageId"] for message in new}
        yield from new


def _receive(stack: DeployedStack, queue: Queue, hidden_seconds: int) -> list[Message]:
    received = stack.client("sqs").receive_message(
        QueueUrl=stack.outputs[queue.name],
        MaxNumberOfMessages=_BATCH,
        VisibilityTimeout=hidden_seconds,
        WaitTimeSeconds=_POLL_SECONDS,
        AttributeNames=["SentTimestamp"],
        MessageAttributeNames=["All"],
    )
    messages: list[Message] = received.get("Messages", [])
    return messages


def _to_notices(stack: DeployedStack, message: Message) -> str:
    try:
        read_notice(message["Body"])
    except UnreadableNotice:
        raise Stays("no notice that ResumeGeneration can read") from None
    return _send(stack, "NoticesQueue", message)


def _to_ingress(stack: DeployedStack, message: Message) -> str:
    # Lambda hands attributes over in another case than SQS's API does.
    code = message.get("MessageAttributes", {}).get("ERROR_CODE", {}).get("StringValue", "")
    try:
        read_undelivered(message["Body"], {"ERROR_CODE": {"stringValue": code}})
    except UnreadableEvent:
        raise Stays("no event that RecordUnstarted can read") from None
    return _send(stack, "IngressDeadLetters", message)


def _send(stack: DeployedStack, destination: str, message: Message) -> str:
    stack.client("sqs").send_message(
        QueueUrl=stack.outputs[destination],
        MessageBody=message["Body"],
        MessageAttributes=message.get("MessageAttributes", {}),
    )
    return f"put on {destination}"


def _to_closing(stack: DeployedStack, message: Message) -> str:
    event = _event_in(message)
    match event:
        case {"detail": {"executionArn": str()}}:
            return _invoke(stack, "CloseExecutionFunction", event)
        case {"detail-type": "Scheduled Event"}:
            return _SWEPT
    # Of a schedule's message, the attributes tell what it is, whatever its input was.
    if "SCHEDULE_ARN" in message.get("MessageAttributes", {}):
        return _SWEPT
    raise Stays("neither the end of an execution nor what a schedule sent")


def _to_counting(stack: DeployedStack, message: Message) -> str:
    event = _event_in(message)
    if event.get("source") != "safelight":
        raise Stays("no result event")
    return _invoke(stack, "CountOutcomesFunction", event)


def _event_in(message: Message) -> dict[str, Any]:
    """The event that a rule could not deliver, or that a function failed with.

    The one is the body; the other is in what Lambda writes of an asynchronous call that failed
    (Lambda Developer Guide, Capturing records of Lambda asynchronous invocations).
    """
    try:
        body = json.loads(message["Body"])
        event = body.get("requestPayload", body)
    except (ValueError, AttributeError):
        raise Stays("no event in it") from None
    return event if isinstance(event, dict) else {}


def _invoke(stack: DeployedStack, function: str, event: dict[str, Any]) -> str:
    reply = stack.client("lambda").invoke(
        FunctionName=stack.outputs[function], Payload=json.dumps(event).encode()
    )
    if "FunctionError" in reply:
        error = json.loads(reply["Payload"].read()).get("errorType", reply["FunctionError"])
        raise Stays(f"{function.removesuffix('Function')} failed: {error}")
    return f"handed to {function.removesuffix('Function')}"


QUEUES = (
    Queue(
        "IngressDeadLetters",
        "events that could not start an execution",
        "RecordUnstarted, by itself",
        None,
    ),
    Queue(
        "UnrecordedStarts",
        "of those, what RecordUnstarted could not record",
        "IngressDeadLetters",
        _to_ingress,
    ),
    Queue(
        "NoticeDeadLetters",
        "notices that ResumeGeneration could not read or answer",
        "NoticesQueue",
        _to_notices,
    ),
    Queue(
        "UndeliveredNotices",
        "notices that SNS could not put on NoticesQueue",
        "NoticesQueue",
        _to_notices,
    ),
    Queue(
        "ClosingDeadLetters",
        "ended executions that CloseExecution could not close; failed sweeps and looks at jobs",
        "CloseExecution; the others are dropped",
        _to_closing,
    ),
    Queue(
        "CountingDeadLetters",
        "result events that CountOutcomes could not count",
        "CountOutcomes",
        _to_counting,
    ),
)
