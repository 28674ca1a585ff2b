"""Dead letters: what each queue's messages are, where they go, and what stays."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local import cli
from local.commands import dead_letters as command
from local.commands import which_stack
from local.commands.failure import FAILED, SUCCESS
from local.dead_letters import QUEUES, depth, redrive
from local.deployed_stack import DeployedStack

EVENTS = Path(__file__).parents[3] / "events"
BY_NAME = {queue.name: queue for queue in QUEUES}
NOTICE: str = json.loads((EVENTS / "resume_generation/success.json").read_text("utf-8"))["Records"][
    0
]["body"]
ENDED = json.loads((EVENTS / "close_execution/failed.json").read_text("utf-8"))
SWEEP = json.loads((EVENTS / "sweep_requests/scheduled.json").read_text("utf-8"))
COMPLETED = json.loads((EVENTS / "count_outcomes/completed.json").read_text("utf-8"))
REQUESTED = json.loads((EVENTS / "accept_request/image_requested.json").read_text("utf-8"))["input"]
Output = pytest.CaptureFixture[str]


class Lambda:
    """CloseExecution or CountOutcomes, which do their work or fail."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.invoked: list[dict[str, Any]] = []
        self.fails = False

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.called.append(FunctionName)
        self.invoked.append(json.loads(Payload))
        if self.fails:
            error = {"errorMessage": "…", "errorType": "ServiceUnavailable", "stackTrace": []}
            answer = io.BytesIO(json.dumps(error).encode())
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": answer}
        return {"StatusCode": 200, "Payload": io.BytesIO(b'{"done": "closed"}')}


