"""What no record, event or log may hold, after everything that was broken."""

import json

import pytest
from faults.campaign import Campaign, World
from faults.promises import assert_all_pictures_judged
from workflow.running_reviews import REASON

pytestmark = pytest.mark.engine
Conducted = tuple[Campaign, World]


@pytest.fixture(scope="session", params=["campaign", "review_campaign"])
def conducted(request: pytest.FixtureRequest) -> Conducted:
    found: Conducted = request.getfixturevalue(request.param)
    return found


def test_no_task_token_was_written_down(conducted: Conducted) -> None:
    _, world = conducted
    tokens = {token for execution in world.executions for token in execution.tokens}
    assert tokens >= {str(row["task_token"]) for row in world.inferences}
    assert tokens
    told = json.dumps([world.records, world.events])
    ends = "".join(execution.error + execution.cause for execution in world.executions)
    written = told + ends + world.stack.logs()
    assert not [token[:8] for token in tokens if token in written]


def test_no_prompt_was_logged(conducted: Conducted) -> None:
    campaign, world = conducted
    prompts = {case.prompt for case in campaign.cases}
    written = json.dumps([world.records, world.events]) + world.stack.logs()
    assert not [prompt for prompt in prompts if prompt in written]


def test_what_reviewers_write_is_in_records_alone(conducted: Conducted) -> None:
    _, world = conducted
    assert (REASON in json.dumps(world.records)) == any(world.reviews)
    assert REASON not in json.dumps(world.events) + world.stack.logs()


def test_nothing_unmoderated_lies_in_the_images_bucket(conducted: Conducted) -> None:
    _, world = conducted
    assert world.images
    assert_all_pictures_judged(world)


def test_nothing_is_left_running(conducted: Conducted) -> None:
    _, world = conducted
    assert not [one.arn for one in world.executions if one.status == "RUNNING"]
    assert not [record["request_id"] for record in world.records if "open_shard" in record]
