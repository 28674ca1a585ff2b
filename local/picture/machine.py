"""A state machine as what there is to draw: states with their small print, and labelled edges."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

from local.picture.words import THROUGH, words

_INTEGRATION = "arn:aws:states:::"
_LETTERS = 33  # in a line of small print


@dataclass(frozen=True)
class State:
    """`kind` is its shape: lambda, service, choice, pass, wait, map, done or fault."""

    name: str
    kind: str
    prints: tuple[str, ...]
    scope: str = ""


@dataclass(frozen=True)
class Edge:
    """From state to state; `caught` for an error's way, `default` for a Choice without a rule."""

    source: str
    target: str
    labels: tuple[str, ...] = ()
    caught: bool = False
    default: bool = False

    @property
    def label(self) -> str:
        """What is written beside it."""
        return " / ".join(self.labels)


@dataclass
class Machine:
    """States by name, a Map's own among them; `trunk` is the way of a request that goes well.

    `fans` are Choices between ends and nothing else, with these ends.
    """

    name: str
    comment: str
    seconds: int
    states: dict[str, State] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    trunk: list[str] = field(default_factory=list)
    fans: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, name: str) -> Machine:
        """The machine of an ASL file whose expressions are JSONata."""
        asl = json.loads(path.read_text("utf-8"))
        machine = cls(name, asl["Comment"].partition(". ")[0], asl["TimeoutSeconds"])
        machine._add(asl, "")
        machine.trunk = list(machine._way(asl))
        return machine

    def _add(self, scope: dict[str, Any], of: str) -> None:
        for name, body in scope["States"].items():
            self.states[name] = State(name, _kind(body), tuple(_prints(body)), of)
            self.edges += _merged(name, body)
            if body["Type"] == "Map":
                each = f"for each {body.get('ItemBatcher', {}).get('MaxItemsPerBatch', '')}"
                self.edges.append(Edge(name, body["ItemProcessor"]["StartAt"], (each.strip(),)))
                self._add(body["ItemProcessor"], name)
        ends = {name for name, body in scope["States"].items() if body["Type"] in _ENDS}
        for name, body in scope["States"].items():
            if body["Type"] == "Choice" and (targets := _targets(body)) <= ends:
                self.fans[name] = sorted(targets, key=list(scope["States"]).index)

    def _way(self, scope: dict[str, Any]) -> Iterator[str]:
        name, gone = scope["StartAt"], []
        while name and name not in gone:
            gone.append(name)
            yield name
            body = scope["States"][name]
            if body["Type"] == "Map":
                yield from self._way(body["ItemProcessor"])
            name = self._onward(name, body, gone)

    def _onward(self, name: str, body: dict[str, Any], gone: list[str]) -> str | None:
        if body["Type"] != "Choice" or name in self.fans:
            return str(body["Next"]) if "Next" in body else None
        ways = [THROUGH.get((self.name, name)), *(rule["Next"] for rule in body["Choices"])]
        return next((str(way) for way in ways if way and way not in gone), None)


_ENDS = {"Succeed": "done", "Fail": "fault"}


def _targets(choice: dict[str, Any]) -> set[str]:
    return {*(rule["Next"] for rule in choice["Choices"]), choice["Default"]}


def _kind(body: dict[str, Any]) -> str:
    if body["Type"] == "Task":
        return "lambda" if ":lambda:" in body["Resource"] else "service"
    return _ENDS.get(body["Type"], str(body["Type"]).lower())


def _prints(body: dict[str, Any]) -> Iterator[str]:
    match body["Type"]:
        case "Task":
            called = body["Resource"].removeprefix(_INTEGRATION).removeprefix("aws-sdk:")
            called = called if len(called) <= _LETTERS else called.rpartition(":")[2]
            called = called.replace("lambda:invoke", "Lambda")
            yield called.replace(".waitForTaskToken", ", waits for its token")
            limit = f"≤ {_plain(body['TimeoutSeconds'])} s"
            tries = "retries " + " + ".join(
                str(retry["MaxAttempts"]) for retry in body["Retry"] if retry["MaxAttempts"]
            )
            *lines, last = wrap(limit, _LETTERS)
            short = len(last) + len(tries) < _LETTERS
            yield from [*lines, f"{last} · {tries}"] if short else [*lines, last, tries]
        case "Map":
            mode = body["ItemProcessor"]["ProcessorConfig"]["Mode"].capitalize()
            many = _plain(body["MaxConcurrency"])
            yield f"{mode} Map, {many} at a time" if many.isdigit() else f"{mode} Map"
            if not many.isdigit():
                yield f"{many} at a time"
        case "Wait":
            yield f"waits {_plain(body['Seconds'])} s"


def _plain(value: Any) -> str:
    """A number, or an expression by the names of its parameters."""
    if isinstance(value, int):
        return f"{value:,}"
    text = re.sub(r"\$number\('\$\{(\w+)\}'\)", r"\1", str(value))
    return re.sub(r"^\{% *| *%\}$", "", text)


def _merged(name: str, body: dict[str, Any]) -> Iterator[Edge]:
    """One edge to each target, and one for what is caught on the way there."""
    labels: dict[str, list[str]] = {}
    if "Next" in body:
        labels[body["Next"]] = []
    for rule in body.get("Choices", ()):
        labels.setdefault(rule["Next"], []).append(words(rule["Condition"]))
    default = body.get("Default")
    if default in labels:
        labels[default].append("otherwise")
    for target, said in labels.items():
        yield Edge(name, target, tuple(said))
    if default and default not in labels:
        yield Edge(name, default, ("otherwise",), default=True)
    for target in dict.fromkeys(catch["Next"] for catch in body.get("Catch", ())):
        yield Edge(name, target, caught=True)
