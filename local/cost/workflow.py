"""The states that a request enters, by the state machine itself; and the template's facts."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_MACHINE = ROOT / "statemachine" / "generate_safe_image.asl.json"
TEMPLATE = ROOT / "template.yaml"
_RATE = re.compile(r"rate\((\d+) minutes?\)")


class NoSuchPath(ValueError):
    """The state machine does not go that way."""


@functools.cache
def machine() -> dict[str, Any]:
    """GenerateSafeImage, as the stack has it."""
    document: dict[str, Any] = json.loads(_MACHINE.read_text("utf-8"))
    return document


def walk(decisions: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The states that are entered, in order.

    `decisions` are, for each Choice, the states that it leads to, visit by visit. Raises NoSuchPath
    for one that it cannot lead to, that is missing, or that is left over.
    """
    states = machine()["States"]
    left = {name: list(ways) for name, ways in decisions.items()}
    entered, name = [], machine()["StartAt"]
    while name:
        entered.append(name)
        state = states[name]
        name = _choice(name, state, left) if state["Type"] == "Choice" else state.get("Next")
    if unused := [name for name, ways in left.items() if ways]:
        raise NoSuchPath(f"never decided: {', '.join(unused)}")
    return tuple(entered)


def _choice(name: str, state: dict[str, Any], left: dict[str, list[str]]) -> str:
    if not left.get(name):
        raise NoSuchPath(f"{name} is entered, and nothing says where it leads")
    way = left[name].pop(0)
    if way not in (*(one["Next"] for one in state["Choices"]), state.get("Default")):
        raise NoSuchPath(f"{name} does not lead to {way}")
    return way


def kind(state: str) -> str:
    """Its type, such as Task."""
    return str(machine()["States"][state]["Type"])


@dataclass(frozen=True)
class Facts:
    """What the template says that has a price; `memory` is in GB by function."""

    architecture: str
    memory: dict[str, float]
    max_attempts: int
    max_generated_images: int
    alarm_metrics: int
    dashboards: int
    minutes_between: dict[str, int]
    polled_queues: int
    retention_days: int
    work_retention_days: int
    log_retention_days: int


@functools.cache
def facts() -> Facts:
    """Of template.yaml, at the defaults of its parameters."""
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse(TEMPLATE.read_text("utf-8"))
    parameters, resources = template["Parameters"], template["Resources"]
    shared = template["Globals"]["Function"]
    functions = {
        name.removesuffix("Function"): body["Properties"]
        for name, body in resources.items()
        if body["Type"] == "AWS::Serverless::Function"
    }
    events = [
        (name, event)
        for name, body in functions.items()
        for event in body.get("Events", {}).values()
    ]
    return Facts(
        architecture=shared["Architectures"][0],
        memory={
            name: body.get("MemorySize", shared["MemorySize"]) / 1024
            for name, body in functions.items()
        },
        max_attempts=parameters["MaxAttempts"]["Default"],
        max_generated_images=parameters["MaxGeneratedImages"]["Default"],
        alarm_metrics=sum(map(_metrics, _of(resources, "AWS::CloudWatch::Alarm"))),
        dashboards=len(_of(resources, "AWS::CloudWatch::Dashboard")),
        minutes_between={
            name: int(found[1])
            for name, event in events
            if (found := _RATE.fullmatch(str(event["Properties"].get("ScheduleExpression"))))
        },
        polled_queues=sum(event["Type"] == "SQS" for _, event in events),
        retention_days=parameters["RetentionDays"]["Default"],
        work_retention_days=parameters["WorkRetentionDays"]["Default"],
        log_retention_days=parameters["LogRetentionDays"]["Default"],
    )


def _of(resources: dict[str, Any], wanted: str) -> list[dict[str, Any]]:
    return [body["Properties"] for body in resources.values() if body["Type"] == wanted]


def _metrics(alarm: dict[str, Any]) -> int:
    """An alarm pays for each metric in its mathematics; for both edges of a band as well."""
    metrics = alarm.get("Metrics", ())
    bands = sum("ANOMALY_DETECTION_BAND" in str(one.get("Expression")) for one in metrics)
    return sum("MetricStat" in one for one in metrics) + 2 * bands or 1
