"""Requests that end with pictures: every way in, every detour on the way."""

import hashlib
import json
from typing import Any

import pytest
from workflow.running_system import Stack

pytestmark = pytest.mark.engine

ACCEPTED = [
    "AcceptRequest",
    "IsNew",
    "FilterKeywords",
    "IsPromptClean",
    "ClassifyPrompt",
    "IsPromptSafe",
    "GenerateImages",
    "StoreImages",
    "ModerateImages",
    "AreImagesSafe",
    "PublishImages",
    "RecordOutcome",
    "AnnounceOutcome",
    "MarkAnnounced",
    "HowDidItEnd",
    "Completed",
]


def test_a_clean_request_gets_what_was_judged(stack: Stack, check: Any) -> None:
    run = stack.run({"prompt": "a quiet harbour at dawn", "seed": 7, "metadata": {"order": "17"}})

    check(run, "COMPLETED")
    assert run.states == ACCEPTED
    record = run.record
    assert record["reasons"] == record["warnings"] == []
    assert record["stage"] == "PublishImages"
    assert record["requester"] == "direct"
    assert record["metadata"] == {"order": "17"}
    assert "prompt" not in record
    assert record["attempts"][0] | {"ms": 0} == {
        "n": 1,
        "seed": 7,
        "negative_prompt_added": [],
        "inference_id": record["attempts"][0]["inference_id"],
        "labels": [],
        "verdict": "safe",
        "found": {
            "min_score": 0.5,
            "pictures": [{"image": 0, "illustrated": False, "labels": []}],
        },
        "ms": 0,
    }
    stages = ACCEPTED[: ACCEPTED.index("RecordOutcome")]
    assert set(record["timings"]) == {
        state for state in stages if not state.startswith(("Is", "Are"))
    }
    assert all("local" in model or "127.0.0.1" in model for model in record["models"].values())
    assert record["usage"] == {
        "comprehend_units": 0,
        "generated_images": 1,
        "rekognition_images": 1,
    }
    (image,) = record["images"]
    delivered = stack.objects("ImagesBucket")[image["key"]]
    assert hashlib.sha256(delivered).hexdigest() == image["sha256"]
    judged = stack.objects("WorkBucket")[f"pictures/{record['attempts'][0]['inference_id']}/0.jpg"]
    assert delivered == judged
    said = stack.client("stepfunctions").describe_execution(executionArn=run.arn)["output"]
    place = {"bucket": stack.outputs["ImagesBucket"], "key": image["key"]}
    assert json.loads(said)["images"] == [place]


@pytest.mark.parametrize(
    "key",
    [
        "prompts/plain.json",
        "prompts/with space.json",
        "prompts/plus+sign.json",
        "prompts/schön/größe ✓.json",
        "prompts/percent%2Fencoded.json",
    ],
)
def test_a_dropped_json_file_is_read_under_its_very_key(stack: Stack, check: Any, key: str) -> None:
    run = stack.drop(key, json.dumps({"prompt": f"a lighthouse, {key}"}).encode())
    check(run, "COMPLETED")
    assert run.record["source"]["key"] == key
    assert run.record["requester"] == f"s3:{key.rpartition('/')[0]}"


def test_a_dropped_text_file_is_the_prompt(stack: Stack, check: Any) -> None:
    run = stack.drop("prompts/team-a/idea.txt", "\ufeffa windmill\r\nin a field\n".encode())
    check(run, "COMPLETED")
    assert run.record["requester"] == "s3:prompts/team-a"


def test_an_image_requested_event_is_accepted(stack: Stack, check: Any) -> None:
    run = stack.put_event({"prompt": "a bowl of cherries", "requester": "kim"}, source="shop.web")
    check(run, "COMPLETED")
    assert run.record["requester"] == "event:shop.web/kim"
    assert run.record["request_id"].startswith("event-")


def test_an_unsafe_picture_gets_another_attempt_that_knows_why(stack: Stack, check: Any) -> None:
    prompt = "two actors on a stage"
    unsafe = {"picture": "unsafe", "label": "Graphic Violence", "confidence": 97}
    stack.script(prompt, generation=[unsafe, "safe"])

    run = stack.run({"prompt": prompt})

    check(run, "COMPLETED")
    first, second = run.record["attempts"]
    assert (first["verdict"], second["verdict"]) == ("unsafe", "safe")
    assert first["labels"] == ["Graphic Violence"]
    assert second["negative_prompt_added"] == ["fight", "wound", "gun", "knife"]
    assert first["seed"] != second["seed"]
    assert len(stack.delivered(run)) == 1
    assert run.states.count("GenerateImages") == 2
    assert "PlanNextAttempt" in run.states


def test_safe_pictures_are_delivered_and_unsafe_ones_withheld(stack: Stack, check: Any) -> None:
    prompt = "a crowd at the market"
    stack.script(prompt, generation=[{"pictures": ["safe", "unsafe"]}])

    run = stack.run({"prompt": prompt, "num_images": 2})

    check(run, "COMPLETED")
    assert [image["verdict"] for image in run.record["images"]] == ["safe", "unsafe"]
    assert [image["delivered"] for image in run.record["images"]] == [True, False]
    assert {warning["image"] for warning in run.record["warnings"]} == {1}
    shown, withheld = run.events[0]["detail"]["images"]
    assert "key" in shown
    assert withheld.keys() == {"index", "verdict", "preview_bucket", "preview_key"}
    assert withheld["preview_key"] == run.record["images"][1]["preview_key"]


def test_a_failed_inference_is_paid_once_more(stack: Stack, check: Any) -> None:
    prompt = "a rowing boat in reeds"
    stack.script(prompt, generation=["fail", "safe"])
    run = stack.run({"prompt": prompt})
    check(run, "COMPLETED")
    assert len(run.record["attempts"]) == 1
    assert stack.stand_ins.calls("InvokeEndpointAsync", prompt) == 2


def test_a_throttled_classifier_is_asked_again(stack: Stack, check: Any) -> None:
    prompt = "a stack of old books"
    throttled = {"error": "ThrottlingException"}
    stack.script(prompt, comprehend=[throttled] * 4 + ["usual"])
    run = stack.run({"prompt": prompt})
    check(run, "COMPLETED")


def test_a_notice_that_comes_twice_is_answered_once(stack: Stack, check: Any) -> None:
    prompt = "a garden gate"
    stack.script(prompt, generation=["notice-twice"])
    check(stack.run({"prompt": prompt}), "COMPLETED")


def test_a_new_model_version_is_told_of(stack: Stack, check: Any) -> None:
    name = "new-model-version"
    stack.script_moderation(name, {"model_version": "8.0", "labels": []})
    run = stack.run({"prompt": "a snowy pass"}, name)
    check(run, "COMPLETED")
    (warning,) = run.record["warnings"]
    assert (warning["rule"], warning["message"]) == ("unknown_model_version", "model version 8.0")


def test_where_the_stack_warns_a_flagged_prompt_goes_on(warning_stack: Stack, check: Any) -> None:
    prompt = "a nude statue in a museum"
    warning_stack.script(prompt, comprehend=["safe"])
    run = warning_stack.run({"prompt": prompt})
    check(run, "COMPLETED")
    assert [warning["category"] for warning in run.record["warnings"]] == ["nudity"]
    assert run.record["warnings"][0]["term"] == "nude"
    assert "term" not in run.events[0]["detail"]["warnings"][0]