class Scene(DeployedStack):
    """A stack whose queues are moto's."""

    def __init__(self) -> None:
        self.function = Lambda()
        self.sqs = boto3.client(
            "sqs",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        names = [*BY_NAME, "NoticesQueue"]
        urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
        clients = {"sqs": self.sqs, "lambda": self.function}
        functions = {"CloseExecutionFunction": "close", "CountOutcomesFunction": "count"}
        super().__init__("s", clients.__getitem__, {**urls, **functions})

    def put(self, queue: str, body: object, **attributes: str) -> str:
        typed = {n: {"DataType": "String", "StringValue": v} for n, v in attributes.items()}
        text = body if isinstance(body, str) else json.dumps(body)
        sent = self.sqs.send_message(
            QueueUrl=self.outputs[queue], MessageBody=text, MessageAttributes=typed
        )
        return str(sent["MessageId"])

    def lying(self, queue: str) -> list[dict[str, Any]]:
        found: dict[str, Any] = self.sqs.receive_message(
            QueueUrl=self.outputs[queue], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        messages: list[dict[str, Any]] = found.get("Messages", [])
        return messages


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr("local.dead_letters._POLL_SECONDS", 0)
    with mock_aws():
        scene = Scene()
        monkeypatch.setattr(which_stack, "which_stack", lambda _: scene)
        yield scene


@pytest.mark.parametrize("name", ["NoticeDeadLetters", "UndeliveredNotices"])
def test_notices_go_back_to_their_queue(stack: Scene, name: str) -> None:
    for _ in range(12):
        stack.put(name, NOTICE)
    moved = redrive(stack, BY_NAME[name])
    assert (moved.done, moved.stay) == ({"put on NoticesQueue": 12}, {})
    assert depth(stack, BY_NAME[name]).messages == 0
    assert {message["Body"] for message in stack.lying("NoticesQueue")} == {NOTICE}


def test_what_its_reader_cannot_read_stays_and_can_be_seen(stack: Scene) -> None:
    message_id = stack.put("NoticeDeadLetters", "no notice")
    stack.put("NoticeDeadLetters", NOTICE)
    moved = redrive(stack, BY_NAME["NoticeDeadLetters"])
    assert moved.done == {"put on NoticesQueue": 1}
    assert list(moved.stay) == [message_id]
    assert [message["Body"] for message in stack.lying("NoticeDeadLetters")] == ["no notice"]


def test_unrecorded_starts_keep_their_attributes(stack: Scene) -> None:
    stack.put("UnrecordedStarts", REQUESTED, ERROR_CODE="NO_PERMISSIONS")
    stay = stack.put("UnrecordedStarts", {"prompt": "a fox"})
    assert list(redrive(stack, BY_NAME["UnrecordedStarts"]).stay) == [stay]
    (message,) = stack.lying("IngressDeadLetters")
    assert json.loads(message["Body"]) == REQUESTED
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def failed_call(event: dict[str, Any]) -> dict[str, Any]:
    """As Lambda writes it of an asynchronous call that failed for good."""
    function = "arn:aws:lambda:us-east-1:111122223333:function:safelight-F-1A2B3C:$LATEST"
    return {
        "version": "1.0",
        "timestamp": "2026-11-20T10:05:01.250Z",
        "requestContext": {
            "requestId": "6f0c1d7e-58c4-4d3a-9b1e-2f7a8c9d0e11",
            "functionArn": function,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": "…", "errorType": "ServiceUnavailable"},
    }


def test_ended_executions_go_to_close_execution(stack: Scene) -> None:
    stack.put("ClosingDeadLetters", ENDED, ERROR_CODE="THROTTLING")
    stack.put("ClosingDeadLetters", failed_call(ENDED))
    moved = redrive(stack, BY_NAME["ClosingDeadLetters"])
    assert moved.done == {"handed to CloseExecution": 2}
    assert stack.function.called == ["close", "close"]
    assert stack.function.invoked == [ENDED, ENDED]
    assert stack.lying("ClosingDeadLetters") == []


def test_failed_sweeps_are_dropped(stack: Scene) -> None:
    stack.put("ClosingDeadLetters", failed_call(SWEEP))
    stack.put("ClosingDeadLetters", SWEEP)
    stack.put("ClosingDeadLetters", {}, SCHEDULE_ARN="arn:aws:scheduler:…")
    moved = redrive(stack, BY_NAME["ClosingDeadLetters"])
    assert [(what[:7], count) for what, count in moved.done.items()] == [("dropped", 3)]
    assert stack.function.invoked == []


def test_what_cannot_be_closed_stays(stack: Scene) -> None:
    stack.function.fails = True
    stack.put("ClosingDeadLetters", ENDED)
    for strange in ("no JSON", "[1]", '{"requestPayload": 7}', '{"detail": {}}'):
        stack.put("ClosingDeadLetters", strange)
    moved = redrive(stack, BY_NAME["ClosingDeadLetters"])
    assert moved.done == {}
    assert "CloseExecution failed: ServiceUnavailable" in moved.stay.values()
    assert len(moved.stay) == len(stack.lying("ClosingDeadLetters")) == 5


def test_result_events_are_counted_late(stack: Scene) -> None:
    stack.put("CountingDeadLetters", COMPLETED)
    stack.put("CountingDeadLetters", failed_call(COMPLETED))
    stays = stack.put("CountingDeadLetters", ENDED)
    moved = redrive(stack, BY_NAME["CountingDeadLetters"])
    assert moved.done == {"handed to CountOutcomes": 2}
    assert moved.stay == {stays: "no result event"}
    assert stack.function.called == ["count", "count"]


def test_a_list_tells_how_much_lies_where(stack: Scene, capsys: Output) -> None:
    stack.put("NoticeDeadLetters", NOTICE)
    stack.put("IngressDeadLetters", REQUESTED)
    assert cli.main(["dead-letters", "list"]) == SUCCESS
    told = capsys.readouterr().out
    assert told.startswith("2 dead letters")
    lines = {line.split()[0]: line.split()[1:3] for line in told.splitlines() if line.strip()}
    assert lines["NoticeDeadLetters"][0] == lines["IngressDeadLetters"][0] == "1"
    assert lines["NoticeDeadLetters"][1] == "0"
    assert lines["ClosingDeadLetters"][0] == "0"
    # One that a function reads is not looked into: its receives are counted.
    (message,) = stack.sqs.receive_message(
        QueueUrl=stack.outputs["IngressDeadLetters"], AttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_redriving_tells_what_it_did_and_no_content(stack: Scene, capsys: Output) -> None:
    stack.put("NoticeDeadLetters", NOTICE)
    assert cli.main(["dead-letters", "redrive"]) == SUCCESS
    told = capsys.readouterr().out
    assert "NoticeDeadLetters: 1 put on NoticesQueue" in told
    assert "ClosingDeadLetters: nothing to deliver" in told

    message_id = stack.put("UndeliveredNotices", '{"secret": 1}')
    assert cli.main(["dead-letters", "redrive", "UndeliveredNotices"]) == FAILED
    said = capsys.readouterr()
    assert f"{message_id} stays: no notice" in said.err
    assert "secret" not in said.out + said.err
    assert "NoticeDeadLetters" not in said.out


def test_only_queues_that_are_redriven_can_be_named(capsys: Output) -> None:
    assert cli.main(["dead-letters", "redrive", "IngressDeadLetters"]) == FAILED
    assert "is read by RecordUnstarted" in capsys.readouterr().err


def test_a_stack_without_the_outputs_is_told_of(stack: Scene, capsys: Output) -> None:
    del stack.outputs["UnrecordedStarts"]
    assert cli.main(["dead-letters", "list"]) == FAILED
    assert "has no output UnrecordedStarts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (-0.4, "0 s"), (59, "59 s"), (150, "2 min"), (7300, "2 h"), (200_000, "2 d")],
)
def test_ages_are_short(seconds: float | None, text: str) -> None:
    assert command.age(seconds) == text
