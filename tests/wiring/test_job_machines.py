"""The machines of jobs as data: held to what GenerateSafeImage is held to."""

import json
import re

import botocore.session
import pytest
from wiring.system import LAMBDAS, RESOURCES, Machine, nexts, parameter, setting, snake, statements

from accept_request.accept import OTHER_STAGES, WAIT_MARGIN
from prepare_batch import prepare as prepare_batch
from prepare_dataset import prepare as prepare_dataset
from prepare_training import prepare as prepare_training
from shared import errors
from shared.inferences import MAX_INFERENCES

JOBS = {"RunBatch": "batch", "ModerateDataset": "dataset", "TrainClassifier": "classifier"}
MAPPED = ("RunBatch", "ModerateDataset")
MACHINES = {name: Machine(name) for name in JOBS}
TASKS = [(name, task) for name, machine in MACHINES.items() for task in machine.tasks]
# The ends of all are the same, for the same reasons.
SHARED_ENDS = (
    *("RecordJob", "AnnounceJob", "MarkJobAnnounced", "Completed", "Invalid"),
    *("Failed", "UnknownVerdict", "Superseded", "NotAnnounced"),
)
# Nothing is paid while it waits for a place among an account's trainings.
PATIENT = {"Comprehend.ResourceLimitExceededException": (11, 900)}
# A map's Tasks whose failure is the map's to catch.
CAUGHT_BY_THEIR_MAP = {"FilterKeywords", "ClassifyPrompt", "ModerateDatasetImages"}


@pytest.fixture(params=JOBS)
def machine(request: pytest.FixtureRequest) -> Machine:
    return MACHINES[str(request.param)]


def test_every_state_can_be_reached_and_leads_to_an_end(machine: Machine) -> None:
    for scope in machine.scopes:
        reached, open_ends = set(), [scope["StartAt"]]
        while open_ends:
            name = open_ends.pop()
            if name not in reached:
                reached.add(name)
                open_ends += nexts(scope["States"][name])
        assert reached == set(scope["States"])


def test_placeholders_are_the_substitutions(machine: Machine) -> None:
    placeholders = set(re.findall(r"\$\{(\w+)\}", machine.text))
    assert placeholders == set(machine.properties["DefinitionSubstitutions"])
    assert not re.findall(r"arn:aws:(?!states:::)[a-z]", machine.text)


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_a_task_has_a_time_out_bounded_retries_and_a_last_resort(name: str, task: str) -> None:
    state = MACHINES[name].tasks[task]
    assert state["TimeoutSeconds"]
    for retry in state["Retry"]:
        if retry["MaxAttempts"]:
            most, longest = PATIENT.get(retry["ErrorEquals"][0], (6, 60))
            assert retry["MaxAttempts"] <= most
            assert retry["JitterStrategy"] == "FULL"
            assert retry["MaxDelaySeconds"] <= longest
    if task in CAUGHT_BY_THEIR_MAP:
        assert "Catch" not in state
    else:
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("name", MAPPED)
def test_a_map_has_a_last_resort(name: str) -> None:
    maps = [state for state in MACHINES[name].states.values() if state["Type"] == "Map"]
    assert maps
    for state in maps:
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
        assert state["MaxConcurrency"]


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_errors_of_ours_exist(name: str, task: str) -> None:
    state = MACHINES[name].tasks[task]
    named = {
        error
        for block in [*state["Retry"], *state.get("Catch", ())]
        for error in block["ErrorEquals"]
        if "." not in error
    }
    for error in named:
        assert issubclass(getattr(errors, error), errors.SafelightError)


def test_a_lambda_task_is_named_as_its_function_and_outlives_it(machine: Machine) -> None:
    for name in machine.functions:
        task = machine.tasks[name]
        assert task["Arguments"]["FunctionName"] == f"${{{name}FunctionArn}}"
        assert f"{name}Function" in LAMBDAS
        assert task["TimeoutSeconds"] >= setting(f"{name}Function", "Timeout") + 10
        retried = {error for block in task["Retry"] for error in block["ErrorEquals"]}
        assert {"Throttled", "ServiceUnavailable"} <= retried
        assert snake(name)


def test_the_machine_may_invoke_its_tasks_and_nothing_else(machine: Machine) -> None:
    allowed = next(s for s in statements(machine.resource) if s["Sid"] == "InvokeTheTasks")
    assert sorted(arn["Fn::GetAtt"][0] for arn in allowed["Resource"]) == sorted(
        f"{name}Function" for name in machine.functions
    )


