"""TrainClassifier: a file that cannot be learned from costs nothing; what is good enough answers.

Waits are a twentieth: what can be under way at the same time is.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from workflow.running_jobs import Ended, assert_closed_and_told, ended, until
from workflow.running_system import Stack
from workflow.running_trainings import (
    DRAGONS,
    LAKES,
    SAFE,
    SECONDS,
    UNSAFE,
    begin,
    best_label,
    classifiers,
    endpoint_of,
    file_of,
    learnable,
    not_learnable,
    put_texts,
    rows,
    stand_in,
    train,
    version_of,
)

pytestmark = pytest.mark.engine

DIMENSION = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"


@dataclass(frozen=True)
class Trained:
    """Executions that do not disturb one another, at their ends."""

    deployed: Ended
    not_deployed: Ended
    below_gates: Ended


@pytest.fixture(scope="module")
def trained(stack: Stack) -> Trained:
    stack.stand_ins.direct_classifiers(SECONDS)
    good, bad = put_texts(stack, "good", learnable()), put_texts(stack, "bad", not_learnable())
    arns = [
        begin(stack, key=good),
        begin(stack, key=good, deploy=False),
        begin(stack, key=bad, gates={"f1": 0.95, "recall": 0.95}),
    ]
    return Trained(*(ended(stack, arn) for arn in arns))


def test_a_file_that_cannot_be_learned_from_is_told_of_and_nothing_is_paid(stack: Stack) -> None:
    before = classifiers(stack)
    lines = [
        "label,text",
        *rows(UNSAFE, DRAGONS),
        *rows(SAFE, LAKES, 49),
        f'{SAFE},"{DRAGONS}, number 3"',
    ]
    run = train(stack, key=put_texts(stack, "unsound", file_of(*lines)))

    assert (run.status, run.output["status"]) == ("SUCCEEDED", "INVALID")
    job = assert_closed_and_told(stack, run.job_id, "INVALID")
    assert {(r["rule"], r.get("line")) for r in job["reasons"]} == {
        ("header", 1),
        ("least_texts", None),
        ("two_labels", 111),
    }
    assert {r["field"] for r in job["reasons"]} == {"key"}
    assert "StartTraining" not in run.states
    assert classifiers(stack).keys() == before.keys()


@pytest.mark.parametrize(
    ("asked", "field", "rule"),
    [
        ({"key": "classifiers/not-there.csv"}, "key", "exists"),
        ({"key": "datasets/rows.csv"}, "key", "folder"),
        ({}, "key", "required"),
    ],
)
def test_what_is_asked_wrongly_is_told_of(
    stack: Stack, asked: dict[str, Any], field: str, rule: str
) -> None:
    run = train(stack, **asked)
    job = assert_closed_and_told(stack, run.job_id, "INVALID")
    assert [(r["field"], r["rule"]) for r in job["reasons"]] == [(field, rule)]


def test_a_good_classifier_answers_and_scales(stack: Stack, trained: Trained) -> None:
    run = trained.deployed

    assert (run.status, run.output["status"]) == ("SUCCEEDED", "COMPLETED")
    report = assert_closed_and_told(stack, run.job_id, "COMPLETED")["report"]
    assert report == run.output["report"]
    assert report["deployed"] is True
    assert report["endpoint_arn"] == stack.outputs["ClassifierEndpoint"]
    assert report["metrics"]["f1"] > 0.9
    assert report["recall_by_label"].keys() == {SAFE, UNSAFE}
    assert (report["texts"], report["version"]) == ({SAFE: 60, UNSAFE: 60}, version_of(run.arn))
    kept = json.loads(stack.objects("DatasetsBucket")[report["key"]])
    assert (kept["metrics"], kept["verdict"]) == (report["metrics"], "accept")
    assert best_label(stack, report["endpoint_arn"], f"{DRAGONS}, number 99") == UNSAFE
    assert best_label(stack, report["endpoint_arn"], f"{LAKES}, number 99") == SAFE
    target = _scaling(stack, report["endpoint_arn"])
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)


def test_what_is_not_to_be_deployed_is_trained_and_judged_alone(
    stack: Stack, trained: Trained
) -> None:
    run = trained.not_deployed
    report = assert_closed_and_told(stack, run.job_id, "COMPLETED")["report"]
    assert (report["deployed"], "endpoint_arn" in report) == (False, False)
    assert "DescribeEndpoint" not in run.states
    assert classifiers(stack)[version_of(run.arn)]["Status"] == "TRAINED"


def test_what_is_below_its_gates_leaves_the_endpoint_as_it_is(
    stack: Stack, trained: Trained
) -> None:
    run = trained.below_gates

    assert (run.status, run.output["status"]) == ("SUCCEEDED", "REFUSED")
    job = assert_closed_and_told(stack, run.job_id, "REFUSED")
    assert job["reasons"]
    for reason in job["reasons"]:
        assert reason["rule"] in ("f1", "recall")
        assert reason["score"] < reason["threshold"] == 0.95
    assert (job["report"]["deployed"], "DescribeEndpoint" in run.states) == (False, False)
    now = endpoint_of(stack)
    assert now is not None
    assert now["ModelArn"] != job["report"]["model_arn"]


def test_the_next_models_have_the_same_endpoint_and_an_earlier_one_can_come_back(
    stack: Stack, trained: Trained
) -> None:
    first = trained.deployed.output["report"]
    at_once = [begin(stack, key="classifiers/good.csv") for _ in range(2)]
    reports = [ended(stack, arn).output["report"] for arn in at_once]

    assert [report["deployed"] for report in reports] == [True, True]
    assert {report["endpoint_arn"] for report in reports} == {first["endpoint_arn"]}
    assert _in_service(stack) in {report["model_arn"] for report in reports}

    paid = classifiers(stack)
    back = train(stack, model_arn=first["model_arn"])

    report = assert_closed_and_told(stack, back.job_id, "COMPLETED")["report"]
    assert (report["model_arn"], report["deployed"]) == (first["model_arn"], True)
    assert (report["metrics"], report["recall_by_label"]) == (
        first["metrics"],
        first["recall_by_label"],
    )
    assert _in_service(stack) == first["model_arn"]
    assert "StartTraining" not in back.states
    assert classifiers(stack).keys() == paid.keys()


def test_a_training_that_fails_or_never_ends_is_a_failed_job(stack: Stack) -> None:
    key = put_texts(stack, "failing", learnable())
    try:
        stack.stand_ins.direct_classifiers(phase_seconds=300)
        endless = begin(stack, machine=_impatient(stack), key=key)
        until(lambda: version_of(endless) in classifiers(stack))
        stack.stand_ins.direct_classifiers(SECONDS, training="fail")
        failing = train(stack, key=key)
    finally:
        stack.stand_ins.direct_classifiers(SECONDS)

    job = assert_closed_and_told(stack, failing.job_id, "FAILED")
    (reason,) = job["reasons"]
    assert (job["stage"], reason["rule"], reason["category"]) == (
        "DescribeTraining", "IN_ERROR", "technical",
    )  # fmt: skip
    assert reason["message"] == classifiers(stack)[version_of(failing.arn)]["Message"]
    assert failing.status == "FAILED"

    stopped = ended(stack, endless)
    job = assert_closed_and_told(stack, stopped.job_id, "FAILED")
    assert [r["rule"] for r in job["reasons"]] == ["TrainingTooLong"]
    assert "StopTraining" in stopped.states
    until(lambda: classifiers(stack)[version_of(endless)]["Status"] == "STOPPED")


@pytest.mark.parametrize("code", ["ResourceInUseException", "ResourceUnavailableException"])
def test_an_endpoint_that_is_being_changed_is_asked_again(
    code: str, stack: Stack, trained: Trained
) -> None:
    reports = [run.output["report"] for run in (trained.deployed, trained.not_deployed)]
    other = next(r["model_arn"] for r in reports if r["model_arn"] != _in_service(stack))
    changing = {"service": "comprehend", "operation": "UpdateEndpoint"}
    stack.stand_ins.break_calls({**changing, "kind": "error", "code": code, "status": 400})
    try:
        run = train(stack, model_arn=other)
    finally:
        stack.stand_ins.mend()

    assert run.output["status"] == "COMPLETED"
    assert run.states.count("UpdateEndpoint") == 2
    assert _in_service(stack) == other


def test_an_endpoint_that_fails_is_a_failed_job(stack: Stack, trained: Trained) -> None:
    model = trained.not_deployed.output["report"]["model_arn"]
    stack.stand_ins.direct_classifiers(SECONDS, endpoint="fail")
    try:
        run = train(stack, model_arn=model)
    finally:
        stack.stand_ins.direct_classifiers(SECONDS)
        endpoint = stack.outputs["ClassifierEndpoint"]
        stand_in(stack, "comprehend").delete_endpoint(EndpointArn=endpoint)

    job = assert_closed_and_told(stack, run.job_id, "FAILED")
    assert [reason["rule"] for reason in job["reasons"]] == ["endpoint_FAILED"]
    assert (job["report"]["deployed"], job["report"]["model_arn"]) == (False, model)


def test_an_endpoint_that_never_appears_is_waited_for_and_then_a_failed_job(
    stack: Stack, trained: Trained
) -> None:
    unseen = {"service": "comprehend", "operation": "DescribeEndpoint", "times": None}
    stack.stand_ins.break_calls(
        {**unseen, "kind": "error", "code": "ResourceNotFoundException", "status": 400}
    )
    model = trained.not_deployed.output["report"]["model_arn"]
    try:
        run = ended(stack, begin(stack, machine=_impatient(stack), model_arn=model))
    finally:
        stack.stand_ins.mend()
        endpoint = stack.outputs["ClassifierEndpoint"]
        stand_in(stack, "comprehend").delete_endpoint(EndpointArn=endpoint)

    job = assert_closed_and_told(stack, run.job_id, "FAILED")
    assert [reason["rule"] for reason in job["reasons"]] == ["EndpointTooLong"]
    assert run.states.count("CreateEndpoint") == 2


def test_no_text_that_is_learned_is_told(stack: Stack, trained: Trained) -> None:
    told = json.dumps([trained.deployed.job, trained.deployed.output])
    told += json.dumps(stack.events(trained.deployed.job_id, about="job_id"))
    for text in (DRAGONS, LAKES):
        assert text not in told
        assert text not in stack.logs()


def _in_service(stack: Stack) -> str:
    found = endpoint_of(stack)
    assert found is not None
    assert found["Status"] == "IN_SERVICE"
    return str(found["ModelArn"])


def _impatient(stack: Stack) -> str:
    """The stack's machine, but training and endpoint may take a minute each; its ARN."""
    steps = stack.client("stepfunctions")
    ours = steps.describe_state_machine(stateMachineArn=stack.outputs["TrainClassifierArn"])
    definition = ours["definition"]
    for patience in ("$waited >= 86400", "$waited >= 7200"):
        assert definition.count(patience) == 1
        definition = definition.replace(patience, "$waited >= 60")
    made = steps.create_state_machine(
        name=f"{stack.name}-ImpatientTraining", definition=definition, roleArn=ours["roleArn"]
    )
    return str(made["stateMachineArn"])


def _scaling(stack: Stack, endpoint: str) -> dict[str, Any]:
    listed = stand_in(stack, "application-autoscaling").describe_scalable_targets(
        ServiceNamespace="comprehend", ResourceIds=[endpoint], ScalableDimension=DIMENSION
    )["ScalableTargets"]
    (target,) = listed
    return dict(target)
