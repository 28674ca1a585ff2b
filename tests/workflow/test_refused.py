"""Requests that end without pictures, because something was judged or is wrong with them."""

import json
from typing import Any

import pytest
from workflow.running_system import Stack

pytestmark = pytest.mark.engine

BLOCKED_BY_KEYWORD = [
    "AcceptRequest",
    "IsNew",
    "FilterKeywords",
    "IsPromptClean",
    "RecordOutcome",
    "AnnounceOutcome",
    "MarkAnnounced",
    "HowDidItEnd",
    "BlockedPrompt",
]


@pytest.mark.parametrize("prompt", ["a nude man", "a n.u.d.e man", "a ｎｕ​ｄｅ man", "a nud3 man"])
def test_a_keyword_ends_it_at_once_and_costs_nothing(stack: Stack, check: Any, prompt: str) -> None:
    run = stack.run({"prompt": prompt})
    check(run, "BLOCKED_PROMPT")
    assert run.states == BLOCKED_BY_KEYWORD
    assert run.record["reasons"][0]["term"] == "nude"
    assert "nude" not in json.dumps(run.events)
    assert stack.stand_ins.calls("ClassifyDocument", prompt) == 0


def test_the_classifier_stops_what_the_keywords_do_not_know(stack: Stack, check: Any) -> None:
    prompt = "an afternoon in the park, flagged"
    stack.script(prompt, comprehend=["unsafe"])
    run = stack.run({"prompt": prompt})
    check(run, "BLOCKED_PROMPT")
    (reason,) = run.record["reasons"]
    assert (reason["stage"], reason["label"]) == ("ClassifyPrompt", "unsafe")
    assert reason["score"] >= reason["threshold"]
    assert stack.stand_ins.calls("InvokeEndpointAsync", prompt) == 0


def test_what_always_holds_holds_where_the_stack_warns(warning_stack: Stack, check: Any) -> None:
    run = warning_stack.run({"prompt": "a nude child"})
    check(run, "BLOCKED_PROMPT")
    assert run.record["reasons"][0]["category"] == "minor_and_sexual"


def test_pictures_that_stay_unsafe_are_withheld(stack: Stack, check: Any) -> None:
    prompt = "a carnival at night"
    stack.script(prompt, generation=["unsafe"])
    run = stack.run({"prompt": prompt})
    check(run, "BLOCKED_IMAGE")
    assert len(run.record["attempts"]) == 3
    assert len({attempt["seed"] for attempt in run.record["attempts"]}) == 3
    assert stack.delivered(run) == []


@pytest.mark.parametrize(("pictures", "attempts"), [(2, 2), (3, 1)])
def test_no_attempt_goes_beyond_the_pictures_that_may_be_painted(
    warning_stack: Stack, check: Any, pictures: int, attempts: int
) -> None:
    prompt = f"a carnival with {pictures} rides"
    warning_stack.script(prompt, generation=["unsafe"])
    run = warning_stack.run({"prompt": prompt, "num_images": pictures})
    check(run, "BLOCKED_IMAGE")
    assert len(run.record["attempts"]) == attempts
    assert run.record["usage"]["generated_images"] == pictures * attempts


def test_nothing_but_the_preview_is_shown(stack: Stack, check: Any) -> None:
    prompt = "a carnival in the morning"
    stack.script(prompt, generation=["unsafe"])
    run = stack.run({"prompt": prompt})
    check(run, "BLOCKED_IMAGE")
    (image,) = run.record["images"]
    assert not image["delivered"]
    assert image["preview_bucket"] == stack.outputs["ImagesBucket"]
    assert image["bucket"] == stack.outputs["WorkBucket"]
    assert run.events[0]["detail"]["images"][0] == {
        "index": 0,
        "verdict": "unsafe",
        "preview_bucket": image["preview_bucket"],
        "preview_key": image["preview_key"],
    }
    assert list(stack.objects("ImagesBucket")).count(image["preview_key"]) == 1


def test_where_the_stack_shows_no_previews_nothing_is_published(
    warning_stack: Stack, check: Any
) -> None:
    prompt = "a carnival at noon"
    warning_stack.script(prompt, generation=["unsafe"])
    run = warning_stack.run({"prompt": prompt})
    check(run, "BLOCKED_IMAGE")
    assert "PublishImages" not in run.states
    assert run.record["images"][0]["preview_bucket"] == warning_stack.outputs["WorkBucket"]


@pytest.mark.parametrize("picture", ["black", "uniform"])
def test_a_blotted_out_picture_is_not_paid_for_again(
    stack: Stack, check: Any, picture: str
) -> None:
    prompt = f"a still life, {picture}"
    stack.script(prompt, generation=[picture])
    before = stack.stand_ins.calls("DetectModerationLabels")
    run = stack.run({"prompt": prompt})
    check(run, "MODEL_FILTERED")
    assert run.record["reasons"][0]["rule"] == picture
    assert stack.stand_ins.calls("DetectModerationLabels") == before
    assert stack.delivered(run) == []


def test_an_unknown_label_blocks(stack: Stack, check: Any) -> None:
    name = "unknown-label"
    for attempt in (1, 2, 3):
        stack.script_moderation(name, {"labels": ["Something New"]}, attempt=attempt)
    run = stack.run({"prompt": "a kitchen table"}, name)
    check(run, "BLOCKED_IMAGE")
    assert run.record["reasons"][0]["rule"] == "unknown_label"


def test_a_second_arrival_is_pointed_to_the_first(stack: Stack, check: Any) -> None:
    request = {"prompt": "a bridge in fog", "request_id": "bridge-1"}
    first = stack.run(request)
    second = stack.run(request)
    check(first, "COMPLETED")
    assert second.status == "SUCCEEDED"
    assert second.states[-1] == "AlreadyRequested"
    assert second.output["first"] == {
        "request_id": "direct/bridge-1",
        "run": 1,
        "status": "COMPLETED",
        "execution_arn": first.arn,
    }
    assert second.record == {}
    assert len(stack.events("direct/bridge-1")) == 1


def test_an_id_used_for_something_else_is_invalid(stack: Stack, check: Any) -> None:
    stack.run({"prompt": "a red door", "request_id": "door"})
    run = stack.run({"prompt": "a green door", "request_id": "door"}, "another-door")
    check(run, "INVALID")
    assert run.record["request_id"] == "execution-another-door"
    assert run.record["reasons"][0]["field"] == "request_id"


def test_the_same_id_from_two_sources_is_two_requests(stack: Stack, check: Any) -> None:
    request = {"prompt": "a blue door", "request_id": "blue"}
    check(stack.run(request), "COMPLETED")
    run = stack.put_event(request, source="shop")
    check(run, "COMPLETED")
    assert run.record["request_id"] == "event:shop/blue"


def test_a_folder_of_the_console_is_ignored(stack: Stack) -> None:
    run = stack.drop("prompts/new folder/", b"")
    assert run.states == ["AcceptRequest", "IsNew", "Ignored"]
    assert run.record == {}
