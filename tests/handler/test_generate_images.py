"""GenerateImages' handler: an attempt in; its inference bound to the Task and started."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.dynamodb import Table
from shared.inferences import Inferences, inference_id
from shared.queue_look import Look, Queue, Rate
from shared.records import utc_text

WORK, INFERENCES = "safelight-work-example", "safelight-InferencesTable-6F5E4D3C2B1A"
QUEUED_EVENT = json.loads(
    (Path(__file__).parents[2] / "schemas/image-queued-event.schema.json").read_text("utf-8")
)
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
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
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


def test_a_try_that_was_given_up_pays_nothing(generate: Any, answers: Any, item: Any) -> None:
    answers.refuse("InvokeEndpointAsync", "ServiceUnavailable", 503)
    with pytest.raises(Exception, match="InvokeEndpointAsync"):
        generate("task_retried")

    identity = generate("first_attempt")["inference_id"]

    assert len(answers.asked("InvokeEndpointAsync")) == 1
    assert item(INFERENCES, identity)["status"] == "PENDING"


@pytest.fixture
def looked(aws: Any) -> Callable[..., None]:
    """Writes a look of this moment at an endpoint that is asleep, changed as told."""

    def looked(**changes: Any) -> None:
        asleep = Look(utc_text(datetime.now(UTC)), "asleep", 0, 2, 3, 100)
        Queue(Table(INFERENCES, aws("dynamodb"))).note(replace(asleep, **changes))

    return looked


def queued(answers: Any) -> list[dict[str, Any]]:
    """The details of the events sent, each as its schema says."""
    details = []
    for asked in answers.asked("PutEvents"):
        (entry,) = asked["Entries"]
        assert (entry["Source"], entry["DetailType"]) == ("safelight", "ImageQueued")
        details.append(json.loads(entry["Detail"]))
        jsonschema.validate(details[-1], QUEUED_EVENT)
    return details


def test_that_a_request_waits_is_told(
    generate: Any, looked: Any, answers: Any, event: Event
) -> None:
    looked()

    generate("first_attempt")

    assert len(answers.asked("InvokeEndpointAsync")) == 1
    (detail,) = queued(answers)
    payload = event("generate_images/first_attempt")
    for name in ("request_id", "run", "attempt", "requester", "execution_arn"):
        assert detail[name] == payload[name]
    assert (detail["state"], detail["instances"], detail["backlog"]) == ("asleep", 0, 3)
    assert detail["wait_seconds"] is None
    waits = datetime.fromisoformat(detail["expires_at"]) - datetime.fromisoformat(
        detail["created_at"]
    )
    assert waits.total_seconds() == 3600


def test_how_long_a_request_waits_is_told(generate: Any, looked: Any, answers: Any) -> None:
    looked(state="in_service", instances=2, backlog=200, busy=Rate(1, 0.5))
    generate("first_attempt")
    assert [detail["wait_seconds"] for detail in queued(answers)] == [200]


def test_a_tried_again_task_tells_of_nothing_new(generate: Any, looked: Any, answers: Any) -> None:
    looked()
    generate("first_attempt")
    generate("task_retried")
    assert len(queued(answers)) == 1


def test_every_attempt_has_an_event_of_its_own(generate: Any, looked: Any, answers: Any) -> None:
    looked()
    generate("first_attempt")
    generate("second_attempt_after_labels")
    assert len({detail["event_id"] for detail in queued(answers)}) == 2


def test_rows_of_batches_are_not_told_of(generate: Any, looked: Any, answers: Any) -> None:
    looked()
    generate("row_of_a_batch")
    assert len(answers.asked("InvokeEndpointAsync")) == 1
    assert queued(answers) == []


@pytest.mark.parametrize("look", [None, "{}", "not JSON", '{"at": 1}', '{"busy": 1, "full": 2}'])
def test_without_a_look_that_can_be_read_a_request_just_goes(
    look: str | None, generate: Any, answers: Any, aws: Any
) -> None:
    item = {"inference_id": {"S": "queue"}, "finished": {"N": "7"}}
    if look:
        item["look"] = {"S": look}
    aws("dynamodb").put_item(TableName=INFERENCES, Item=item)
    generate("first_attempt")
    assert len(answers.asked("InvokeEndpointAsync")) == 1
    assert queued(answers) == []


def test_so_it_does_by_an_old_look(generate: Any, looked: Any, answers: Any) -> None:
    looked(at="2026-11-20T10:00:00.000Z", state="failed")
    generate("first_attempt")
    assert len(answers.asked("InvokeEndpointAsync")) == 1
    assert queued(answers) == []


@pytest.mark.parametrize("code", ["InternalServerError", "AccessDeniedException"])
def test_so_it_does_where_nobody_can_look(
    code: str, generate: Any, answers: Any, logged: Any
) -> None:
    answers.refuse("GetItem", code, 500 if code.startswith("Internal") else 400)
    generate("first_attempt")
    assert len(answers.asked("InvokeEndpointAsync")) == 1
    assert "the queue cannot be looked at" in logged()


def test_an_event_that_is_not_sent_does_the_request_no_harm(
    generate: Any, looked: Any, answers: Any, item: Any, logged: Any
) -> None:
    looked()
    answers.refuse("PutEvents", "ThrottlingException")
    identity = generate("first_attempt")["inference_id"]
    assert item(INFERENCES, identity)["status"] == "INVOKED"
    assert "ImageQueued not sent" in logged()


def test_so_it_is_for_an_execution_that_began_before_a_deployment(
    looked: Any, generate: Any, call: Call, event: Event, answers: Any, item: Any
) -> None:
    looked()
    added = {"source", "requester", "execution_arn", "tried_at"}
    for scenario in ("first_attempt", "task_retried"):
        payload = event(f"generate_images/{scenario}")
        earlier = {name: value for name, value in payload.items() if name not in added}
        row = item(INFERENCES, call("generate_images", earlier)["inference_id"])
        assert (row["status"], row["task_token"]) == ("INVOKED", payload["token"])


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"state": "failed"}, "the endpoint is failed"),
        ({"without_capacity_since": "2026-11-20T10:00:00.000Z"}, "no instance"),
    ],
)
def test_what_would_wait_in_vain_is_refused_before_it_is_paid(
    changes: dict[str, Any], cause: str, generate: Any, looked: Any, answers: Any, aws: Any
) -> None:
    looked(**changes)

    with pytest.raises(Exception, match=cause) as raised:
        generate("first_attempt")

    assert type(raised.value).__name__ == "CapacityUnavailable"
    assert answers.asked("InvokeEndpointAsync") == queued(answers) == []
    assert "Contents" not in aws("s3").list_objects_v2(Bucket=WORK)


def test_what_was_handed_over_before_is_not_refused(
    generate: Any, looked: Any, answers: Any
) -> None:
    first = generate("first_attempt")
    looked(state="failed")
    assert generate("task_retried") == first
