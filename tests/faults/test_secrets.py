"""What no record, event or log may hold, after everything that was broken."""

import json

import pytest
from faults.campaign import Campaign, World
from faults.promises import assert_all_pictures_judged

pytestmark = pytest.mark.engine


def test_no_task_token_was_written_down(campaign: tuple[Campaign, World]) -> None:
    _, world = campaign
    tokens = {str(row["task_token"]) for row in world.inferences}
    assert tokens
    told = json.dumps([world.records, world.events])
    ends = "".join(execution.error + execution.cause for execution in world.executions)
    written = told + ends + world.stack.logs()
    assert not [token[:8] for token in tokens if token in written]


def test_no_prompt_was_logged(campaign: tuple[Campaign, World]) -> None:
    conducted, world = campaign
    prompts = {case.prompt for case in conducted.cases}
    written = json.dumps([world.records, world.events]) + world.stack.logs()
    assert not [prompt for prompt in prompts if prompt in written]


def test_nothing_unmoderated_lies_in_the_images_bucket(
    campaign: tuple[Campaign, World],
) -> None:
    _, world = campaign
    assert world.images
    assert_all_pictures_judged(world)


def test_nothing_is_left_running(campaign: tuple[Campaign, World]) -> None:
    _, world = campaign
    assert not [one.arn for one in world.executions if one.status == "RUNNING"]
    assert not [record["request_id"] for record in world.records if "open_shard" in record]
