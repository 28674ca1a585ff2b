"""The system as data: template, state machine and folders, read once for the wiring tests."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
ASL_TEXT = (ROOT / "statemachine" / "generate_safe_image.asl.json").read_text("utf-8")
ASL: dict[str, Any] = json.loads(ASL_TEXT)
STATES: dict[str, Any] = ASL["States"]
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
MACHINE = RESOURCES["GenerateSafeImage"]["Properties"]
LAMBDA_TASKS = {
    name: state
    for name, state in STATES.items()
    if state["Type"] == "Task" and state["Resource"].startswith("arn:aws:states:::lambda:")
}
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


def of_type(kind: str) -> dict[str, Any]:
    """The template's resources of one type, by logical id."""
    return {name: body for name, body in RESOURCES.items() if body["Type"] == kind}


LAMBDAS = of_type("AWS::Serverless::Function")


def snake(name: str) -> str:
    """GenerateImages to generate_images."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def parameter(name: str) -> dict[str, Any]:
    """A parameter's description in the template."""
    found: dict[str, Any] = TEMPLATE["Parameters"][name]
    return found


def setting(function: str, name: str) -> Any:
    """A function's property, its own or the Globals'."""
    properties = LAMBDAS[function]["Properties"]
    return properties.get(name, TEMPLATE["Globals"]["Function"].get(name))


def substituted(values: dict[str, str] | None = None) -> str:
    """The state machine's text with every placeholder filled in, as CloudFormation does."""
    filled = {
        name: f"arn:aws:lambda:us-east-1:111122223333:function:{name}" for name in _placeholders()
    }
    for name in filled.keys() & TEMPLATE["Parameters"].keys():
        filled[name] = str(parameter(name)["Default"])
    return re.sub(r"\$\{(\w+)\}", lambda found: (filled | (values or {}))[found[1]], ASL_TEXT)


def _placeholders() -> set[str]:
    return set(re.findall(r"\$\{(\w+)\}", ASL_TEXT))


def nexts(state: dict[str, Any]) -> Iterator[str]:
    """Every state that may follow this one."""
    for holder in [state, *state.get("Choices", ()), *state.get("Catch", ())]:
        yield from (holder[key] for key in ("Next", "Default") if key in holder)


def statements(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """The IAM statements of a function's role, or of a machine's."""
    properties = resource["Properties"]
    policies = properties.get("Policies", ())
    if role := properties.get("Role"):
        own = RESOURCES[role["Fn::GetAtt"][0]]["Properties"]["Policies"]
        policies = [policy["PolicyDocument"] for policy in own]
    return [_given(statement) for policy in policies for statement in policy["Statement"]]


def _given(value: dict[str, Any]) -> dict[str, Any]:
    """The value, or what it is where its condition holds."""
    found: dict[str, Any] = value["Fn::If"][1] if "Fn::If" in value else value
    return found


# Lambda sets them (Developer Guide, Defined runtime environment variables).
_OF_THE_RUNTIME = {"LD_LIBRARY_PATH"}


def variables_read(folder: str) -> set[str]:
    """The environment variables that a function's code names, without those of Lambda itself.

    Also those of settings that it shares with others, which lie in `shared`.
    """
    names = set()
    for path in (FUNCTIONS / folder).glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names |= _named(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("shared."):
                for name in node.names:
                    if name.name.endswith("Settings"):
                        names |= _named(_class(str(node.module), name.name))
    return names - _OF_THE_RUNTIME


def _class(module: str, name: str) -> ast.ClassDef:
    tree = ast.parse((FUNCTIONS / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    return next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)


def _named(tree: ast.AST) -> set[str]:
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"text", "optional", "number", "choice", "flag", "names"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


class Machine:
    """A state machine of the template: its text, and its scopes of states, a map's among them."""

    def __init__(self, name: str) -> None:
        self.resource: dict[str, Any] = RESOURCES[name]
        self.properties: dict[str, Any] = self.resource["Properties"]
        self.text = (ROOT / self.properties["DefinitionUri"]).read_text("utf-8")
        self.asl: dict[str, Any] = json.loads(self.text)
        self.scopes = list(_scopes(self.asl))
        self.states: dict[str, Any] = {
            state: body for scope in self.scopes for state, body in scope["States"].items()
        }
        self.tasks = {name: body for name, body in self.states.items() if body["Type"] == "Task"}
        self.functions = {
            name for name, body in self.tasks.items() if ":lambda:invoke" in body["Resource"]
        }


def _scopes(scope: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield scope
    for state in scope["States"].values():
        if "ItemProcessor" in state:
            yield from _scopes(state["ItemProcessor"])
