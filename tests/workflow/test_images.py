"""A policy on pictures beyond labels: all or none, pictures that it lists, words in pictures."""

import base64
import functools
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageFilter
from workflow.conftest import PATIENCE
from workflow.running_system import Stack

from local.ai.painting.painter import paint
from local.ai.running import StandIns
from local.policy.bundle import make_bundle
from local.policy.source import read_policy
from local.running import Engine
from shared.bundle import digest
from shared.policy import ACTIVE_KEY

pytestmark = pytest.mark.engine


@functools.cache
def shipped() -> bytes:
    return make_bundle(read_policy())


@pytest.fixture(scope="module")
def picture_stack(system: tuple[Engine, StandIns]) -> Iterator[Stack]:
    """Reads text in pictures; shows previews of what it withholds; policies are published."""
    settings = {
        "PolicySource": "bucket",
        "PolicyRefreshSeconds": "0",
        "MaxAttempts": "2",
        "CheckTextInImages": "true",
    }
    stack = Stack(system[0], system[1], "pictures", settings | PATIENCE)
    yield stack
    stack.delete()


def publish(stack: Stack, **changed: Any) -> None:
    """The shipped policy with something else to say of pictures."""
    bundle = json.loads(shipped())
    bundle["parts"]["images"] |= changed
    content = json.dumps(bundle | {"digest": digest(bundle)}).encode()
    bucket = stack.outputs["PolicyBucket"]
    stack.client("s3").put_object(Bucket=bucket, Key=ACTIVE_KEY, Body=content)


def as_given(picture: Image.Image) -> dict[str, str]:
    """The step that has the endpoint answer with this picture."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return {"given": base64.b64encode(out.getvalue()).decode()}


def test_all_or_none(picture_stack: Stack, check: Any) -> None:
    publish(picture_stack, deliver="all_or_none")
    prompt = "two orchards"
    picture_stack.script(prompt, generation=[{"pictures": ["safe", "unsafe"]}])
    run = picture_stack.run({"prompt": prompt, "num_images": 2})
    check(run, "BLOCKED_IMAGE")
    images = run.record["images"]
    assert [image["verdict"] for image in images] == ["withheld", "unsafe"]
    assert not any(image["delivered"] for image in images)
    assert all(image["preview_published"] for image in images)
    (event, *_) = run.events
    assert [image["verdict"] for image in event["detail"]["images"]] == ["withheld", "unsafe"]
    assert all("key" not in image for image in event["detail"]["images"])
    (reason,) = event["detail"]["reasons"]
    assert reason["parent"]
    assert reason["illustrated"] is False


def test_a_listed_picture_is_refused_before_it_is_moderated(
    picture_stack: Stack, check: Any
) -> None:
    publish(picture_stack)
    given = as_given(paint("an orchard", "", 5, (512, 512)))
    for prompt in ("an orchard in spring", "an orchard in autumn"):
        picture_stack.script(prompt, generation=[given])
    first = picture_stack.run({"prompt": "an orchard in spring"})
    check(first, "COMPLETED")
    (image,) = first.record["images"]

    publish(picture_stack, blocked_hashes={"max_distance": 0, "hashes": [image["phash"]]})
    before = picture_stack.stand_ins.calls("DetectModerationLabels")
    second = picture_stack.run({"prompt": "an orchard in autumn"})
    check(second, "BLOCKED_IMAGE")
    assert second.record["reasons"][0]["rule"] == "blocked_hash"
    assert picture_stack.stand_ins.calls("DetectModerationLabels") == before


def test_words_in_a_picture_are_judged_like_a_prompts(picture_stack: Stack, check: Any) -> None:
    publish(picture_stack)
    prompt = "a sign at the beach"
    picture_stack.script(prompt, generation=[{"text": "nude beach"}, {"text": "sandy beach"}])
    run = picture_stack.run({"prompt": prompt})
    check(run, "COMPLETED")
    assert [attempt["verdict"] for attempt in run.record["attempts"]] == ["unsafe", "safe"]
    assert run.record["usage"]["rekognition_text_images"] == 2


def test_the_words_are_in_the_record_and_not_in_the_event(picture_stack: Stack, check: Any) -> None:
    publish(picture_stack)
    prompt = "a sign at the lake"
    picture_stack.script(prompt, generation=[{"text": "nude beach"}])
    run = picture_stack.run({"prompt": prompt})
    check(run, "BLOCKED_IMAGE")
    (reason,) = run.record["reasons"]
    assert (reason["rule"], reason["term"]) == ("text_in_image", "nude")
    assert '"nude"' not in json.dumps(run.events)


def test_a_blurred_placeholder_is_the_models_own_filter(picture_stack: Stack, check: Any) -> None:
    publish(picture_stack)
    prompt = "a harbour behind frosted glass"
    blurred = paint("a harbour", "", 1, (512, 512)).filter(ImageFilter.GaussianBlur(18))
    picture_stack.script(prompt, generation=[as_given(blurred)])
    before = picture_stack.stand_ins.calls("DetectModerationLabels")
    run = picture_stack.run({"prompt": prompt})
    check(run, "MODEL_FILTERED")
    assert run.record["reasons"][0]["rule"] == "blurred"
    assert picture_stack.stand_ins.calls("DetectModerationLabels") == before


@pytest.mark.parametrize("follows", ["review", "block"])
def test_another_attempt_would_meet_the_same_unknown_model(
    picture_stack: Stack, check: Any, follows: str
) -> None:
    publish(picture_stack, unknown_model_version=follows)
    name = f"unknown-model-{follows}"
    picture_stack.script_moderation(name, {"model_version": "8.0", "labels": []})
    run = picture_stack.run({"prompt": f"a wall to {follows}"}, name)
    check(run, "BLOCKED_IMAGE")
    assert len(run.record["attempts"]) == 1
    (reason,) = run.record["reasons"]
    assert (reason["rule"], reason["action"]) == ("unknown_model_version", follows)
