"""Policies in the bucket: pinned for a whole run, replaced only by sound ones, tried as shadows."""

import functools
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from workflow.conftest import PATIENCE
from workflow.running_system import Stack

from compiled import POLICY_HASH
from local.ai.running import StandIns
from local.policy.bundle import make_bundle
from local.policy.source import read_policy
from local.running import Engine
from shared.bundle import digest
from shared.policy import ACTIVE_KEY, SHADOW_KEY

pytestmark = pytest.mark.engine

NUDE = {"prompt": "a nude runner"}


@functools.cache
def shipped() -> bytes:
    return make_bundle(read_policy())


def lax() -> bytes:
    """A policy that lets nudity in words and violence in pictures pass with a warning."""
    bundle = json.loads(shipped())
    bundle["hash"] = "lax"
    bundle["parts"]["keywords"]["actions"]["nudity"] = "warn"
    for rule in bundle["parts"]["images"]["labels"].values():
        if rule["action"] == "block":
            rule["action"] = "warn"
    return json.dumps(bundle | {"digest": digest(bundle)}).encode()


def put(stack: Stack, content: bytes, key: str = ACTIVE_KEY) -> None:
    bucket = stack.outputs["PolicyBucket"]
    stack.client("s3").put_object(Bucket=bucket, Key=key, Body=content)


@pytest.fixture(scope="module")
def published_stack(system: tuple[Engine, StandIns]) -> Iterator[Stack]:
    """Nothing is published yet when it is deployed."""
    settings = {"PolicySource": "bucket", "PolicyRefreshSeconds": "0", "MaxAttempts": "1"}
    stack = Stack(system[0], system[1], "published", settings | PATIENCE)
    stack.script(NUDE["prompt"], comprehend=["safe"])
    yield stack
    stack.delete()


@pytest.fixture(scope="module")
def shadowed_stack(system: tuple[Engine, StandIns]) -> Iterator[Stack]:
    """The shipped policy judges; nothing is published for its shadow yet."""
    settings = {"ShadowPolicy": "true", "PolicyRefreshSeconds": "0", "MaxAttempts": "1"}
    stack = Stack(system[0], system[1], "shadowed", settings | PATIENCE)
    yield stack
    stack.delete()


def test_without_a_sound_policy_nothing_is_judged(published_stack: Stack, check: Any) -> None:
    put(published_stack, b"{}")
    run = published_stack.run({"prompt": "a quiet pond"})
    check(run, "FAILED")
    assert run.states[:3] == ["AcceptRequest", "FindClaim", "RecordOutcome"]
    assert run.record["reasons"][0]["rule"] == "PolicyUnavailable"


def test_a_new_policy_holds_from_the_next_request_on(published_stack: Stack, check: Any) -> None:
    put(published_stack, shipped())
    strict = published_stack.run(NUDE)
    put(published_stack, lax())
    warned = published_stack.run(NUDE)

    check(strict, "BLOCKED_PROMPT")
    check(warned, "COMPLETED")
    assert strict.record["policy_hash"] == POLICY_HASH
    assert warned.record["policy_hash"] == "lax"
    assert [warning["category"] for warning in warned.record["warnings"]] == ["nudity"]


def test_a_broken_policy_leaves_the_last_sound_one_in_force(
    published_stack: Stack, check: Any
) -> None:
    put(published_stack, lax())
    put(published_stack, shipped()[:-100])
    run = published_stack.run(NUDE)
    check(run, "COMPLETED")
    assert run.record["policy_hash"] == "lax"


def test_a_policy_published_on_the_way_is_for_later_requests(
    published_stack: Stack, check: Any
) -> None:
    put(published_stack, shipped())
    prompt = "a ferry in the morning"
    published_stack.script(prompt, generation=[{"slow": 3}])
    published_stack.script_moderation("on-the-way", {"labels": ["Graphic Violence"]})
    arn = published_stack.start({"prompt": prompt}, "on-the-way")
    while not published_stack.stand_ins.calls("InvokeEndpointAsync", prompt):
        time.sleep(0.05)
    put(published_stack, lax())

    run = published_stack.ended(arn)

    check(run, "BLOCKED_IMAGE")
    assert run.record["policy_hash"] == POLICY_HASH


def test_a_missing_shadow_is_recorded_and_does_no_harm(shadowed_stack: Stack, check: Any) -> None:
    put(shadowed_stack, b"{}", SHADOW_KEY)
    run = shadowed_stack.run({"prompt": "a mill by a brook"})
    check(run, "COMPLETED")
    stages = [{"stage": "AcceptRequest", "error": "PolicyUnavailable"}]
    assert run.record["shadow"] == {"differs": False, "stages": stages}


def test_a_shadow_is_recorded_and_never_enforced(shadowed_stack: Stack, check: Any) -> None:
    put(shadowed_stack, lax(), SHADOW_KEY)
    run = shadowed_stack.run(NUDE)
    check(run, "BLOCKED_PROMPT")
    shadow = run.record["shadow"]
    assert (shadow["policy_hash"], shadow["differs"]) == ("lax", True)
    (stage,) = shadow["stages"]
    expected = {"stage": "FilterKeywords", "verdict": "clean", "reasons": [], "differs": True}
    assert stage == expected, "only the stage that was reached"
    assert "shadow" not in run.events[0]["detail"]


def test_every_stage_is_evaluated_by_the_shadow_too(shadowed_stack: Stack, check: Any) -> None:
    put(shadowed_stack, lax(), SHADOW_KEY)
    name = "every-stage"
    shadowed_stack.script_moderation(name, {"labels": ["Graphic Violence"]})
    run = shadowed_stack.run({"prompt": "a market at noon"}, name)
    check(run, "BLOCKED_IMAGE")
    assert run.record["policy_hash"] == POLICY_HASH
    told = [(stage["stage"], stage["verdict"]) for stage in run.record["shadow"]["stages"]]
    stages = ["FilterKeywords", "ClassifyPrompt", "ModerateImages"]
    assert told == list(zip(stages, ["clean", "clean", "safe"], strict=True))
    assert run.record["shadow"]["differs"]


def test_without_a_shadow_nothing_is_recorded_of_one(stack: Stack, check: Any) -> None:
    run = stack.run({"prompt": "a mill by a river"})
    check(run, "COMPLETED")
    assert run.record["shadow"] == {}
    assert run.record["classification"]["scores"]
    assert run.record["attempts"][0]["found"]["pictures"][0]["labels"] == []
