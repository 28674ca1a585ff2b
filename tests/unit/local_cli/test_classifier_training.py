"""`safelight classifier check, deploy, status, delete`, in an account that is told what happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from unit.local_cli.aws_calls import Account, refusal

from local import cli
from local.classifier.redeploying import ask_comprehend, ask_own
from local.commands import job_following, which_stack
from local.commands.failure import FAILED, NOT_DELIVERED, SUCCESS
from local.deployed_stack import DeployedStack, Record
from shared.jobs import training_id

Output = pytest.CaptureFixture[str]
Json = dict[str, Any]
COMPREHEND = "arn:aws:comprehend:us-east-1:123456789012:"
ENDPOINT = f"{COMPREHEND}document-classifier-endpoint/s-prompts"
MODEL = f"{COMPREHEND}document-classifier/s-prompts/version/v-1"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:s-TrainClassifier"
ARN = "arn:aws:states:us-east-1:123456789012:execution:s-TrainClassifier:one"
OUTPUTS = {
    "DatasetsBucket": "datasets",
    "JobsTable": "jobs",
    "TrainClassifierArn": MACHINE,
    "ClassifierEndpoint": ENDPOINT,
}
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
REPORT: Json = {
    "model_arn": MODEL,
    "version": "v-1",
    "metrics": {"accuracy": 0.9, "precision": 0.9, "recall": 0.9, "f1": 0.9},
    "recall_by_label": {"safe": 0.95, "unsafe": 0.85},
    "gates": {"f1": 0.8, "recall": 0.8},
    "bucket": "datasets",
    "key": "reports/classifier/v-1/metrics.json",
    "deployed": True,
    "endpoint_arn": ENDPOINT,
}
LOW = {
    "stage": "JudgeClassifier",
    "category": "classifier",
    "rule": "recall",
    "label": "unsafe",
    "action": "reject",
    "message": "recall is 0.7000 and must be 0.8 at least",
}
NOT_THERE = refusal("DescribeEndpoint", "not found", "ResourceNotFoundException")


def ended(status: str, **more: Any) -> Record:
    """The job of the one execution that there is."""
    return {
        "job_id": training_id("one"),
        "kind": "classifier",
        "status": status,
        "execution_arn": ARN,
        "updated_at": "2026-11-21T10:00:00.000Z",
        **more,
    }


def item(job: Record) -> Json:
    flat = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in job.items()}
    return {"Item": {k: TypeSerializer().serialize(v) for k, v in flat.items()}}


def endpoint(status: str = "IN_SERVICE") -> Json:
    units = {"DesiredInferenceUnits": 1, "CurrentInferenceUnits": 1}
    told = {"EndpointArn": ENDPOINT, "Status": status, "ModelArn": MODEL, **units}
    return {"EndpointProperties": told}


def deployed_with(**parameters: str) -> Json:
    told = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
    stack = {"StackName": "s", "CreationTime": NOW, "StackStatus": "CREATE_COMPLETE"}
    return {"Stacks": [{**stack, "Parameters": told}]}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """One with an endpoint in service that the stack does not ask."""
    running = {"executionArn": ARN, "stateMachineArn": MACHINE, "name": "one", "startDate": NOW}
    target = {"ResourceId": ENDPOINT, "MinCapacity": 1, "MaxCapacity": 2, "CreationTime": NOW}
    target |= {
        "ServiceNamespace": "comprehend",
        "ScalableDimension": "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
        "RoleARN": "arn:aws:iam::123456789012:role/scaling",
    }

    def executions(request: Json) -> Json:
        wanted = request.get("statusFilter", "SUCCEEDED")
        found = [{**running, "status": "SUCCEEDED"}] if wanted == "SUCCEEDED" else []
        return {"executions": found}

    made = Account(
        {
            "describe_stacks": deployed_with(ClassifierBackend="toxicity"),
            "put_object": {"VersionId": "v7", "ETag": '"e"'},
            "start_execution": {"executionArn": ARN, "startDate": NOW},
            "get_item": item(ended("COMPLETED", report=REPORT)),
            "describe_endpoint": endpoint(),
            "describe_scalable_targets": {"ScalableTargets": [target]},
            "describe_scaling_policies": {"ScalingPolicies": []},
            "list_document_classifiers": {"DocumentClassifierPropertiesList": []},
            "list_executions": executions,
        }
    )
    stack = DeployedStack("s", made, OUTPUTS)
    monkeypatch.setattr(which_stack, "which_stack", lambda *_: stack)
    monkeypatch.setattr(job_following, "_LOOK_AT_AWS", 0.0)
    return made


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return write(tmp_path / "texts.csv", *rows("unsafe"), *rows("safe"))


def rows(label: str, count: int = 50) -> list[str]:
    return [f"{label},a {label} text {number}" for number in range(count)]


def write(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_a_sound_file_is_counted(texts: Path, capsys: Output) -> None:
    assert cli.main(["classifier", "check", str(texts)]) == SUCCESS
    told = capsys.readouterr().out.split()
    assert [told[told.index(label) + 1] for label in ("safe", "unsafe")] == ["50", "50"]


def test_every_problem_is_told_with_its_line_and_rule(tmp_path: Path, capsys: Output) -> None:
    unsound = write(
        tmp_path / "texts.csv", "label,text", *rows("unsafe", 49), *rows("safe"), "safe,x,y"
    )
    test = write(tmp_path / "test.csv", *rows("safe", 10))
    assert cli.main(["classifier", "check", str(unsound), "--test", str(test)]) == FAILED
    told = capsys.readouterr()
    for line, rule in (("1", "header"), ("101", "columns"), ("", "least_texts"), ("1", "leak")):
        found = [words for words in map(str.split, told.out.splitlines()) if rule in words]
        assert any(line in ["", *words] for words in found), rule
    assert "Nothing was sent" in told.err


def test_labels_are_those_of_the_policy(tmp_path: Path, capsys: Output) -> None:
    file = write(tmp_path / "texts.csv", *rows("toxic"), *rows("fine"))
    assert cli.main(["classifier", "check", str(file)]) == FAILED
    assert "no text has the policy's label unsafe" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "deploy"])
def test_a_file_that_is_not_there_is_told_of(command: str, capsys: Output) -> None:
    assert cli.main(["classifier", command, "none.csv"]) == FAILED
    assert "cannot read none.csv: No such file" in capsys.readouterr().err


def test_a_file_is_sent_trained_on_and_the_line_for_the_stack_is_told(
    account: Account, texts: Path, capsys: Output
) -> None:
    line = ["classifier", "deploy", str(texts), "--test", str(held_back(texts))]
    assert cli.main([*line, "--gate-recall", "0.9", "--stack", "s", "--yes"]) == SUCCESS
    assert json.loads(account.request("start_execution")["input"]) == {
        "key": "classifiers/texts.csv",
        "version_id": "v7",
        "test_key": "classifiers/held-back.csv",
        "test_version_id": "v7",
        "language": "en",
        "gates": {"f1": 0.8, "recall": 0.9},
        "deploy": True,
    }
    told = capsys.readouterr().out
    assert ask_own("s", {}, ENDPOINT) in told
    for part in ("3.00 USD an hour", "0.50 USD a month", "0.0005 USD a second", "43.20 USD a day"):
        assert told.index(part) < told.index("Started:")
    assert REPORT["key"] in told


def held_back(texts: Path) -> Path:
    lines = [f"{label},held back {label} {n}" for label in ("safe", "unsafe") for n in range(10)]
    return write(texts.with_name("held-back.csv"), *lines)


def test_a_stack_that_asks_the_endpoint_needs_nothing(
    account: Account, texts: Path, capsys: Output
) -> None:
    account.answers["describe_stacks"] = asking()
    assert cli.main(["classifier", "deploy", str(texts), "--stack", "s", "--yes"]) == SUCCESS
    told = capsys.readouterr().out
    assert "nothing is left to do" in told
    assert "sam deploy" not in told


def asking() -> Json:
    return deployed_with(ClassifierBackend="custom", ClassifierEndpointArn=ENDPOINT)


def test_what_is_refused_is_told_with_its_gate(
    account: Account, texts: Path, capsys: Output
) -> None:
    report = REPORT | {"recall_by_label": {"safe": 1.0, "unsafe": 0.7}, "deployed": False}
    account.answers["get_item"] = item(ended("REFUSED", report=report, reasons=[LOW]))
    line = ["classifier", "deploy", str(texts), "--stack", "s", "--yes"]
    assert cli.main(line) == NOT_DELIVERED
    told = capsys.readouterr().out
    assert "0.7000     ≥ 0.8   MISSED" in told
    assert f"recall of unsafe: {LOW['message']}" in told
    assert "still is" in told


def test_a_broken_file_is_not_sent(account: Account, tmp_path: Path) -> None:
    file = write(tmp_path / "texts.csv", *rows("unsafe"))
    assert cli.main(["classifier", "deploy", str(file), "--stack", "s", "--yes"]) == FAILED
    assert account.called("put", "start") == []


def no_answer(_: str) -> str:
    raise EOFError


@pytest.mark.parametrize(
    ("terminal", "answer", "told"),
    [
        (True, lambda _: "no", ""),
        (True, no_answer, ""),
        (False, lambda _: "yes", "nobody to ask here: say --yes."),
    ],
)
@pytest.mark.parametrize("command", ["deploy", "delete"])
def test_nothing_is_done_without_a_yes(
    account: Account,
    texts: Path,
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    answer: Callable[[str], str],
    told: str,
    command: str,
) -> None:
    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal)
    files = [str(texts)] if command == "deploy" else []
    assert cli.main(["classifier", command, *files, "--stack", "s"]) == FAILED
    assert told in capsys.readouterr().err
    assert account.called("put", "start", "delete", "deregister") == []


def test_a_yes_is_enough(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "y")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert cli.main(["classifier", "delete", "--stack", "s"]) == SUCCESS
    assert account.called("delete") == ["delete_endpoint"]


def test_nobody_is_asked_where_nobody_pays(
    account: Account, texts: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", no_answer)
    assert cli.main(["classifier", "deploy", str(texts), "--no-endpoint", "--no-wait"]) == SUCCESS
    told = capsys.readouterr().out
    assert "Nothing is paid here" in told
    assert "43.20" not in told
    assert json.loads(account.request("start_execution")["input"])["deploy"] is False


def test_an_earlier_model_is_put_back(account: Account) -> None:
    assert cli.main(["classifier", "deploy", "--model", MODEL, "--stack", "s", "--yes"]) == SUCCESS
    gates = {"f1": 0.8, "recall": 0.8}
    asked = json.loads(account.request("start_execution")["input"])
    assert asked == {"model_arn": MODEL, "gates": gates, "deploy": True}
    assert account.called("put") == []


def test_a_test_file_does_not_go_with_a_model(texts: Path, capsys: Output) -> None:
    line = ["classifier", "deploy", "--model", MODEL, "--test", str(texts)]
    assert cli.main(line) == FAILED
    assert "--test goes with a CSV" in capsys.readouterr().err


def test_status_shows_endpoint_cost_models_and_last_training(
    account: Account, capsys: Output
) -> None:
    metrics = {"EvaluationMetrics": {"F1Score": 0.9}}
    model = {"DocumentClassifierArn": MODEL, "Status": "TRAINED", "SubmitTime": NOW}
    listed = [{**model, "ClassifierMetadata": metrics}]
    account.answers["list_document_classifiers"] = {"DocumentClassifierPropertiesList": listed}
    policy = {
        "PolicyARN": "arn:p", "PolicyName": "s", "PolicyType": "TargetTrackingScaling",
        "ServiceNamespace": "comprehend", "ResourceId": ENDPOINT, "CreationTime": NOW,
        "ScalableDimension": "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0},
    }  # fmt: skip
    account.answers["describe_scaling_policies"] = {"ScalingPolicies": [policy]}
    assert cli.main(["classifier", "status", "--stack", "s"]) == SUCCESS
    told = capsys.readouterr().out
    for part in (
        "IN_SERVICE", "1 of 1 wanted, scaled between 1 and 2, kept at 70 % of use",
        "43.20 USD a day", "The stack asks: toxicity", "in service", training_id("one"),
        "s3://datasets/reports/classifier/v-1/metrics.json",
    ):  # fmt: skip
        assert part in told


def test_models_are_read_over_several_answers(account: Account, capsys: Output) -> None:
    def page(request: Json) -> Json:
        name = MODEL[:-1] + ("2" if "NextToken" in request else "1")
        model = {"DocumentClassifierArn": name, "Status": "TRAINED", "SubmitTime": NOW}
        more = {} if "NextToken" in request else {"NextToken": "more"}
        return {"DocumentClassifierPropertiesList": [model], **more}

    account.answers["list_document_classifiers"] = page
    assert cli.main(["classifier", "status", "--stack", "s"]) == SUCCESS
    told = capsys.readouterr().out
    assert f"{MODEL[:-1]}1" in told
    assert f"{MODEL[:-1]}2" in told


def test_status_fails_where_the_stack_asks_what_is_not_there(
    account: Account, capsys: Output
) -> None:
    account.answers |= {"describe_stacks": asking(), "describe_endpoint": NOT_THERE}
    account.answers["list_executions"] = {"executions": []}
    assert cli.main(["classifier", "status", "--stack", "s"]) == FAILED
    assert "Every prompt ends as FAILED" in capsys.readouterr().out


def test_the_endpoint_is_deleted_with_its_scaling_and_the_models_stay(
    account: Account, capsys: Output
) -> None:
    assert cli.main(["classifier", "delete", "--stack", "s", "--yes"]) == SUCCESS
    assert account.called("delete", "deregister") == [
        "deregister_scalable_target",
        "delete_endpoint",
    ]
    assert "Ends 43.20 USD a day" in capsys.readouterr().out


def test_what_is_not_there_needs_no_deletion(account: Account) -> None:
    account.answers["describe_endpoint"] = NOT_THERE
    assert cli.main(["classifier", "delete", "--stack", "s"]) == SUCCESS
    assert account.called("delete", "deregister") == []


def test_an_endpoint_without_scaling_is_deleted(account: Account) -> None:
    gone = refusal("DeregisterScalableTarget", "none", "ObjectNotFoundException")
    account.answers["deregister_scalable_target"] = gone
    assert cli.main(["classifier", "delete", "--stack", "s", "--yes"]) == SUCCESS
    assert account.called("delete") == ["delete_endpoint"]


def test_an_endpoint_in_use_is_deleted_by_force_alone(account: Account, capsys: Output) -> None:
    account.answers["describe_stacks"] = asking()
    line = ["classifier", "delete", "--stack", "s", "--yes"]
    assert cli.main(line) == FAILED
    assert ask_comprehend("s") in capsys.readouterr().err
    assert account.called("delete", "deregister") == []
    assert cli.main([*line, "--force"]) == SUCCESS
    assert account.called("delete") == ["delete_endpoint"]


def test_an_endpoint_is_not_deleted_under_a_training(account: Account, capsys: Output) -> None:
    under_way = {"executionArn": ARN, "stateMachineArn": MACHINE, "name": "one", "startDate": NOW}
    account.answers["list_executions"] = {"executions": [{**under_way, "status": "RUNNING"}]}
    assert cli.main(["classifier", "delete", "--stack", "s", "--yes"]) == FAILED
    assert "a training is under way" in capsys.readouterr().err


def test_the_line_empties_what_another_backend_needed() -> None:
    line = ask_own("s", {"GuardrailArn": "arn:g", "GuardrailVersion": "1"}, ENDPOINT)
    assert line.endswith(f"""={ENDPOINT} 'GuardrailArn=""' 'GuardrailVersion=""'""")


def test_the_line_for_the_local_stack_means_no_account() -> None:
    lines = (ask_own("s", {}, ENDPOINT, "http://here"), ask_comprehend("s", "http://here"))
    assert all(line.startswith("AWS_ENDPOINT_URL=http://here sam deploy ") for line in lines)
