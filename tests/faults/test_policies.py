"""The published policy broken while a request is under way: the request keeps the one it has."""

import uuid
from typing import Any

import pytest
from faults.campaign import ResultsSeen, settled
from faults.case import Case
from faults.conftest import made_stack
from faults.promises import assert_one_truthful_end
from faults.scene import Scene
from workflow.running_system import Stack

from compiled import POLICY_HASH
from local.ai.running import StandIns
from local.policy.bundle import make_bundle
from local.policy.source import read_policy
from local.running import Engine
from shared.policy import ACTIVE_KEY

pytestmark = [pytest.mark.engine, pytest.mark.thorough]

GARBAGE = b'{"format": 1, "parts": {'


@pytest.fixture(scope="module")
def published(system: tuple[Engine, StandIns]) -> tuple[Stack, ResultsSeen]:
    stack = made_stack(
        system, "policies", PolicySource="bucket", PolicyRefreshSeconds="0", MaxAttempts="1"
    )
    stack.script("a teapot on a table", comprehend=["safe"])
    return stack, ResultsSeen(stack)


def put(stack: Stack, content: bytes) -> None:
    bucket = stack.outputs["PolicyBucket"]
    stack.client("s3").put_object(Bucket=bucket, Key=ACTIVE_KEY, Body=content)


def forget(stack: Stack) -> None:
    """Every version, as no operator can: deleting a version is not in their role."""
    s3, bucket = stack.client("s3"), stack.outputs["PolicyBucket"]
    listed = s3.list_object_versions(Bucket=bucket)
    for version in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def under_way(stack: Stack) -> Scene:
    """A request that waits for the endpoint."""
    case = Case(f"policy-{uuid.uuid4().hex[:8]}", (), generation=({"slow": 3},))
    stack.script(case.prompt, generation=list(case.generation))
    stack.start({"prompt": case.prompt, "width": 256, "height": 256}, case.run_name)
    scene = Scene(stack, case)
    scene.await_generation()
    return scene


def end(published: tuple[Stack, ResultsSeen], scene: Scene, *statuses: str) -> dict[str, Any]:
    stack, results = published
    stack.wait_for_end(scene.arn)
    return assert_one_truthful_end(settled(stack, results), scene.case.tag, statuses)


@pytest.mark.parametrize("broken", ["garbage", "deleted"])
def test_a_request_keeps_its_policy(published: tuple[Stack, ResultsSeen], broken: str) -> None:
    stack, _ = published
    put(stack, make_bundle(read_policy()))
    scene = under_way(stack)
    if broken == "garbage":
        put(stack, GARBAGE)
    else:
        stack.client("s3").delete_object(Bucket=stack.outputs["PolicyBucket"], Key=ACTIVE_KEY)
    record = end(published, scene, "COMPLETED")
    assert record["policy_hash"] == POLICY_HASH


def test_without_its_policy_a_request_fails(published: tuple[Stack, ResultsSeen]) -> None:
    """Nothing else may judge it."""
    stack, _ = published
    put(stack, make_bundle(read_policy()))
    scene = under_way(stack)
    # A warm process would still hold the version.
    restart(stack, "ModerateImages")
    forget(stack)
    record = end(published, scene, "FAILED")
    assert record["reasons"][0]["rule"] == "PolicyUnavailable"


def test_without_a_sound_policy_nothing_begins(published: tuple[Stack, ResultsSeen]) -> None:
    stack, results = published
    forget(stack)
    put(stack, GARBAGE)
    restart(stack, "AcceptRequest")
    arn = stack.start({"prompt": "a teapot on a table"})
    stack.wait_for_end(arn)
    record = assert_one_truthful_end(settled(stack, results), arn, ("FAILED",))
    assert record["reasons"][0]["rule"] == "PolicyUnavailable"


def restart(stack: Stack, name: str) -> None:
    """A changed configuration has Lambda start new processes."""
    functions, called = stack.client("lambda"), stack.function(name)
    told = functions.get_function_configuration(FunctionName=called)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=called, Environment={"Variables": {**told, "RESTARTED": uuid.uuid4().hex}}
    )
