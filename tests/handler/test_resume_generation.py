"""ResumeGeneration's handler: SageMaker's notices from the queue in; Tasks answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

INFERENCES, WORK = "safelight-InferencesTable-6F5E4D3C2B1A", "safelight-work-example"
OK: dict[str, Any] = {"batchItemFailures": []}
Call = Callable[..., Any]
Event = Callable[[str], Any]


def invoked(request: dict[str, Any]) -> dict[str, str]:
    name = request["InferenceId"]
    return {
        "InferenceId": name,
        "OutputLocation": f"s3://{WORK}/inference/output/{name}.out",
        "FailureLocation": f"s3://{WORK}/inference/failure/{name}-error.out",
    }


@pytest.fixture
def resume(aws: Any, answers: Any, call: Call, event: Event) -> Callable[..., Any]:
    """Calls the handler with an event's notices; GenerateImages may have bound a Task before."""
    answers.set("SendTaskSuccess", {})
    answers.set("SendTaskFailure", {})
    answers.set("InvokeEndpointAsync", invoked)

    def resume(scenario: str, bound: str = "") -> Any:
        if bound:
            call("generate_images", event(f"generate_images/{bound}"))
        return call("resume_generation", event(f"resume_generation/{scenario}"))

    return resume


def token(event: Event, scenario: str) -> str:
    return str(event(f"generate_images/{scenario}")["token"])


def identity(event: Event, scenario: str = "success") -> str:
    body = json.loads(event(f"resume_generation/{scenario}")["Records"][0]["body"])
    return str(json.loads(body["Message"])["inferenceId"])


def test_success_hands_the_place_of_the_output_to_the_task(
    resume: Any, answers: Any, event: Event, item: Any
) -> None:
    assert resume("success", bound="callers_seed_and_negative_prompt") == OK

    (answer,) = answers.asked("SendTaskSuccess")
    name = identity(event)
    assert answer["taskToken"] == token(event, "callers_seed_and_negative_prompt")
    assert json.loads(answer["output"]) == {
        "inference_id": name,
        "seed": 7,
        "negative_prompt_added": [],
        "warnings": [],
        "output": {"bucket": WORK, "key": f"inference/output/{name}.out"},
    }
    assert item(INFERENCES, name)["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("scenario", "status", "error"),
    [
        ("failure", "FAILED", "GenerationFailed"),
        ("failure_with_location_on_top", "FAILED", "GenerationFailed"),
        ("failure_without_location", "FAILED", "GenerationFailed"),
        ("output_in_another_bucket", "FAILED", "GenerationFailed"),
        ("expired", "EXPIRED", "GenerationExpired"),
    ],
)
def test_anything_but_completed_fails_the_task(
    scenario: str, status: str, error: str, resume: Any, answers: Any, event: Event, item: Any
) -> None:
    assert resume(scenario, bound="first_attempt") == OK

    (answer,) = answers.asked("SendTaskFailure")
    assert (answer["taskToken"], answer["error"]) == (token(event, "first_attempt"), error)
    assert answer["cause"]
    assert item(INFERENCES, identity(event))["status"] == status


@pytest.mark.parametrize(
    ("scenario", "outcome"), [("test_notification", "test"), ("unknown_inference", "unknown")]
)
def test_what_concerns_nobody_is_taken_from_the_queue_and_counted(
    scenario: str, outcome: str, resume: Any, answers: Any, item: Any, counted: Any
) -> None:
    assert resume(scenario) == OK
    assert counted("Notices", Outcome=outcome) == [1]
    assert [name for name, _ in answers.calls if name.startswith("SendTask")] == []
    assert item(INFERENCES, "0" * 40) is None


@pytest.mark.parametrize("scenario", ["unreadable", "unreadable_message_of_sns"])
def test_what_cannot_be_read_goes_back_to_the_queue(
    scenario: str, resume: Any, event: Event
) -> None:
    (record,) = event(f"resume_generation/{scenario}")["Records"]
    assert resume(scenario) == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}


def test_one_bad_message_does_not_hold_up_its_batch(
    resume: Any, answers: Any, event: Event, counted: Any
) -> None:
    records = event("resume_generation/batch_with_one_unreadable")["Records"]

    answer = resume("batch_with_one_unreadable", bound="first_attempt")

    assert answer == {"batchItemFailures": [{"itemIdentifier": records[1]["messageId"]}]}
    assert len(answers.asked("SendTaskSuccess")) == 1
    assert counted("Notices", Outcome="failed") == [1]
    assert len(counted("Notices")) == len(records)


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_late_notice_is_benign_and_noted(
    code: str, resume: Any, answers: Any, item: Any, event: Event
) -> None:
    answers.refuse("SendTaskSuccess", code)
    assert resume("success", bound="first_attempt") == OK
    assert item(INFERENCES, identity(event))["late_at"]


