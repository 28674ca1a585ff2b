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
from wiring.test_state_machine import CLOSED

from count_outcomes import counting
from local import record_text
from local.stack import MAX_PROCESSES

FOLDERS = sorted(path.name for path in FUNCTIONS.iterdir() if (path / "handler.py").exists())


def test_the_machine_file_is_where_the_template_says() -> None:
    assert (ROOT / MACHINE["DefinitionUri"]).is_file()


def test_placeholders_are_the_substitutions() -> None:
    used, given = set(re.findall(r"\$\{(\w+)\}", ASL_TEXT)), set(MACHINE["DefinitionSubstitutions"])
    assert used == given, (
        f"in the template, DefinitionSubstitutions of GenerateSafeImage lacks {used - given or '-'}"
        f" and has {given - used or '-'} too much"
    )


def test_the_machine_names_nothing_literally() -> None:
    literal = re.findall(r"arn:aws:(?!states:::)[a-z]", ASL_TEXT)
    assert not literal


@pytest.mark.parametrize("state", LAMBDA_TASKS)
def test_a_lambda_task_is_named_as_its_function_and_folder(state: str) -> None:
    assert STATES[state]["Arguments"]["FunctionName"] == f"${{{state}FunctionArn}}"
    assert MACHINE["DefinitionSubstitutions"][f"{state}FunctionArn"] == {
        "Fn::GetAtt": [f"{state}Function", "Arn"]
    }
    assert snake(state) in FOLDERS, f"write functions/{snake(state)}/handler.py"


@pytest.mark.parametrize("function", LAMBDAS)
def test_a_function_has_its_handler_log_group_and_events(function: str) -> None:
    folder = snake(function.removesuffix("Function"))
    module, name = setting(function, "Handler").rsplit(".", 1)
    assert module == f"{folder}.handler"
    assert callable(getattr(importlib.import_module(module), name))
    group = f"{function.removesuffix('Function')}LogGroup"
    given = f"LoggingConfig: {{LogGroup: !Ref {group}}}"
    assert setting(function, "LoggingConfig") == {"LogGroup": {"Ref": group}}, given
    assert group in RESOURCES, f"the template lacks the log group {group}"
    assert "RetentionInDays" in RESOURCES[group]["Properties"]
    assert list((ROOT / "events" / folder).glob("*.json")), f"write events/{folder}/*.json"


def test_every_folder_with_a_handler_is_a_function() -> None:
    in_template = {snake(name.removesuffix("Function")) for name in LAMBDAS}
    for folder in in_template.symmetric_difference(FOLDERS):
        name = "".join(word.capitalize() for word in folder.split("_")) + "Function"
        assert folder in in_template, f"the template lacks {name} for functions/{folder}"
        assert folder in FOLDERS, f"the template's {name} has no functions/{folder}/handler.py"


@pytest.mark.parametrize("function", LAMBDAS)
def test_a_function_has_the_variables_that_it_reads(function: str) -> None:
    given = LAMBDAS[function]["Properties"].get("Environment", {}).get("Variables", {})
    read = variables_read(snake(function.removesuffix("Function")))
    assert set(given) == read, (
        f"the template gives {function} no {read - set(given) or '-'}; "
        f"its code reads no {set(given) - read or '-'}"
    )


@pytest.mark.parametrize("state", ["FilterKeywords", "ClassifyPrompt", "ModerateImages"])
def test_reasons_name_the_state_they_come_from(state: str) -> None:
    folders = (FUNCTIONS / snake(state), FUNCTIONS / "shared")
    sources = [path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py")]
    assert any(f'STAGE = "{state}"' in source for source in sources)


def test_the_machine_may_invoke_its_tasks_and_nothing_else() -> None:
    allowed = next(
        s for s in statements(RESOURCES["GenerateSafeImage"]) if s["Sid"] == "InvokeTheTasks"
    )
    invoked = [arn["Fn::GetAtt"][0] for arn in allowed["Resource"]]
    assert sorted(invoked) == sorted(f"{state}Function" for state in LAMBDA_TASKS), (
        "in the template, the statement InvokeTheTasks of GenerateSafeImage lists other functions "
        f"than its Tasks: {set(invoked) ^ {f'{state}Function' for state in LAMBDA_TASKS}}"
    )


@pytest.mark.parametrize("state", LAMBDA_TASKS)
def test_a_stage_is_known_to_who_counts_and_who_shows_it(state: str) -> None:
    assert state in counting.STAGES, f"add {state} to functions/count_outcomes/counting.py, STAGES"
    assert state in record_text.STAGES, f"add {state} to local/record_text.py, STAGES"
    page = ROOT / "web" / "public"
    words, progress = ((page / name).read_text("utf-8") for name in ("words.js", "progress.js"))
    assert re.search(rf"^  {state}: \"", words, re.M), (
        f"add {state} to web/public/words.js, DECIDERS"
    )
    step = f'["{state}", "'
    assert step in words or step in progress, f"add {state} to web/public/words.js, STEPS"


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_people_read_a_status_in_words(status: str) -> None:
    words = (ROOT / "web" / "public" / "words.js").read_text("utf-8")
    assert f"\n  {status}: {{\n    tone: " in words, (
        f"add {status} to web/public/words.js, STATUSES"
    )
    told = f"add {status} to local/record_text.py, _TONES"
    assert record_text.tone(status) != record_text.OPEN, told


def test_the_local_engine_has_a_process_for_every_function() -> None:
    assert len(LAMBDAS) < MAX_PROCESSES, "raise MAX_PROCESSES in local/stack.py"


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


def test_the_template_is_in_the_order_that_it_says() -> None:
    text = (ROOT / "template.yaml").read_text("utf-8")
    listed = re.findall(r"^#   (\w+) ", text, re.MULTILINE)
    order = list(RESOURCES)
    assert len(listed) > 1
    assert listed[0] == order[0]
    assert sorted(listed, key=order.index) == listed
    for function in LAMBDAS:
        calls, role = (function.replace("Function", end) for end in ("Calls", "Role"))
        after = order[order.index(function) + 1 :]
        assert role in (after[0], after[1] if after[0] == calls else ""), function


def test_every_parameter_is_in_one_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(TEMPLATE["Parameters"])


def test_pillow_is_one_version_everywhere() -> None:
    texts = ["layers/pillow/requirements.txt", "locks/dev.in"]
    versions = {re.search(r"Pillow==(\S+)", (ROOT / text).read_text("utf-8"))[1] for text in texts}  # type: ignore[index]
    assert len(versions) == 1


def test_the_functions_need_no_package() -> None:
    """What a handler imports is paid at its cold start; docs/decisions has the figures."""
    assert not (FUNCTIONS / "requirements.txt").exists()
