"""The same request more than once, from everywhere and at the same time: it runs once."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from faults.campaign import ResultsSeen, World, settled
from faults.case import EVER, at, bound, delivered
from faults.promises import assert_closed_and_told, assert_one_truthful_end
from workflow.running_system import Stack

pytestmark = pytest.mark.engine

SIZE = {"width": 256, "height": 256}


def ended(stack: Stack, text: str, number: int) -> list[str]:
    """Waits for so many executions with the text in their input; the last state of each."""
    client, machine = stack.client("stepfunctions"), stack.outputs["StateMachineArn"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        listed = client.list_executions(stateMachineArn=machine, maxResults=1000)["executions"]
        told = [client.describe_execution(executionArn=one["executionArn"]) for one in listed]
        mine = [one for one in told if text in one["input"]]
        if len(mine) == number and all(one["status"] != "RUNNING" for one in mine):
            return sorted(last_state(stack, one["executionArn"]) for one in mine)
        time.sleep(0.2)
    raise AssertionError(f"not {number} executions ended")


def last_state(stack: Stack, arn: str) -> str:
    history = stack.client("stepfunctions").get_execution_history(
        executionArn=arn, maxResults=1000
    )["events"]
    names = [
        event["stateEnteredEventDetails"]["name"]
        for event in history
        if "stateEnteredEventDetails" in event
    ]
    return str(names[-1])


def drop(stack: Stack, name: str, request: object) -> str:
    key = f"prompts/{name}.json"
    body = json.dumps(request).encode()
    stack.client("s3").put_object(Bucket=stack.outputs["PromptsBucket"], Key=key, Body=body)
    return key


def put_event(stack: Stack, detail: object, source: str = "test.shop") -> None:
    entry = {
        "EventBusName": stack.outputs["EventBus"],
        "Source": source,
        "DetailType": "ImageRequested",
        "Detail": json.dumps(detail),
    }
    assert stack.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def records(world: World, text: str) -> list[dict[str, Any]]:
    """The records whose key, source or metadata have the text, each closed and told."""
    found = [record for record in world.records if text in json.dumps(record)]
    for record in found:
        assert_closed_and_told(world, record)
    return found


@pytest.fixture
def tag() -> str:
    return uuid.uuid4().hex


@pytest.mark.parametrize(
    ("source", "apart"),
    [
        pytest.param("file", 0.0, id="file-at-once"),
        pytest.param("file", 2.0, id="file-later", marks=pytest.mark.thorough),
        pytest.param("event", 0.0, id="event-at-once", marks=pytest.mark.thorough),
        pytest.param("event", 2.0, id="event-later", marks=pytest.mark.thorough),
    ],
)
def test_an_event_that_is_delivered_twice(
    stack: Stack, results: ResultsSeen, tag: str, source: str, apart: float
) -> None:
    stack.engine.break_calls(bound(delivered("events:states", "duplicate", seconds=apart), tag))
    request = {"prompt": "a teapot on a table", "metadata": {"tag": tag}, **SIZE}
    if source == "file":
        drop(stack, tag, request)
    else:
        put_event(stack, request)
    assert ended(stack, tag, 2) == ["AlreadyRequested", "Completed"]
    (record,) = records(settled(stack, results), tag)
    assert record["status"] == "COMPLETED"


def test_ten_at_once_with_one_request_id(stack: Stack, results: ResultsSeen, tag: str) -> None:
    request = {"prompt": "a teapot on a table", "request_id": tag, **SIZE}
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: stack.start(request), range(10)))
    assert ended(stack, tag, 10) == ["AlreadyRequested"] * 9 + ["Completed"]
    (record,) = records(settled(stack, results), tag)
    assert record["request_id"] == f"direct/{tag}"


@pytest.mark.thorough
def test_one_request_id_from_two_sources_is_two_requests(
    stack: Stack, results: ResultsSeen, tag: str
) -> None:
    request = {"prompt": "a teapot on a table", "request_id": tag, **SIZE}
    put_event(stack, request, "test.shop")
    put_event(stack, request, "test.press")
    drop(stack, tag, request)
    assert ended(stack, tag, 3) == ["Completed"] * 3
    keys = {record["request_id"] for record in records(settled(stack, results), tag)}
    assert keys == {f"event:test.shop/{tag}", f"event:test.press/{tag}", f"s3:prompts/{tag}"}


@pytest.mark.thorough
def test_one_request_id_with_two_prompts_is_one_request_and_an_error(
    stack: Stack, results: ResultsSeen, tag: str
) -> None:
    for prompt in ("a teapot on a table", "a teapot on a table cloth"):
        stack.wait_for_end(stack.start({"prompt": prompt, "request_id": tag, **SIZE}))
    world = settled(stack, results)
    arns = [execution.arn for execution in world.executions if tag in execution.input]
    found = [record for arn in arns for record in world.records_of(arn)]
    for record in found:
        assert_closed_and_told(world, record)
    assert sorted(record["status"] for record in found) == ["COMPLETED", "INVALID"]
    (refused,) = [record for record in found if record["status"] == "INVALID"]
    assert refused["request_id"].startswith("execution-")
    assert refused["reasons"][0]["field"] == "request_id"


@pytest.mark.thorough
def test_two_attempts_to_run_a_request_again_make_one_run(
    stack: Stack, results: ResultsSeen, tag: str
) -> None:
    stack.script(f"teapot for {tag[:6]}", generation=["malformed"])
    stack.wait_for_end(
        stack.start({"prompt": f"a teapot for {tag[:6]}", "request_id": tag, **SIZE})
    )
    settled(stack, results)
    stack.script(f"teapot for {tag[:6]}", generation=["safe"])
    again = {"request_id": f"direct/{tag}", "run": 1}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: stack.start(again), range(4)))
    ends = ended(stack, tag, 5)
    assert ends == ["AlreadyRequested"] * 3 + ["Completed", "Failed"]
    (record,) = records(settled(stack, results), tag)
    assert (record["run"], record["status"]) == (2, "COMPLETED")
    assert [run["status"] for run in record["history"]] == ["FAILED"]


@pytest.mark.thorough
def test_a_run_whose_end_is_untold_is_not_run_again(
    stack: Stack, results: ResultsSeen, tag: str
) -> None:
    unmarked = at("/MarkAnnounced", "dynamodb", "UpdateItem", "error", **EVER)
    stack.engine.break_calls(bound(unmarked, tag))
    stack.script(f"teapot for {tag[:6]}", generation=["malformed"])
    stack.wait_for_end(
        stack.start({"prompt": f"a teapot for {tag[:6]}", "request_id": tag, **SIZE})
    )
    again = {"request_id": f"direct/{tag}", "run": 1}
    early = stack.start(again)
    stack.wait_for_end(early)
    world = settled(stack, results)
    refused = assert_one_truthful_end(world, early, ("INVALID",))
    assert refused["reasons"][0]["rule"] == "announced"

    stack.engine.mend()
    stack.script(f"teapot for {tag[:6]}", generation=["safe"])
    late = stack.start(again)
    stack.wait_for_end(late)
    record = assert_one_truthful_end(settled(stack, results), late, ("COMPLETED",))
    assert record["run"] == 2


# What RecordUnstarted writes about an event that it need not keep, and how many such calls of it
# come before.
UNSTARTED = [
    ("dynamodb", "UpdateItem", 0),
    ("events", "PutEvents", 0),
    ("dynamodb", "UpdateItem", 1),
]
KILLS = [
    at("RecordUnstartedFunction", service, operation, kind, skip=earlier)
    for service, operation, earlier in UNSTARTED
    for kind in ("kill_before", "kill_after")
]


@pytest.mark.thorough
def test_what_is_too_large_to_start_is_recorded_and_told(
    stack: Stack, results: ResultsSeen
) -> None:
    """Also where RecordUnstarted is killed before and after each of its writes."""
    ids = []
    for rule in [None, *KILLS]:
        entry = {"DetailType": "ImageRequested", "EventBusName": stack.outputs["EventBus"]}
        detail = json.dumps({"prompt": "a teapot", "metadata": {"x": "x" * 262_144}})
        if rule:
            stack.engine.break_calls(bound(rule, "event-"))
        told = stack.client("events").put_events(
            Entries=[{**entry, "Source": "test.shop", "Detail": detail}]
        )
        ids.append(f"event-{told['Entries'][0]['EventId']}")
        if rule:
            await_injection(stack)
    await_empty(stack, "IngressDeadLetters")
    world = settled(stack, results)
    found = [record for record in world.records if record["request_id"] in ids]
    assert len(found) == len(ids)
    for record in found:
        assert_closed_and_told(world, record)
        assert (record["run"], record["status"]) == (0, "INVALID")
        assert record["reasons"][0]["rule"] == "max_bytes"


def await_injection(stack: Stack) -> None:
    """Until the last rule has broken its call."""
    deadline = time.monotonic() + 60
    while not stack.engine.broken_calls()[-1]["injected"] and time.monotonic() < deadline:
        time.sleep(0.1)


def await_empty(stack: Stack, queue: str) -> None:
    """Until every message of a queue has been dealt with."""
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        told = stack.client("sqs").get_queue_attributes(
            QueueUrl=stack.outputs[queue], AttributeNames=counts
        )["Attributes"]
        if not any(int(told[name]) for name in counts):
            return
        time.sleep(0.5)
    raise AssertionError(f"{queue} is not empty")