@pytest.mark.parametrize("name", SHARED_ENDS)
def test_all_end_alike(name: str) -> None:
    ends = {
        json.dumps(MACHINES[machine].states[name])
        .replace(kind.capitalize(), "Job")
        .replace(kind, "job")
        for machine, kind in JOBS.items()
    }
    assert len(ends) == 1


def test_failures_explain_themselves(machine: Machine) -> None:
    for name, state in machine.states.items():
        if state["Type"] == "Fail":
            assert state["Error"].startswith("Safelight."), name
            assert state["Cause"], name


def test_a_row_outlives_its_request() -> None:
    """No review is in its way, and the sweeper ends what is open past its deadline."""
    wait = (
        parameter("RequestTTLSeconds")["MaxValue"]
        + parameter("InvocationTimeoutSeconds")["MaxValue"]
        + WAIT_MARGIN.total_seconds()
    )
    waits = max(parameter("MaxAttempts")["AllowedValues"]) * MAX_INFERENCES
    deadline = waits * wait + OTHER_STAGES.total_seconds()
    rows = MACHINES["RunBatch"]
    for name in ("RunRow", "RunRowAgain"):
        assert rows.tasks[name]["TimeoutSeconds"] >= deadline + 600
    assert rows.asl["TimeoutSeconds"] > rows.tasks["RunRow"]["TimeoutSeconds"]


def test_no_job_is_deleted_while_it_runs() -> None:
    lives = {
        "RunBatch": prepare_batch.LONGEST,
        "ModerateDataset": prepare_dataset.LONGEST,
        "TrainClassifier": prepare_training.LONGEST,
    }
    for name, longest in lives.items():
        assert MACHINES[name].asl["TimeoutSeconds"] == longest.total_seconds()


def test_the_training_is_over_before_its_task() -> None:
    training = MACHINES["ModerateDataset"].tasks["StartFineTuning"]
    most = training["Arguments"]["StoppingCondition"]["MaxRuntimeInSeconds"]
    assert training["TimeoutSeconds"] == most + 3600
    assert training["TimeoutSeconds"] < MACHINES["ModerateDataset"].asl["TimeoutSeconds"]


def test_tolerance_and_concurrency_are_parameters() -> None:
    rows = MACHINES["RunBatch"].states["RunRows"]
    assert "${BatchToleratedFailurePercentage}" in rows["ToleratedFailurePercentage"]
    assert parameter("BatchToleratedFailurePercentage")["MaxValue"] == 100
    images = MACHINES["ModerateDataset"].states["JudgeImages"]
    assert "${DatasetConcurrency}" in images["MaxConcurrency"]


def test_a_training_costs_money_and_is_started_by_hand() -> None:
    assert "Events" not in RESOURCES["TrainClassifier"]["Properties"]


def test_a_training_is_looked_at_often_enough_and_no_oftener() -> None:
    looks, waited, pause = 0, 0, 60
    while waited < 86400:
        looks, waited = looks + 1, waited + pause
        assert pause <= max(60, waited / 10)
        pause = max(60, waited // 10)
    states = MACHINES["TrainClassifier"].states
    assert f"a day has {looks} looks" in states["WaitForTraining"]["Comment"]
    assert "[60, $floor(($waited + $pause) / 10)]" in json.dumps(states["DescribeTraining"])
    assert "86400" in json.dumps(states["IsTrained"])


def test_what_starts_a_training_or_an_endpoint_says_which_so_that_a_retry_starts_no_second() -> (
    None
):
    states = MACHINES["TrainClassifier"].states
    for name in ("StartTraining", "CreateEndpoint"):
        assert "'ClientRequestToken': $training.version" in states[name]["Arguments"]


@pytest.mark.parametrize(
    ("shape", "choice", "ends"),
    [
        ("ModelStatus", "IsTrained", {"IN_ERROR", "STOP_REQUESTED", "STOPPED", "DELETING"}),
        ("EndpointStatus", "IsInService", {"FAILED"}),
    ],
)
def test_comprehends_statuses_are_known_but_for_those_that_end_the_job(
    shape: str, choice: str, ends: set[str]
) -> None:
    model = botocore.session.get_session().get_service_model("comprehend")
    known = re.findall(r"'([A-Z_]+)'", json.dumps(MACHINES["TrainClassifier"].states[choice]))
    assert set(model.shape_for(shape).enum) - set(known) == ends


def test_a_start_that_finds_no_machine_is_kept() -> None:
    rules = [
        event["Properties"]
        for name in MAPPED
        for event in RESOURCES[name]["Properties"]["Events"].values()
    ]
    assert len(rules) == 2
    for rule in rules:
        assert rule["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["IngressDeadLetters", "Arn"]}}
