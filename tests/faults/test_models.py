"""What judges and generator may answer instead of what they should; nothing of it is a verdict."""

import base64
import io
import json

import pytest
from faults.campaign import Campaign, World
from faults.case import EVER, Case, Json, at, cases
from faults.promises import assert_one_truthful_end
from faults.scene import Act, Scene

from local.ai.marker import Marker
from local.ai.painting.painter import paint_unsafe

pytestmark = pytest.mark.engine

DONE = ("COMPLETED",)
FAILED = ("FAILED",)
BLOCKED = ("BLOCKED_IMAGE",)
LATE = ("EXPIRED",)
NO_VERDICT: Json = {"stage": "ClassifyPrompt", "rule": "UnusableVerdict"}
NO_MODERATION: Json = {"stage": "ModerateImages", "rule": "UnusableVerdict"}
NO_PICTURE: Json = {"stage": "StoreImages", "rule": "MalformedReply"}

CLASSIFIER = [
    Case("classifier-empty-once", DONE, comprehend=("empty", "safe"), quick=True),
    Case("classifier-malformed-once", DONE, comprehend=("malformed", "safe")),
    Case("classifier-renamed-once", DONE, comprehend=("unknown-label", "safe")),
    Case("classifier-empty-ever", FAILED, comprehend=("empty",), **NO_VERDICT),
    Case("classifier-malformed-ever", FAILED, comprehend=("malformed",), **NO_VERDICT),
    Case("classifier-renamed-ever", FAILED, comprehend=("unknown-label",), quick=True,
         **NO_VERDICT),
]  # fmt: skip

UNKNOWN_LABEL = {"labels": [{"name": "Something New", "parent": "", "level": 1}]}
MODERATOR = [
    Case("moderator-empty-once", DONE, rekognition=("empty", "usual"), quick=True),
    Case("moderator-malformed-once", DONE, rekognition=("malformed", "usual")),
    Case("moderator-empty-ever", FAILED, rekognition=("empty",), quick=True, **NO_MODERATION),
    Case("moderator-malformed-ever", FAILED, rekognition=("malformed",), **NO_MODERATION),
    # By policy: what nobody knows is refused, and an unknown version is told of.
    Case("moderator-renamed-label", BLOCKED, rekognition=(UNKNOWN_LABEL,), rule="unknown_label"),
    Case("moderator-unknown-version", DONE, rekognition=({"model_version": "99.9"},)),
    Case("moderator-no-version", FAILED, rekognition=({"model_version": ""},), **NO_MODERATION),
]

# The same inference is asked for again only if it failed; what it wrote is read again.
GENERATOR = [
    *(
        Case(f"generator-{step}", FAILED, generation=(step,), quick=step == "truncated",
             **NO_PICTURE)
        for step in ("malformed", "empty", "truncated", "corrupt-image", "no-output", "no-images")
    ),
    Case("generator-fails-once", DONE, generation=("fail", "usual")),
    Case("generator-refuses-once", DONE, generation=("client-error", "usual")),
    Case("generator-fails-ever", FAILED, generation=("fail",), rule="GenerationFailed"),
    Case("generator-gives-up", LATE, generation=("expire",), rule="GenerationExpired"),
    Case("generator-throttles", DONE, generation=({"invoke_error": "ThrottlingException"},
         "usual")),
    Case("generator-black", ("MODEL_FILTERED",), generation=("black",)),
    Case("generator-unsafe-then-safe", DONE, generation=("unsafe", "safe")),
    Case("generator-unsafe", BLOCKED, generation=("unsafe",), quick=True),
    Case("generator-mixed", DONE, generation=({"pictures": ["safe", "unsafe", "safe"]},),
         request={"num_images": 3}, quick=True),
    Case("generator-too-few", FAILED, generation=("no-images",), request={"num_images": 2},
         **NO_PICTURE),
]  # fmt: skip

# What the stand-ins themselves ask of S3, as SageMaker and Rekognition would.
BEHIND_THE_MODELS = [
    Case("endpoint-cannot-write-once", DONE, (at("stand-ins", "s3", "PutObject", "error"),)),
    Case("endpoint-cannot-write-ever", FAILED, (at("stand-ins", "s3", "PutObject", "error",
         **EVER),), rule="GenerationFailed"),
    # InvalidS3ObjectException: Rekognition does not say whether another try would help.
    Case("moderator-cannot-read", FAILED, (at("stand-ins", "s3", "GetObject", "error",
         resource="pictures/"),), stage="ModerateImages"),
]  # fmt: skip


@cases([*CLASSIFIER, *MODERATOR, *GENERATOR, *BEHIND_THE_MODELS])
def test_an_answer_that_is_none(campaign: tuple[Campaign, World], case: Case) -> None:
    conducted, world = campaign
    conducted.check(case)
    record = assert_one_truthful_end(world, case.tag, case.ends)
    reasons = record["reasons"]
    if case.stage:
        assert reasons[0]["stage"] == case.stage
    if case.rule:
        assert reasons[0]["rule"] == case.rule
    if record["status"] == "FAILED":
        assert {reason["category"] for reason in reasons} == {"technical"}


OTHER_PICTURE = b"no picture at all, put where one was"


def _before(state: str) -> tuple[Json, ...]:
    """A while in which to act before a function is called."""
    return (at(f"/{state}", "lambda", "Invoke", "delay", seconds=1.5),)


def _overwrite(state: str) -> Act:
    """Another picture under the right key, when the first has been stored or judged."""

    def act(scene: Scene) -> None:
        scene.await_state(state)
        scene.put_work(f"pictures/{scene.case.inference()}/0.jpg", OTHER_PICTURE)
        scene.put_work(f"pictures/{scene.case.inference()}/0-preview.jpg", OTHER_PICTURE)

    return act


def _overwrite_output(scene: Scene) -> None:
    scene.await_state("StoreImages")
    scene.put_work(f"inference/output/{scene.case.inference()}.out", b"{}")


def _replace_output(scene: Scene) -> None:
    """A reply in the right shape, with an unsafe picture."""
    scene.await_state("StoreImages")
    painted = io.BytesIO()
    paint_unsafe(Marker((("Graphic Violence", 97.0),), False), 1, (256, 256)).save(
        painted, "JPEG", quality=90
    )
    reply = {"generated_images": [base64.b64encode(painted.getvalue()).decode()]}
    output = f"inference/output/{scene.case.inference()}.out"
    scene.put_work(output, json.dumps(reply).encode())


OVERWRITTEN = [
    Case("overwritten-before-moderation", DONE, _before("ModerateImages"),
         act=_overwrite("ModerateImages"), quick=True),
    Case("overwritten-before-publication", DONE, _before("PublishImages"),
         act=_overwrite("PublishImages"), quick=True),
    Case("output-overwritten", FAILED, _before("StoreImages"), act=_overwrite_output,
         **NO_PICTURE),
    # It is judged like any other, and another attempt is made.
    Case("output-replaced", DONE, _before("StoreImages"), act=_replace_output),
]  # fmt: skip


@cases(OVERWRITTEN)
def test_a_wrong_picture_under_the_right_key(campaign: tuple[Campaign, World], case: Case) -> None:
    """assert_one_truthful_end compares what was delivered with the version that was judged."""
    conducted, world = campaign
    conducted.check(case)
    assert_one_truthful_end(world, case.tag, case.ends)
    assert OTHER_PICTURE not in world.images.values()
