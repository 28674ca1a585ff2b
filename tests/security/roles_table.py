"""The table of docs/security.md that says what every role may do; run as a program it prints it."""

import re
import sys
from collections.abc import Iterator

from security.iam import Statement, as_list, short
from security.stack import Stack, transformed

HEADER = ["| role | may | by | on | if |", "| --- | --- | --- | --- | --- |"]
# What all functions have alike is told once, above the table.
ALIKE = {"Log", "UseKey", "Trace"}
_NAMED = ("ClassifierEndpointArn", "GuardrailArn", "GuardrailProfileArns", "KmsKeyArn")
_FINE_TUNING = {
    "FineTuningImage": "000000000000.dkr.ecr",
    "FineTuningScript": "s3://FineTuningScript",
    "FineTuningModel": "s3://FineTuningModel",
}


def rows() -> Iterator[str]:
    """A row for each statement of each role."""
    stack = Stack({name: name for name in _NAMED} | _FINE_TUNING)
    for name, resource in transformed()["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        of_the_role = resource.get("Condition", "")
        for policy in resource["Properties"].get("Policies", ()):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                condition, body = _condition(statement)
                told = Statement.of(stack.resolved(body))
                if told.sid not in ALIKE:
                    yield _row(name.removesuffix("Role"), told, condition or of_the_role)


def _condition(statement: dict[str, list[object]]) -> tuple[str, object]:
    if "Fn::If" in statement:
        condition, body, _ = statement["Fn::If"]
        return str(condition), body
    return "", statement


def _row(role: str, statement: Statement, condition: str) -> str:
    # The roles that SAM makes for rules have no names for what they allow.
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", statement.sid) or ["start"]
    may = " ".join(words).lower()
    actions = ", ".join(statement.actions)
    resources = ", ".join(f"`{short(resource)}`" for resource in statement.resources)
    return f"| {role} | {may} | {actions} | {resources} | {condition} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*HEADER, *rows()]) + "\n")
