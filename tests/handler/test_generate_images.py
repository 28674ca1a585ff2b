"""GenerateImages' handler: an attempt in; its inference bound to the Task and started."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.dynamodb import Table
from shared.inferences import Inferences, inference_id

WORK, INFERENCES = "safelight-work-example", "safelight-InferencesTable-6F5E4D3C2B1A"
POLICYS_NEGATIVE = "nsfw, nude, naked, nipples, sexual, gore, blood, violence, weapon, hate symbol"
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def generate(aws: Any, answers: Any, call: Call, event: Event) -> Callable[..., Any]:
    def queued(request: dict[str, Any]) -> dict[str, Any]:
        identity = request["InferenceId"]
        return {
            "InferenceId": identity,
            "OutputLocation": f"s3://{WORK}/inference/output/{identity}.out",
            "FailureLocation": f"s3://{WORK}/inference/failure/{identity}-error.out",
        }

    answers.set("InvokeEndpointAsync", queued)
    answers.set("SendTaskSuccess", {})
    return lambda scenario: call("generate_images", event(f"generate_images/{scenario}"))


def handed_over(aws: Any, answers: Any) -> list[dict[str, Any]]:
    """The requests that the endpoint was given, read from where it is told to read them."""
    requests = []
    for request in answers.asked("InvokeEndpointAsync"):
        key = request["InputLocation"].removeprefix(f"s3://{WORK}/")
        requests.append(json.load(aws("s3").get_object(Bucket=WORK, Key=key)["Body"]))
    return requests


def test_the_endpoint_gets_jumpstarts_request(
    generate: Any, aws: Any, answers: Any, event: Event, item: Any
) -> None:
    payload = event("generate_images/first_attempt")
    identity = inference_id(payload["request_id"], 1, 1, 1)

    assert generate("first_attempt") == {"inference_id": identity}

    (request,) = handed_over(aws, answers)
    seed = request.pop("seed")
    assert 0 <= seed < 2**32
    assert request == {
        "prompt": "a lighthouse on a cliff at dawn",
        "negative_prompt": POLICYS_NEGATIVE,
        "width": 512,
        "height": 512,
        "num_images_per_prompt": 1,
        "num_inference_steps": 25,
        "guidance_scale": 7.5,
    }
    assert answers.asked("InvokeEndpointAsync") == [
        {
            "EndpointName": "safelight-generator",
            "InputLocation": f"s3://{WORK}/inference/input/{identity}.json",
            "ContentType": "application/json",
            "Accept": "application/json;jpeg",
            "InferenceId": identity,
            "RequestTTLSeconds": 3600,
            "InvocationTimeoutSeconds": 600,
        }
    ]
    row = item(INFERENCES, identity)
    assert (row["status"], row["task_token"]) == ("INVOKED", payload["token"])
    assert row["output_location"] == f"s3://{WORK}/inference/output/{identity}.out"
    assert json.loads(row["plan"]) == {"seed": seed, "negative_prompt_added": [], "warnings": []}
    assert answers.asked("SendTaskSuccess") == []


def test_the_callers_wishes_come_last(generate: Any, aws: Any, answers: Any) -> None:
    generate("callers_seed_and_negative_prompt")

    (request,) = handed_over(aws, answers)
    assert request["seed"] == 7
    assert request["negative_prompt"] == f"{POLICYS_NEGATIVE}, people, text"


def test_labels_found_extend_the_negative_prompt(generate: Any, aws: Any, answers: Any) -> None:
    generate("first_attempt")
    generate("second_attempt_after_labels")

    first, second = handed_over(aws, answers)
    assert second["negative_prompt"] == f"{POLICYS_NEGATIVE}, fight, wound, gun, knife"
    assert first["seed"] != second["seed"]


def test_a_cut_is_a_warning(generate: Any, item: Any, event: Event) -> None:
    row = item(INFERENCES, generate("negative_prompt_too_long")["inference_id"])

    (warning,) = json.loads(row["plan"])["warnings"]
    assert (warning["rule"], warning["action"]) == ("max_tokens", "warn")


def test_a_retried_task_takes_over_what_was_paid(
    generate: Any, answers: Any, item: Any, event: Event
) -> None:
    first = generate("first_attempt")

    assert generate("task_retried") == first

    assert len(answers.asked("InvokeEndpointAsync")) == 1
    row = item(INFERENCES, first["inference_id"])
    assert row["task_token"] == event("generate_images/task_retried")["token"]


def test_what_has_expired_is_not_paid_again(generate: Any, answers: Any, aws: Any) -> None:
    identity = generate("first_attempt")["inference_id"]
    Inferences(Table(INFERENCES, aws("dynamodb"))).fail(identity, "EXPIRED", "no notice came")

    with pytest.raises(Exception, match="no notice came") as raised:
        generate("task_retried")

    assert type(raised.value).__name__ == "GenerationExpired"
    assert len(answers.asked("InvokeEndpointAsync")) == 1


def test_a_try_that_died_before_the_endpoint_answered_is_made_again(
    generate: Any, answers: Any, item: Any
) -> None:
    answers.refuse("InvokeEndpointAsync", "ServiceUnavailable", 503)
    with pytest.raises(Exception, match="InvokeEndpointAsync") as raised:
        generate("first_attempt")
    assert type(raised.value).__name__ == "ServiceUnavailable"

    answers.set("InvokeEndpointAsync", {"OutputLocation": "s3://b/k", "InferenceId": "i"})
    identity = generate("task_retried")["inference_id"]

    assert item(INFERENCES, identity)["status"] == "INVOKED"


def test_the_log_holds_neither_token_nor_prompt(
    generate: Any, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    generate("first_attempt")

    assert "inference_id" in logged()
    assert "example-token" not in logged()
    assert "lighthouse" not in logged()