def test_an_output_that_the_endpoint_did_not_name_answers_nothing(
    resume: Any, answers: Any, item: Any, event: Event, counted: Any
) -> None:
    """As somebody would write it who may publish to the topic and put files beside the model's."""
    assert resume("output_of_another", bound="first_attempt") == OK

    assert counted("Notices", Outcome="foreign") == [1]
    assert [name for name, _ in answers.calls if name.startswith("SendTask")] == []
    assert item(INFERENCES, identity(event))["status"] == "INVOKED"


def test_a_second_notice_answers_again_with_the_first_result(resume: Any, answers: Any) -> None:
    assert resume("same_notice_twice", bound="first_attempt") == OK

    first, second = answers.asked("SendTaskSuccess")
    assert first == second


def test_what_came_first_stays(resume: Any, answers: Any, item: Any, event: Event) -> None:
    resume("failure", bound="first_attempt")
    resume("success")

    assert item(INFERENCES, identity(event))["status"] == "FAILED"
    assert answers.asked("SendTaskSuccess") == []


def test_a_notice_that_step_functions_refuses_for_now_comes_again(
    resume: Any, answers: Any, event: Event, item: Any
) -> None:
    answers.refuse("SendTaskSuccess", "ThrottlingException")
    assert resume("success", bound="first_attempt") != OK
    answers.set("SendTaskSuccess", {})

    assert resume("success") == OK
    assert item(INFERENCES, identity(event))["status"] == "COMPLETED"


def test_a_retried_task_that_finds_the_result_is_answered_at_once(
    resume: Any, answers: Any, call: Call, event: Event
) -> None:
    resume("success", bound="first_attempt")

    call("generate_images", event("generate_images/task_retried"))

    first, second = answers.asked("SendTaskSuccess")
    assert second == {**first, "taskToken": token(event, "task_retried")}
    assert len(answers.asked("InvokeEndpointAsync")) == 1


def test_a_task_retried_before_the_notice_is_the_one_that_is_answered(
    resume: Any, answers: Any, call: Call, event: Event
) -> None:
    call("generate_images", event("generate_images/first_attempt"))

    resume("success", bound="task_retried")

    (answer,) = answers.asked("SendTaskSuccess")
    assert answer["taskToken"] == token(event, "task_retried")


def test_after_a_failure_the_retried_task_pays_another_inference(
    resume: Any, answers: Any, call: Call, event: Event
) -> None:
    resume("failure", bound="first_attempt")
    call("generate_images", event("generate_images/task_retried"))

    first, second = answers.asked("InvokeEndpointAsync")
    assert first["InferenceId"] != second["InferenceId"]


def test_a_second_notice_of_a_failure_does_not_fail_the_retried_task(
    resume: Any, answers: Any, call: Call, event: Event
) -> None:
    resume("failure", bound="first_attempt")
    call("generate_images", event("generate_images/task_retried"))

    resume("failure")

    told = {answer["taskToken"] for answer in answers.asked("SendTaskFailure")}
    assert told == {token(event, "first_attempt")}


def test_three_failed_inferences_fail_the_attempt(
    resume: Any, answers: Any, call: Call, event: Event
) -> None:
    payload = event("generate_images/first_attempt")
    for _ in range(3):
        name = call("generate_images", payload)["inference_id"]
        notices = event("resume_generation/failure")
        body = notices["Records"][0]["body"].replace(identity(event), name)
        notices["Records"][0]["body"] = body
        call("resume_generation", notices)

    with pytest.raises(Exception, match="all 3 inferences of attempt 1 failed") as raised:
        call("generate_images", payload)
    assert type(raised.value).__name__ == "GenerationFailed"
    assert len(answers.asked("InvokeEndpointAsync")) == 3


def test_the_log_never_holds_a_token(resume: Any, answers: Any, logged: Callable[[], str]) -> None:
    resume("success", bound="first_attempt")
    answers.refuse("SendTaskFailure", "KmsAccessDeniedException")
    resume("failure")
    resume("unreadable")

    assert "notice" in logged()
    assert "example-token" not in logged()
