"""The state machine as data: branches, retries, catches, and the arithmetic of its time-outs."""

import json
import math
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from wiring.system import (
    ASL,
    LAMBDA_TASKS,
    RESOURCES,
    ROOT,
    STATES,
    TASKS,
    TEMPLATE,
    nexts,
    parameter,
    setting,
    substituted,
)

from accept_request.accept import OTHER_STAGES, WAIT_MARGIN
from shared import errors
from shared.inferences import MAX_INFERENCES
from shared.records import ANNOUNCE_WITHIN

# Of AWS's own error names, those that the machine names.
AWS_ERRORS = {
    "DynamoDB.ConditionalCheckFailedException",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.Timeout",
}
# They wait for an answer to their token, for as long as parameters say.
CALLBACKS = {"GenerateImages", "ReviewRequest"}
STATUSES = json.loads((ROOT / "schemas" / "record.schema.json").read_text("utf-8"))
CLOSED = set(STATUSES["properties"]["status"]["enum"]) - {"RUNNING", "IN_REVIEW"}


def test_every_state_can_be_reached_and_leads_to_an_end() -> None:
    reached, open_ends = set(), [ASL["StartAt"]]
    while open_ends:
        name = open_ends.pop()
        if name not in reached:
            reached.add(name)
            open_ends += nexts(STATES[name])
    assert reached == set(STATES)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_a_time_out_bounded_retries_and_a_last_resort(name: str) -> None:
    state = TASKS[name]
    for part in ("TimeoutSeconds", "Retry", "Catch"):
        assert state.get(part), f"{name} has no {part}"
    for retry in state["Retry"]:
        if retry["MaxAttempts"] == 0:
            continue
        assert retry["MaxAttempts"] <= 6
        assert retry["JitterStrategy"] == "FULL"
        assert retry["MaxDelaySeconds"] <= 60
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    for block in [*state["Retry"][:-1], *state["Catch"][:-1]]:
        assert "States.ALL" not in block["ErrorEquals"]


@pytest.mark.parametrize("name", TASKS)
def test_named_errors_exist(name: str) -> None:
    named = {
        error
        for block in [*TASKS[name]["Retry"], *TASKS[name]["Catch"]]
        for error in block["ErrorEquals"]
    }
    for error in named - AWS_ERRORS:
        assert issubclass(getattr(errors, error), errors.SafelightError)


def test_every_error_that_is_worth_a_try_gets_one() -> None:
    for name in LAMBDA_TASKS:
        retried = {error for block in TASKS[name]["Retry"] for error in block["ErrorEquals"]}
        assert {"Throttled", "ServiceUnavailable"} <= retried, f"{name}: Retry lacks one of both"
    assert "UnusableVerdict" in str(TASKS["ClassifyPrompt"]["Retry"])
    assert "UnusableVerdict" in str(TASKS["ModerateImages"]["Retry"])
    assert "MalformedReply" in str(TASKS["StoreImages"]["Retry"])


def test_a_timed_out_generation_is_not_paid_again() -> None:
    retried = {
        error for block in TASKS["GenerateImages"]["Retry"] for error in block["ErrorEquals"]
    }
    assert "States.Timeout" not in retried
    assert "States.TaskFailed" not in retried


def test_every_known_failure_has_an_inference_of_its_own() -> None:
    retry = next(
        block
        for block in TASKS["GenerateImages"]["Retry"]
        if "GenerationFailed" in block["ErrorEquals"]
    )
    assert retry["MaxAttempts"] + 1 == MAX_INFERENCES


def test_a_task_outlives_its_function() -> None:
    for name in LAMBDA_TASKS:
        if name not in CALLBACKS:
            least = setting(f"{name}Function", "Timeout") + 10
            assert TASKS[name]["TimeoutSeconds"] >= least, f"{name}: TimeoutSeconds below {least}"


