"""Logs and metrics on the whole system, as AWS's runtime client lets them out."""

import json
import time
from typing import Any

import pytest
from workflow.running_jobs import batch, jsonl, until
from workflow.running_system import Stack

from shared.metrics import METRICS

pytestmark = pytest.mark.engine

TELLS = {
    "ClassifyPrompt": {"Classifications"},
    "ResumeGeneration": {"Notices"},
    "CountOutcomes": {"Outcomes", "RequestDuration", "StageDuration", "Attempts", "Usage"},
}
WITHIN = 30.0


def lines(stack: Stack, function: str) -> list[dict[str, Any]]:
    """The lines of JSON in a function's log group."""
    group = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId=f"{function}LogGroup"
    )["StackResourceDetail"]["PhysicalResourceId"]
    events = stack.client("logs").filter_log_events(logGroupName=group)["events"]
    return [json.loads(event["message"]) for event in events if event["message"].startswith("{")]


@pytest.fixture(scope="module")
def told(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """The lines of those functions; here an output may only be seen after the next call."""
    deadline = time.monotonic() + WITHIN
    while True:
        run = stack.run({"prompt": "a quiet harbour at dusk", "seed": 11})
        assert run.record["status"] == "COMPLETED"
        found = {function: lines(stack, function) for function in TELLS}
        names = {function: set().union(*found[function]) for function in TELLS}
        if all(metrics <= names[function] for function, metrics in TELLS.items()):
            return found
        assert time.monotonic() < deadline, names


def test_metrics_are_lines_as_cloudwatch_reads_them(told: dict[str, Any], stack: Stack) -> None:
    values = [line for of_function in told.values() for line in of_function if "_aws" in line]
    for line in values:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        (metric,), (dimensions,) = directive["Metrics"], directive["Dimensions"]
        assert directive["Namespace"] == f"Safelight/{stack.name}"
        assert tuple(dimensions) == METRICS[metric["Name"]].dimensions
        assert metric["Unit"] == METRICS[metric["Name"]].unit
    assert {"GenerateImages", "PublishImages"} <= {line.get("Stage") for line in values}


def test_logs_are_structured_and_correlated(told: dict[str, Any]) -> None:
    (counted, *_) = [line for line in told["CountOutcomes"] if line.get("message") == "outcome"]
    assert counted["level"] == "INFO"
    assert counted["status"] in {
        "COMPLETED",
        "BLOCKED_PROMPT",
        "BLOCKED_IMAGE",
        "FAILED",
        "EXPIRED",
    }
    judged = [line for line in told["ClassifyPrompt"] if line.get("message") == "prompt"]
    assert all(line["request_id"] for line in [counted, *judged])
    assert "harbour" not in json.dumps(told)


def test_the_end_of_a_batch_is_counted(stack: Stack) -> None:
    assert batch(stack, "batches/counted.jsonl", jsonl("a quiet pier")).job["status"] == "COMPLETED"

    def counted() -> list[dict[str, Any]]:
        stack.run({"prompt": "a quiet harbour at dusk", "seed": 11})
        ended = [line for line in lines(stack, "CountOutcomes") if "JobsEnded" in line]
        return [line for line in ended if line["Kind"] == "batch"]

    (line, *_) = until(counted)
    assert (line["Status"], line["JobsEnded"]) == ("COMPLETED", 1)
