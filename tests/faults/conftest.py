"""One engine and one stack for the fault suite; the chosen cases all run at the same time.

Step Functions' waits and time-outs run 6 times as fast: a Task's 40 s are 7 s. Faults, the SDK's
own pauses and functions' time-outs are real time. FAULTS=all (`make test-faults`) runs every case,
otherwise a part of them, and says so.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from faults.campaign import (
    TOGETHER,
    WAITING_TOGETHER,
    Campaign,
    ResultsSeen,
    World,
    one_message_at_a_time,
    silence_schedules,
)
from faults.case import Case
from faults.job_campaign import JobCampaign, Jobs
from faults.job_case import JobCase
from faults.review_campaign import ReviewCampaign, ReviewCase
from faults.training_campaign import TrainingCampaign, TrainingCase, Trainings
from workflow.running_reviews import publish
from workflow.running_system import Stack

from local.ai.running import StandIns
from local.running import Engine
from local.stack import FINE_TUNING

TIME_SCALE, TRAINING_TIME_SCALE = 6.0, 20.0
# One wait for the endpoint is 60 + 20 + 300 s: 63 s here.
PATIENCE = {"RequestTTLSeconds": "60", "InvocationTimeoutSeconds": "20"}
ALL = os.environ.get("FAULTS") == "all"
HERE = __file__.rpartition("/")[0]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "thorough: only in the whole fault suite, FAULTS=all")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long part out, unless it was asked for."""
    left_out = [item for item in items if not ALL and _is_long(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
        config.stash[_LEFT_OUT] = len(left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if number := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(f"{number} faults were left out: make test-faults has them all")


_LEFT_OUT = pytest.StashKey[int]()


def _is_long(item: pytest.Item) -> bool:
    if not str(item.path).startswith(HERE):
        return False
    case = _case(item)
    return not case.quick if case else item.get_closest_marker("thorough") is not None


def _case(item: pytest.Item) -> Case | None:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    case = parameters.get("case")
    return case if isinstance(case, Case) else None


@pytest.fixture(scope="session")
def system() -> Iterator[tuple[Engine, StandIns]]:
    with (
        StandIns() as stand_ins,
        Engine(ai_endpoint=stand_ins.endpoint, time_scale=TIME_SCALE, max_processes=24) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        yield engine, stand_ins


def made_stack(system: tuple[Engine, StandIns], name: str, **parameters: str) -> Stack:
    """A stack whose sweeper and FollowJobs are called by tests alone."""
    stack = Stack(system[0], system[1], name, PATIENCE | parameters)
    work = f"s3://{stack.outputs['WorkBucket']}/inference"
    system[1].register_endpoint(
        f"local-{name}",
        output_path=f"{work}/output/",
        failure_path=f"{work}/failure/",
        success_topic=stack.outputs["SuccessTopic"],
        error_topic=stack.outputs["ErrorTopic"],
        workers=TOGETHER + WAITING_TOGETHER,  # slow cases hold up no others
    )
    silence_schedules(stack)
    one_message_at_a_time(stack, TIME_SCALE)
    return stack


@pytest.fixture(scope="session")
def stack(system: tuple[Engine, StandIns]) -> Stack:
    return made_stack(system, "faults")


@pytest.fixture(scope="session")
def results(stack: Stack) -> ResultsSeen:
    return ResultsSeen(stack)


@pytest.fixture(scope="session")
def campaign(
    request: pytest.FixtureRequest, stack: Stack, results: ResultsSeen
) -> tuple[Campaign, World]:
    """Every chosen case, run to its end, and the world after them."""
    campaign = Campaign(stack, results, _chosen(request, Case))
    return campaign, campaign.run()


@pytest.fixture(scope="session")
def job_campaign(
    request: pytest.FixtureRequest, system: tuple[Engine, StandIns]
) -> tuple[JobCampaign, Jobs, Jobs]:
    """Every chosen batch and data set, run to its end; what is left then, and after a second run
    of those that failed."""
    few = {"BatchConcurrency": "2", "DatasetConcurrency": "2"}
    stack = made_stack(system, "jobs", **few, **FINE_TUNING)
    system[1].slow_training(0.05)
    campaign = JobCampaign(stack, ResultsSeen(stack), _chosen(request, JobCase))
    return campaign, *campaign.run()


@pytest.fixture(scope="session")
def review_campaign(
    request: pytest.FixtureRequest, system: tuple[Engine, StandIns]
) -> tuple[ReviewCampaign, World]:
    """Every chosen request that people are asked about, run to its end, and the world after."""
    asked = {"Reviews": "true", "ApiAuth": "none", "ReviewClaimSeconds": "3600"}
    published = {"PolicySource": "bucket", "PolicyRefreshSeconds": "0"}
    stack = made_stack(system, "reviews", **asked, **published)
    publish(stack)
    campaign = ReviewCampaign(stack, ResultsSeen(stack), _chosen(request, ReviewCase))
    return campaign, campaign.run()


@pytest.fixture(scope="session")
def training_campaign(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[TrainingCampaign, Trainings]]:
    """Every chosen training, run to its end, on an engine of its own: nobody waits as long."""
    with (
        StandIns() as stand_ins,
        Engine(ai_endpoint=stand_ins.endpoint, time_scale=TRAINING_TIME_SCALE) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        stand_ins.direct_classifiers(phase_seconds=0.05)
        stack = made_stack((engine, stand_ins), "trainings")
        campaign = TrainingCampaign(stack, ResultsSeen(stack), _chosen(request, TrainingCase))
        yield campaign, campaign.conduct()


def _chosen(request: pytest.FixtureRequest, kind: type[Case]) -> list[Any]:
    """The session's cases of exactly this kind, each once: two tests may look at the same one."""
    met = [case for item in request.session.items if type(case := _case(item)) is kind]
    cases = list({id(case): case for case in met}.values())
    assert len({case.name for case in cases}) == len(cases), "two cases of one name"
    return cases
