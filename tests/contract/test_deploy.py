"""A SAM template becomes a stack, and what is wrong with one is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract.machines import Invoke, Make, Run, unique

from local.deploy import DeployError, deploy
from local.packaging import package
from local.running import Engine

pytestmark = pytest.mark.engine
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Word: {Type: String, Default: none}
Globals:
  Function: {Runtime: python3.13, Timeout: 10, CodeUri: functions/, Handler: app.handler}
Resources:
  Fail:
    Type: AWS::Serverless::Function
    Properties:
      Layers: [!Ref Words, !Ref Pinned]
      Environment: {Variables: {WORD: !Ref Word}}
  Words:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: words/, CompatibleRuntimes: [python3.13]}
  Pinned:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: pinned/, CompatibleRuntimes: [python3.13]}
    Metadata: {BuildMethod: python3.13}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.json
      DefinitionSubstitutions: {Function: !GetAtt Fail.Arn}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Fail}}]
Outputs:
  Function: {Value: !GetAtt Fail.Arn}
  Machine: {Value: !Ref Machine}
"""
FUNCTION = """
import os
import words

class Unreadable(Exception):
    pass

def handler(event, _):
    raise Unreadable(words.PREFIX + os.environ["WORD"])
"""
MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "${Function}", "Payload": {}},
            "End": True,
        }
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A template with local paths of every kind."""
    files = {
        "template.yaml": TEMPLATE,
        "machine.asl.json": json.dumps(MACHINE),
        "functions/app.py": FUNCTION,
        "functions/requirements.txt": "aws-lambda-powertools\n",
        "functions/__pycache__/app.cpython-313.pyc": "not code",
        "words/python/words.py": 'PREFIX = "from the layer: "\n',
        "pinned/requirements.txt": "pillow\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "template.yaml"


def test_an_unmodified_template_is_created_updated_and_left_alone(
    engine: Engine, project: Path, invoke: Invoke, run: Run, finish: Run, make_function: Make
) -> None:
    stack, steps = unique("stack"), engine.client("stepfunctions")
    said: list[str] = []
    outputs = deploy(engine.endpoint, project, stack, {"Word": "one"}, said.append)
    assert set(outputs) == {"Function", "Machine"}
    assert said[0] == "packaging"
    assert project.read_text() == TEMPLATE
    execution = steps.start_execution(stateMachineArn=outputs["Machine"])["executionArn"]
    assert finish(execution)["error"] == "Unreadable"
    by_hand = make_function(
        "class Unreadable(Exception): pass\ndef handler(*_): raise Unreadable()\n"
    )
    assert invoke({}, by_hand)[0]["errorType"] == "Unreadable"
    again = deploy(engine.endpoint, project, stack, {"Word": "two"})
    assert again == outputs
    assert invoke({}, outputs["Function"])[0]["errorMessage"] == "from the layer: two"
    assert deploy(engine.endpoint, project, stack, {"Word": "two"}) == outputs


def test_a_definition_that_does_not_parse_fails_the_stack_by_name(
    engine: Engine, project: Path
) -> None:
    stack = unique("stack")
    wrong: Any = {**MACHINE, "StartAt": "Nowhere"}
    (project.parent / "machine.asl.json").write_text(json.dumps(wrong))
    with pytest.raises(DeployError, match=r"Machine \(AWS::StepFunctions::StateMachine\).*Nowhere"):
        deploy(engine.endpoint, project, stack, {})
    (project.parent / "machine.asl.json").write_text(json.dumps(MACHINE))
    assert deploy(engine.endpoint, project, stack, {})["Machine"]


def test_a_distributed_map_is_checked_and_deployed(engine: Engine, project: Path) -> None:
    stack = unique("stack")
    state: dict[str, Any] = {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **{name: value for name, value in MACHINE.items() if name != "QueryLanguage"},
        },
        "ItemBatcher": {"MaxItemsPerBatch": 10},
        "ToleratedFailurePercentage": 5,
        "ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}},
        "End": True,
    }

    def write(**change: Any) -> None:
        machine = {**MACHINE, "StartAt": "Rows", "States": {"Rows": {**state, **change}}}
        (project.parent / "machine.asl.json").write_text(json.dumps(machine))

    write(ItemBatcher={"MaxItems": 10})
    with pytest.raises(DeployError, match=r"Machine .*ItemBatcher has no field MaxItems"):
        deploy(engine.endpoint, project, stack, {})
    write()
    assert deploy(engine.endpoint, project, stack, {})["Machine"]


def test_a_missing_path_is_named_before_anything_is_created(engine: Engine, project: Path) -> None:
    (project.parent / "machine.asl.json").unlink()
    with pytest.raises(DeployError, match=r"machine\.asl\.json"):
        deploy(engine.endpoint, project, unique("stack"), {})


def test_a_refused_parameter_is_reported(engine: Engine, project: Path) -> None:
    with pytest.raises(DeployError, match="Nosuch"):
        deploy(engine.endpoint, project, unique("stack"), {"Nosuch": "1"})


def test_a_package_is_the_same_for_the_same_files(project: Path) -> None:
    def contents() -> list[bytes]:
        found: list[bytes] = []

        def keep(content: bytes, suffix: str) -> str:
            found.append(content)
            return f"s3://bucket/{len(found)}{suffix}"

        package(project, keep)
        return found

    first = contents()
    (project.parent / "functions" / "__pycache__" / "app.cpython-313.pyc").write_text("other")
    assert contents() == first
    assert len(first) == 4


def test_what_only_watches_or_permits_is_accepted(engine: Engine, tmp_path: Path) -> None:
    metric = {"MetricStat": {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60}}
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"}
    resources = {
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "ComparisonOperator": "GreaterThanUpperThreshold",
                "EvaluationPeriods": 1,
                "ThresholdMetricId": "band",
                "Metrics": [{"Id": "m", **metric}, band],
            },
        },
        "Any": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {"AlarmRule": {"Fn::Sub": "ALARM(${Alarm})"}},
        },
        "Permission": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {"StatementId": "all", "Statement": {}},
        },
    }
    template = tmp_path / "template.yaml"
    template.write_text(
        json.dumps({"Resources": resources, "Outputs": {"Alarm": {"Value": {"Ref": "Alarm"}}}})
    )
    stack = unique("stack")
    assert deploy(engine.endpoint, template, stack, {})["Alarm"]
    resources["Alarm"]["Properties"] = {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "Namespace": "N",
        "MetricName": "M",
    }
    template.write_text(json.dumps({"Resources": resources}))
    deploy(engine.endpoint, template, stack, {})
    assert len(engine.client("cloudwatch").describe_alarms()["MetricAlarms"]) == 1
