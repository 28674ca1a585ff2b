"""The template as what there is to draw: who runs when, who may read or write what, the queues."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

_FUNCTION, _MACHINE = "AWS::Serverless::Function", "AWS::Serverless::StateMachine"
# Columns that are resources of the template, by type.
STORES = {
    "AWS::DynamoDB::Table": "tables",
    "AWS::S3::Bucket": "buckets",
    "AWS::Events::EventBus": "bus",
}
# Columns that stand for a service, by the prefix of its actions.
SERVICES = {
    "states": "executions",
    "sqs": "queues",
    "comprehend": "Comprehend",
    "bedrock": "Bedrock",
    "sagemaker": "SageMaker",
    "rekognition": "Rekognition",
}
_READS = re.compile(r":(Get|List|Describe|Query|Receive|Detect|Classify|Apply)")
_JUDGES = ("comprehend", "bedrock", "sagemaker", "rekognition")
_UNDELIVERED = {"DeadLetterConfig", "RedrivePolicy", "OnFailure"}


@dataclass
class Part:
    """A function or a machine: its group, what starts it, and "r", "w", "rw" or "asks" a column."""

    name: str
    group: str = "keepers"
    machine: bool = False
    starts: list[str] = field(default_factory=list)
    access: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Queue:
    """Topics whose messages it gets, who gives up messages to it, and which function reads it."""

    name: str
    topics: tuple[str, ...]
    given_up_by: tuple[str, ...]
    reader: str


class Stack:
    """`parts` by logical id, in the template's order; `definitions` are the machines' ASL files."""

    def __init__(self, template: Path) -> None:
        self._resources: dict[str, Any] = yaml_parse(template.read_text("utf-8"))["Resources"]
        self.definitions = {
            name: template.parent / body["Properties"]["DefinitionUri"]
            for name, body in self._of(_MACHINE).items()
        }
        self.parts = {
            name: Part(_short(name), machine=body["Type"] == _MACHINE)
            for name, body in {**self._of(_MACHINE), **self._of(_FUNCTION)}.items()
        }
        self.columns = {kind: list(self._of(type_)) for type_, kind in STORES.items()}
        self._add_states()
        self._add_events()
        self._add_routes()
        for name, part in self.parts.items():
            part.access = self._access(name)
        self._add_starters()
        self.queues = [self._queue(name) for name in self._of("AWS::SQS::Queue")]

    def _of(self, kind: str) -> dict[str, Any]:
        return {name: body for name, body in self._resources.items() if body["Type"] == kind}

    def _add_states(self) -> None:
        for machine, body in self._of(_MACHINE).items():
            self.parts[machine].group = group = (
                "a request" if machine == "GenerateSafeImage" else "jobs"
            )
            named = _names(body["Properties"]["DefinitionSubstitutions"])
            for part in [self.parts[name] for name in self._of(_FUNCTION) if name in named]:
                part.starts.append(f"state of {machine}")
                part.group = group if part.group == "keepers" else part.group

    def _add_events(self) -> None:
        for name, part in self.parts.items():
            for event in self._resources[name]["Properties"].get("Events", {}).values():
                part.starts.append(_event(event["Properties"]))

    def _add_routes(self) -> None:
        api = next(iter(self._of("AWS::Serverless::Api").values()))
        for path, operations in api["Properties"]["DefinitionBody"]["paths"].items():
            for method, operation in operations.items():
                uri = json.dumps(operation.get("x-amazon-apigateway-integration", {}).get("uri"))
                for name in self.parts:
                    if f"${{{name}.Arn}}" in uri:
                        self.parts[name].starts.append(f"{method.upper()} {path}")
                        of_reviews = path.startswith("/reviews")
                        self.parts[name].group = "reviews" if of_reviews else "API"

    def _add_starters(self) -> None:
        for name, machine in self.parts.items():
            if machine.machine:
                for starter, part in self.parts.items():
                    if starter != name and self._may(starter, "states:StartExecution", name):
                        machine.starts.append(part.name)
                machine.starts = machine.starts or ["StartExecution, and nothing else"]

    def _may(self, part: str, action: str, on: str) -> bool:
        return any(
            action in _listed(one["Action"]) and on in _names(one["Resource"])
            for one in self._statements(part)
        )

    def _statements(self, part: str) -> Iterator[dict[str, Any]]:
        """Those of a role, with all that a stack may switch on."""
        properties = self._resources[part]["Properties"]
        documents = properties.get("Policies", [])
        if "Role" in properties:
            role = self._resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]
            documents = [policy["PolicyDocument"] for policy in role["Policies"]]
        for document in documents:
            for one in document["Statement"]:
                yield one["Fn::If"][1] if "Fn::If" in one else one

    def _access(self, part: str) -> dict[str, str]:
        stores = {name for names in self.columns.values() for name in names}
        found: dict[str, set[str]] = defaultdict(set)
        for one in self._statements(part):
            for action in _listed(one["Action"]):
                service = action.partition(":")[0]
                if service in SERVICES:
                    does = "asks" if service in _JUDGES else _verb(action)
                    found[SERVICES[service]].add(does)
                elif service in ("dynamodb", "s3") or action == "events:PutEvents":
                    for store in sorted(stores & _names(one["Resource"])):
                        found[store].add(_verb(action))
        return {column: "".join(sorted(does)) for column, does in found.items()}

    def _queue(self, name: str) -> Queue:
        topics, given_up, reader = [], [], ""
        for other, body in self._resources.items():
            if body["Type"].endswith("Policy") or other == name:
                continue
            for path in _paths(body.get("Properties", {}), name):
                if "Queue" in path:
                    reader = _short(other)
                elif "Endpoint" in path:
                    topics.append(body["Properties"]["TopicArn"]["Ref"])
                elif _UNDELIVERED & set(path):
                    rule = path[path.index("Events") + 1] if "Events" in path else ""
                    given_up.append(rule if body["Type"] == _MACHINE else _short(other))
        return Queue(name, tuple(topics), tuple(dict.fromkeys(given_up)), reader)


def _event(properties: dict[str, Any]) -> str:
    if "Queue" in properties:
        return str(properties["Queue"]["Fn::GetAtt"][0])
    if "ScheduleExpression" in properties:
        told = re.sub(r"rate\((?:1 )?(.+)\)", r"every \1", properties["ScheduleExpression"])
        return str(told)
    pattern = properties["Pattern"]
    detail = pattern.get("detail", {})
    if "object" in detail:
        bucket = detail["bucket"]["name"][0]["Ref"]
        return f"{detail['object']['key'][0]['prefix']}… in {bucket}"
    if "stateMachineArn" in detail:
        ends = ", ".join(detail["status"]).lower().replace("_", " ")
        return f"{detail['stateMachineArn'][0]['Ref']} ends {ends}"
    first, *others = pattern["detail-type"]
    return f"event {first}" + (f" and {len(others)} more" if others else "")


def _verb(action: str) -> str:
    return "r" if _READS.search(action) else "w"


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _short(name: str) -> str:
    return name.removesuffix("Function")


def _names(value: Any) -> set[str]:
    """The logical ids that intrinsic functions name, and everything else that looks like one."""
    return set(re.findall(r"\w+", json.dumps(value)))


def _paths(value: Any, name: str, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a resource's ARN stands, as the keys that lead there."""
    if isinstance(value, dict):
        if value == {"Fn::GetAtt": [name, "Arn"]}:
            yield path
        for key, inner in value.items():
            yield from _paths(inner, name, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, name, path)
