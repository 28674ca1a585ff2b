"""One word in five places, and every name on one side has its other side."""

import importlib
import json
import re

import pytest
from wiring.system import (
    ASL_TEXT,
    FUNCTIONS,
    LAMBDA_TASKS,
    LAMBDAS,
    MACHINE,
    RESOURCES,
    ROOT,
    STATES,
    TEMPLATE,
    of_type,
    setting,
    snake,
    statements,
    variables_read,
)

FOLDERS = sorted(path.name for path in FUNCTIONS.iterdir() if (path / "handler.py").exists())


def test_the_machine_file_is_where_the_template_says() -> None:
    assert (ROOT / MACHINE["DefinitionUri"]).is_file()


def test_placeholders_are_the_substitutions() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", ASL_TEXT)) == set(MACHINE["DefinitionSubstitutions"])


def test_the_machine_names_nothing_literally() -> None:
    literal = re.findall(r"arn:aws:(?!states:::)[a-z]", ASL_TEXT)
    assert not literal


@pytest.mark.parametrize("state", LAMBDA_TASKS)
def test_a_lambda_task_is_named_as_its_function_and_folder(state: str) -> None:
    assert STATES[state]["Arguments"]["FunctionName"] == f"${{{state}FunctionArn}}"
    assert MACHINE["DefinitionSubstitutions"][f"{state}FunctionArn"] == {
        "Fn::GetAtt": [f"{state}Function", "Arn"]
    }
    assert snake(state) in FOLDERS


@pytest.mark.parametrize("function", LAMBDAS)
def test_a_function_has_its_handler_log_group_and_events(function: str) -> None:
    folder = snake(function.removesuffix("Function"))
    module, name = setting(function, "Handler").rsplit(".", 1)
    assert module == f"{folder}.handler"
    assert callable(getattr(importlib.import_module(module), name))
    group = f"{function.removesuffix('Function')}LogGroup"
    assert setting(function, "LoggingConfig") == {"LogGroup": {"Ref": group}}
    assert "RetentionInDays" in RESOURCES[group]["Properties"]
    assert list((ROOT / "events" / folder).glob("*.json"))


def test_every_folder_with_a_handler_is_a_function() -> None:
    assert sorted(snake(name.removesuffix("Function")) for name in LAMBDAS) == FOLDERS


@pytest.mark.parametrize("function", LAMBDAS)
def test_a_function_has_the_variables_that_it_reads(function: str) -> None:
    given = LAMBDAS[function]["Properties"].get("Environment", {}).get("Variables", {})
    assert set(given) == variables_read(snake(function.removesuffix("Function")))


@pytest.mark.parametrize("state", ["FilterKeywords", "ClassifyPrompt", "ModerateImages"])
def test_reasons_name_the_state_they_come_from(state: str) -> None:
    folders = (FUNCTIONS / snake(state), FUNCTIONS / "shared")
    sources = [path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py")]
    assert any(f'STAGE = "{state}"' in source for source in sources)


def test_the_machine_may_invoke_its_tasks_and_nothing_else() -> None:
    allowed = next(
        s for s in statements(RESOURCES["GenerateSafeImage"]) if s["Sid"] == "InvokeTheTasks"
    )
    assert sorted(arn["Fn::GetAtt"][0] for arn in allowed["Resource"]) == sorted(
        f"{state}Function" for state in LAMBDA_TASKS
    )


def test_a_text_classifier_may_be_called_only_where_it_is_chosen() -> None:
    (policy,) = RESOURCES["ClassifyPromptRole"]["Properties"]["Policies"]
    chosen = {
        one["Fn::If"][0]: (one["Fn::If"][1]["Action"], one["Fn::If"][1]["Resource"])
        for one in policy["PolicyDocument"]["Statement"]
        if "Fn::If" in one and one["Fn::If"][0].startswith("Use")
    }
    assert chosen == {
        "UseToxicity": ("comprehend:DetectToxicContent", "*"),
        "UseCustom": ("comprehend:ClassifyDocument", {"Ref": "ClassifierEndpointArn"}),
        "UseGuardrail": ("bedrock:ApplyGuardrail", {"Ref": "GuardrailArn"}),
        "UseGuardrailProfile": (
            "bedrock:ApplyGuardrail",
            {"Fn::Split": [",", {"Ref": "GuardrailProfileArns"}]},
        ),
    }


def test_the_policy_knows_every_text_classifier() -> None:
    backends = TEMPLATE["Parameters"]["ClassifierBackend"]["AllowedValues"]
    known = json.loads((ROOT / "policy" / "default.json").read_text("utf-8"))["classifier"]
    assert set(backends) <= known.keys()
    assert set(backends) == known["languages"]["read"].keys()


def test_every_asynchronous_hop_has_a_dead_letter_queue() -> None:
    rules = [
        event["Properties"]
        for resource in RESOURCES.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "EventBridgeRule"
    ]
    assert rules
    for rule in rules:
        assert rule["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] in of_type("AWS::SQS::Queue")
        assert rule["RetryPolicy"]
    for subscription in of_type("AWS::SNS::Subscription").values():
        assert subscription["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]
    assert RESOURCES["NoticesQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] >= 3
    assert LAMBDAS["CloseExecutionFunction"]["Properties"]["EventInvokeConfig"]["DestinationConfig"]


def test_parameters_are_described_and_bounded() -> None:
    for name, body in TEMPLATE["Parameters"].items():
        assert body["Description"], name
        assert body.keys() & {"AllowedValues", "AllowedPattern", "MaxValue"}, name


def test_pillow_is_one_version_everywhere() -> None:
    texts = ["layers/pillow/requirements.txt", "locks/dev.in"]
    versions = {re.search(r"Pillow==(\S+)", (ROOT / text).read_text("utf-8"))[1] for text in texts}  # type: ignore[index]
    assert len(versions) == 1


def test_the_functions_need_no_package() -> None:
    """What a handler imports is paid at its cold start; docs/decisions has the figures."""
    assert not (FUNCTIONS / "requirements.txt").exists()
