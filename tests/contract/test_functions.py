"""A function's process: errors, environment, limits, logs."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import AI_ENDPOINT
from contract.machines import Invoke, Make, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine


def test_an_exception_keeps_its_class_message_and_stack(invoke: Invoke) -> None:
    payload, answer = invoke({"op": "fail", "why": 'a "quoted"\nreason'})
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Unreadable"
    assert payload["errorMessage"] == 'a "quoted"\nreason'
    assert any("do_fail" in line for line in payload["stackTrace"])


def test_a_module_that_does_not_load_says_what_is_missing(
    make_function: Make, invoke: Invoke
) -> None:
    function = make_function("import no_such_module\n")
    payload, answer = invoke({}, function)
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in payload["errorMessage"]


def test_a_process_that_ends_is_an_error_and_the_next_call_works(invoke: Invoke) -> None:
    payload, answer = invoke({"op": "exit"})
    assert (answer["FunctionError"], payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert invoke({"op": "echo", "value": 1})[0] == 1


def test_the_functions_own_time_out_is_real_time(make_function: Make, invoke: Invoke) -> None:
    function = make_function("import time\ndef handler(*_): time.sleep(5)\n", Timeout=1)
    payload, _ = invoke({}, function)
    assert payload["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in payload["errorMessage"]


def test_no_value_is_null(make_function: Make, invoke: Invoke) -> None:
    payload, answer = invoke({}, make_function("def handler(*_): pass\n"))
    assert payload is None
    assert "FunctionError" not in answer


def test_a_process_sees_what_lambda_sets_and_nothing_of_the_host(invoke: Invoke) -> None:
    seen = invoke({"op": "environment"})[0]
    variables = seen["variables"]
    expected = {
        "PATH HOME LANG TZ PYTHONPATH PWD SHLVL _ OLDPWD LC_CTYPE",
        "AWS_LAMBDA_RUNTIME_API AWS_EXECUTION_ENV AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME LAMBDA_TASK_ROOT _HANDLER",
        "AWS_LAMBDA_LOG_FORMAT AWS_LAMBDA_LOG_LEVEL",
        "AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL AWS_ENDPOINT_URL_COMPREHEND AWS_ENDPOINT_URL_REKOGNITION",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME _X_AMZN_TRACE_ID",
        "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING AWS_ENDPOINT_URL_SAGEMAKER",
    }
    assert set(variables) <= set(" ".join(expected).split())
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert variables["HOME"] != os.environ.get("HOME")
    assert seen["arn"].endswith(f":function:{seen['name']}")
    assert 0 < seen["left"] <= 10_000


def test_configured_variables_arrive_and_reserved_ones_stay(
    make_function: Make, invoke: Invoke
) -> None:
    variables = {"STAGE": "test", "AWS_REGION": "elsewhere"}
    function = make_function(Environment={"Variables": variables})
    seen = invoke({"op": "environment"}, function)[0]["variables"]
    assert seen["STAGE"] == "test"
    assert seen["AWS_REGION"] == "us-east-1"


def test_ai_services_have_an_endpoint_of_their_own(engine: Engine, invoke: Invoke) -> None:
    assert invoke({"op": "endpoints"})[0] == {
        "dynamodb": engine.endpoint,
        "bedrock-runtime": AI_ENDPOINT,
        "comprehend": AI_ENDPOINT,
        "rekognition": AI_ENDPOINT,
        "sagemaker-runtime": AI_ENDPOINT,
    }


def test_output_goes_to_the_log_group_and_to_the_caller(
    engine: Engine, invoke: Invoke, probe: str
) -> None:
    text = "a line with an ä"
    # Output and answer come by different ways: on a busy machine the answer may be first.
    assert wait_for(lambda: "LogResult" in invoke({"op": "print", "text": text})[1])
    group = f"/aws/lambda/{probe.rsplit(':', 1)[1]}"

    def logged() -> bool:
        events = engine.client("logs").filter_log_events(logGroupName=group)["events"]
        return any(text in event["message"] for event in events)

    assert wait_for(logged)


def test_the_host_supplies_packages_after_the_functions_own(
    make_function: Make, invoke: Invoke
) -> None:
    source = "import boto3, PIL, app\ndef handler(*_): return [boto3.__name__, app.__name__]\n"
    assert invoke({}, make_function(source))[0] == ["boto3", "app"]


def test_processes_stay_below_the_ceiling_and_calls_wait(
    engine: Engine, make_function: Make, invoke: Invoke
) -> None:
    functions = [make_function() for _ in range(6)]

    def call(number: int) -> Any:
        return invoke({"op": "process"}, functions[number % 6])[0]

    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(call, number) for number in range(36)]
        most = 0
        while not all(done.done() for done in calls):
            most = max(most, len(engine.memory()) - 1)
    assert all(isinstance(done.result(), int) for done in calls)
    assert 1 <= most <= 4


def test_memory_names_the_engine_and_its_functions(engine: Engine, invoke: Invoke) -> None:
    invoke({"op": "echo"})
    processes = engine.memory()
    assert processes[0].name == "engine"
    assert len(processes) >= 2
    assert all(0 < process.pss <= process.rss for process in processes)


def test_logs_never_reach_the_engines_output(engine: Engine, invoke: Invoke) -> None:
    invoke({"op": "print", "text": "only-for-the-log-group"})
    assert "only-for-the-log-group" not in Path(engine.log_file).read_text()
