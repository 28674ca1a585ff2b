"""What an operator does when something is stuck: requests run again, dead letters delivered."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from workflow.conftest import Safelight
from workflow.running_jobs import until
from workflow.running_system import Run, Stack

from local.commands.failure import FAILED, NOT_DELIVERED, SUCCESS

pytestmark = pytest.mark.engine


@pytest.fixture
def safelight(stack: Stack, safelight_on: Callable[[Stack], Safelight]) -> Safelight:
    """Runs a command line on the stack; its exit status and what it printed."""
    return safelight_on(stack)


def runs(stack: Stack, request_id: str) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    """The record, and of each result event its run and status."""
    record = stack.deployed.record(request_id)
    assert record is not None
    details = [event["detail"] for event in stack.events(request_id)]
    return record, [(detail["run"], detail["status"]) for detail in details]


def failed(stack: Stack, start: Callable[[], Run]) -> Run:
    run = start()
    assert run.record["status"] == "FAILED", run.record
    return run


@pytest.mark.parametrize("source", ["file", "event", "direct"])
def test_a_failed_request_is_run_again_under_its_id(
    stack: Stack, safelight: Safelight, source: str
) -> None:
    prompt = f"a tea strainer, by {source}"
    request = {"prompt": prompt, "request_id": f"strainer-{source}"}
    starts: dict[str, Callable[[], Run]] = {
        "file": lambda: stack.drop("prompts/strainer.json", json.dumps(request).encode()),
        "event": lambda: stack.put_event(request),
        "direct": lambda: stack.run(request),
    }
    stack.script(prompt, generation=["malformed"])
    first = failed(stack, starts[source])
    request_id = first.record["request_id"]
    assert safelight("redrive", request_id, "--dry-run")[0] == SUCCESS
    stack.script(prompt, generation=["safe"])

    status, told = safelight("redrive", request_id)

    assert (status, "COMPLETED" in told) == (SUCCESS, True)
    record, events = runs(stack, request_id)
    assert (record["run"], record["status"]) == (2, "COMPLETED")
    (past,) = record["history"]
    assert (past["run"], past["status"], past["execution_arn"]) == (1, "FAILED", first.arn)
    assert set(events) >= {(1, "FAILED")}
    until(lambda: (2, "COMPLETED") in runs(stack, request_id)[1])
    assert safelight("redrive", request_id)[0] != SUCCESS


def test_a_request_that_fails_again_can_be_run_again(stack: Stack, safelight: Safelight) -> None:
    prompt = "a coffee mill"
    stack.script(prompt, generation=["malformed"])
    first = failed(stack, lambda: stack.run({"prompt": prompt}))
    request_id = first.record["request_id"]
    assert safelight("redrive", request_id)[0] == NOT_DELIVERED
    stack.script(prompt, generation=["safe"])
    assert safelight("redrive", request_id)[0] == SUCCESS
    record, _ = runs(stack, request_id)
    assert [past["run"] for past in record["history"]] == [1, 2]
    assert record["run"] == 3


def test_what_could_not_start_is_recorded_and_can_be_run(
    stack: Stack, safelight: Safelight
) -> None:
    event = {
        "version": "0",
        "id": "9c1a6f6e-6c0f-4f0b-8e55-2f0e0b9a7d11",
        "detail-type": "ImageRequested",
        "source": "test.shop",
        "account": "000000000000",
        "time": "2026-11-20T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"prompt": "an egg timer", "request_id": "egg-timer"},
    }
    code = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}
    stack.client("sqs").send_message(
        QueueUrl=stack.outputs["IngressDeadLetters"],
        MessageBody=json.dumps(event),
        MessageAttributes=code,
    )
    request_id = f"event-{event['id']}"
    (told,) = stack.events(request_id, within=30)
    assert (told["detail"]["run"], told["detail"]["status"]) == (0, "FAILED")
    until(lambda: "announced_at" in (stack.deployed.record(request_id) or {}))

    assert safelight("redrive", request_id)[0] == SUCCESS

    record, _ = runs(stack, request_id)
    assert (record["run"], record["status"]) == (1, "COMPLETED")
    assert [past["run"] for past in record["history"]] == [0]
    assert record["requester"] == "event:test.shop"


def test_an_event_that_no_execution_can_take_is_invalid(stack: Stack, safelight: Safelight) -> None:
    detail = {"prompt": "a sieve", "metadata": {"ticket": "T" * 262_144}}
    request_id = f"event-{_put_event(stack, detail)}"

    (told,) = stack.events(request_id, within=30)

    assert (told["detail"]["status"], told["detail"]["retryable"]) == ("INVALID", False)
    assert told["detail"]["reasons"][0]["rule"] == "max_bytes"
    assert safelight("redrive", request_id) == (FAILED, "Nothing is run again.\n")


@contextmanager
def notices_fail_for_good(stack: Stack) -> Iterator[None]:
    """ResumeGeneration cannot write, and one failure is enough: five take a quarter of an hour."""
    sqs, url = stack.client("sqs"), stack.outputs["NoticesQueue"]
    names = ["VisibilityTimeout", "RedrivePolicy"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    once = json.dumps(json.loads(before["RedrivePolicy"]) | {"maxReceiveCount": 1})
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": once}
    )
    stack.engine.break_calls(
        {
            "service": "dynamodb",
            "operation": "UpdateItem",
            "caller": "ResumeGeneration",
            "kind": "error",
            "times": None,
        }
    )
    try:
        yield
    finally:
        stack.engine.mend()
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def test_a_notice_that_could_not_be_answered_is_delivered_again(
    stack: Stack, safelight: Safelight
) -> None:
    with notices_fail_for_good(stack):
        arn = stack.start({"prompt": "a salad bowl"}, "dead-letter")
        until(lambda: _lies(safelight, "NoticeDeadLetters"))

    status, told = safelight("dead-letters", "redrive", "NoticeDeadLetters")

    assert (status, told.strip()) == (SUCCESS, "NoticeDeadLetters: 1 put on NoticesQueue")
    assert stack.ended(arn).record["status"] == "COMPLETED"
    assert not _lies(safelight, "NoticeDeadLetters")


def _lies(safelight: Safelight, queue: str) -> bool:
    _, told = safelight("dead-letters", "list")
    rows = [line.split() for line in told.splitlines() if queue in line]
    return rows[0][:2] == [queue, "1"]


def _put_event(stack: Stack, detail: object) -> str:
    return stack.deployed.put_event(detail)
