"""Technical failures: never unsafe, never success, always recorded and announced once."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from workflow.running_system import Run, Stack

pytestmark = pytest.mark.engine


def failed_at(run: Run) -> tuple[str, str]:
    (reason,) = run.record["reasons"]
    assert reason["category"] == "technical"
    assert run.events[0]["detail"]["retryable"]
    return reason["stage"], reason["rule"]


@pytest.mark.parametrize("step", ["malformed", "empty", "truncated", "corrupt-image", "no-output"])
def test_a_reply_that_holds_no_picture_fails(stack: Stack, check: Any, step: str) -> None:
    prompt = f"a teapot, {step}"
    stack.script(prompt, generation=[step])
    run = stack.run({"prompt": prompt})
    check(run, "FAILED")
    assert failed_at(run) == ("StoreImages", "MalformedReply")
    assert run.status == "FAILED"
    assert run.error == "Safelight.Failed"
    assert stack.delivered(run) == []


@pytest.mark.parametrize("step", ["fail", "client-error"])
def test_a_failing_model_is_paid_three_times_and_no_more(
    stack: Stack, check: Any, step: str
) -> None:
    prompt = f"a saucer, {step}"
    stack.script(prompt, generation=[step])
    run = stack.run({"prompt": prompt})
    check(run, "FAILED")
    assert failed_at(run) == ("GenerateImages", "GenerationFailed")
    assert stack.stand_ins.calls("InvokeEndpointAsync", prompt) == 3


def test_a_request_that_the_endpoint_gives_up_expires(stack: Stack, check: Any) -> None:
    prompt = "a sugar bowl"
    stack.script(prompt, generation=["expire"])
    run = stack.run({"prompt": prompt})
    check(run, "EXPIRED")
    assert failed_at(run) == ("GenerateImages", "GenerationExpired")


def test_a_lost_notice_expires(stack: Stack, check: Any) -> None:
    prompt = "a milk jug"
    stack.script(prompt, generation=["no-notice"])
    run = stack.run({"prompt": prompt})
    check(run, "EXPIRED")
    assert failed_at(run) == ("GenerateImages", "States.Timeout")
    assert run.error == "Safelight.Expired"


@pytest.mark.parametrize("answer", ["empty", "malformed", "unknown-label"])
def test_a_classifier_without_a_verdict_fails(stack: Stack, check: Any, answer: str) -> None:
    prompt = f"a spoon, {answer}"
    stack.script(prompt, comprehend=[answer])
    run = stack.run({"prompt": prompt})
    check(run, "FAILED")
    assert failed_at(run) == ("ClassifyPrompt", "UnusableVerdict")


def test_a_classifier_that_errs_fails(stack: Stack, check: Any) -> None:
    prompt = "a fork"
    stack.script(prompt, comprehend=[{"error": "InternalServerException"}])
    run = stack.run({"prompt": prompt})
    check(run, "FAILED")
    assert failed_at(run) == ("ClassifyPrompt", "ServiceUnavailable")


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("empty", "UnusableVerdict"),
        ("malformed", "UnusableVerdict"),
        ({"error": "InternalServerError"}, "ServiceUnavailable"),
        ({"error": "ThrottlingException"}, "Throttled"),
        ({"error": "AccessDeniedException"}, "ClientError"),
    ],
)
def test_a_moderator_without_a_verdict_delivers_nothing(
    stack: Stack, check: Any, answer: Any, rule: str
) -> None:
    name = f"moderator-{rule}-{len(str(answer))}"
    stack.script_moderation(name, answer)
    run = stack.run({"prompt": "a knife block"}, name)
    check(run, "FAILED")
    assert failed_at(run)[0] == "ModerateImages"
    assert stack.delivered(run) == []


def test_an_aborted_execution_is_closed_and_announced(stack: Stack, check: Any) -> None:
    prompt = "a bread basket"
    stack.script(prompt, generation=[{"slow": 3}])
    arn = stack.start({"prompt": prompt}, "aborted")
    _wait_until_generating(stack, arn)
    stack.client("stepfunctions").stop_execution(executionArn=arn)

    assert stack.events("execution-aborted", within=20)
    run = stack.ended(arn)

    check(run, "FAILED")
    assert run.status == "ABORTED"
    assert run.record["reasons"][0]["stage"] == "CloseExecution"


def test_an_open_request_that_nobody_can_end_is_swept(stack: Stack) -> None:
    """As AcceptRequest leaves it when it dies between writing its claim and answering."""
    arn = stack.run({"prompt": "a cake stand", "request_id": "swept"}).arn
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["ResultsTable"],
        Key={"request_id": {"S": "direct/swept"}},
        UpdateExpression="SET #s = :s, open_shard = :o, deadline = :d",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={
            ":s": {"S": "RUNNING"},
            ":o": {"S": "3"},
            ":d": {"S": "2026-01-01T00:00:00Z"},
        },
    )
    sweeper = stack.function("SweepRequests")

    stack.client("lambda").invoke(FunctionName=sweeper, Payload=b"{}")

    # The stack's own schedule may have swept it a moment before: nothing is left to either then.
    _wait(lambda: stack.record_of(arn)["status"] == "EXPIRED", "the request was never swept")
    assert stack.record_of(arn)["stage"] == "SweepRequests"

    def told() -> set[str]:
        return {event["detail"]["status"] for event in stack.events("direct/swept")}

    _wait(lambda: told() == {"COMPLETED", "EXPIRED"}, "its end was never told")


def test_a_record_that_another_closed_is_left_alone(stack: Stack) -> None:
    prompt = "a pepper mill"
    stack.script(prompt, generation=[{"slow": 2}])
    arn = stack.start({"prompt": prompt}, "superseded")
    _wait_until_generating(stack, arn)
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["ResultsTable"],
        Key={"request_id": {"S": "execution-superseded"}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "EXPIRED"}},
    )
    assert stack.wait_for_end(arn)["status"] == "SUCCEEDED"
    assert stack.record_of(arn)["status"] == "EXPIRED"
    assert stack.events("execution-superseded", within=1) == []


def _wait_until_generating(stack: Stack, arn: str) -> None:
    def generating() -> bool:
        history = stack.client("stepfunctions").get_execution_history(
            executionArn=arn, maxResults=1000
        )["events"]
        return "TaskSubmitted" in {event["type"] for event in history}

    _wait(generating, "the execution never came to wait for the endpoint")


def _wait(met: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if met():
            return
        time.sleep(0.02)
    raise AssertionError(complaint)