def test_the_machine_outlives_its_longest_path() -> None:
    waits = max(parameter("MaxAttempts")["AllowedValues"]) * MAX_INFERENCES
    wait = (
        parameter("RequestTTLSeconds")["MaxValue"]
        + parameter("InvocationTimeoutSeconds")["MaxValue"]
        + 300
    )
    assert "+ 300 %}" in TASKS["GenerateImages"]["TimeoutSeconds"]
    rest = sum(_longest(name) for name in TASKS if name not in CALLBACKS)
    looped = sum(_longest(name) for name in ("StoreImages", "ModerateImages", "EndReview"))
    rest += (max(parameter("MaxAttempts")["AllowedValues"]) - 1) * looped
    # A prompt that its words blocked is classified once it is approved.
    rest += _longest("ClassifyPrompt")
    # A record is overdue only when the machine could not be at work on it any more.
    others = OTHER_STAGES.total_seconds()
    assert rest < others, (
        f"everything else takes up to {rest:,.0f} s: shorten a state's TimeoutSeconds or retries; "
        "or raise OTHER_STAGES in functions/accept_request/accept.py"
    )
    assert "+ 900 %}" in TASKS["ReviewRequest"]["TimeoutSeconds"]
    reviews = 1 + max(parameter("MaxAttempts")["AllowedValues"])
    review = parameter("ReviewSeconds")["MaxValue"] + 900
    longest = waits * wait + others + reviews * review
    assert longest < ASL["TimeoutSeconds"]
    for seconds in (waits * wait, others, reviews * review, longest, ASL["TimeoutSeconds"]):
        assert f"{seconds:,.0f} s" in ASL["Comment"], "the machine's Comment: its arithmetic"
    assert WAIT_MARGIN.total_seconds() == 300
    assert parameter("RetentionDays")["MinValue"] * 86_400 > waits * wait + others


def test_with_reviews_nothing_is_deleted_that_waits() -> None:
    """The template's rule names the days that are too few, since it cannot compare numbers."""
    rule = TEMPLATE["Rules"]["ReviewsNeedTheApi"]
    refused = {
        contains[1]["Ref"]: [int(day) for day in contains[0]]
        for assertion in rule["Assertions"]
        if (contains := assertion["Assert"]["Fn::Not"][0].get("Fn::Contains"))
    }
    for name, seconds in (
        ("RetentionDays", ASL["TimeoutSeconds"]),
        ("WorkRetentionDays", parameter("ReviewSeconds")["MaxValue"] + 900),
    ):
        least = parameter(name)["MinValue"]
        assert set(range(least, math.ceil(seconds / 86_400))) <= set(refused[name])


def test_whoever_closes_a_record_leaves_the_same_time_to_announce_it() -> None:
    written = TASKS["RecordOutcome"]["Arguments"]["ExpressionAttributeValues"][":deadline"]["S"]
    assert f"+ {ANNOUNCE_WITHIN // timedelta(milliseconds=1)})" in written


def _longest(name: str) -> float:
    state = TASKS[name]
    tries = 1 + sum(block["MaxAttempts"] for block in state["Retry"])
    delays = sum(
        block["MaxAttempts"] * block["MaxDelaySeconds"]
        for block in state["Retry"]
        if block["MaxAttempts"]
    )
    return float(tries * state["TimeoutSeconds"] + delays)


def test_notices_are_hidden_long_enough() -> None:
    hidden = RESOURCES["NoticesQueue"]["Properties"]["VisibilityTimeout"]
    assert hidden >= 6 * setting("ResumeGenerationFunction", "Timeout")


def test_every_outcome_has_its_end() -> None:
    told = STATES["HowDidItEnd"]
    named = {choice["Condition"].split("'")[1] for choice in told["Choices"]}
    assert named | {"FAILED"} == CLOSED
    for choice in told["Choices"]:
        kind = STATES[choice["Next"]]["Type"]
        assert kind == ("Fail" if "EXPIRED" in choice["Condition"] else "Succeed")


def test_failures_explain_themselves() -> None:
    for name, state in STATES.items():
        if state["Type"] == "Fail":
            assert state["Error"].startswith("Safelight."), name
            assert state["Cause"], name


def test_the_grammar_is_known_to_the_interpreter() -> None:
    AmazonStateLanguageParser.parse(substituted())


def test_cfn_lint_finds_nothing_in_the_inlined_machine(tmp_path: Path) -> None:
    """SAM's lint never opens the file behind DefinitionUri."""
    definition = json.loads(substituted())
    # Step Functions takes an expression here; cfn-lint's schema knows a number only.
    for name in CALLBACKS:
        definition["States"][name]["TimeoutSeconds"] = 4500
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": "arn:aws:iam::111122223333:role/machine",
            "Definition": definition,
        },
    }
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": {"Machine": machine}}), "utf-8")
    command = [str(Path(sys.executable).with_name("cfn-lint")), str(template)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.skipif(shutil.which("npx") is None, reason="npm's asl-validator needs node")
def test_asl_validator_finds_nothing(tmp_path: Path) -> None:
    definition = tmp_path / "machine.asl.json"
    definition.write_text(substituted(), "utf-8")
    command = [
        "npx",
        "--yes",
        "--prefer-offline",
        "asl-validator@4.0.0",
        "--json-path",
        str(definition),
    ]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    except subprocess.TimeoutExpired:
        pytest.skip("asl-validator could not be fetched in time")
    if "npm error" in found.stderr:
        pytest.skip("asl-validator could not be fetched")
    assert found.returncode == 0, found.stdout + found.stderr
