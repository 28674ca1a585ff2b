"""The template as CloudFormation deploys it: transformed by SAM, every value filled in.

Run as a program it writes the transformed template, for checks that do not know SAM's resources.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from security.iam import Statement, as_list

from local.packaging import package

ROOT = Path(__file__).parents[2]
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "000000000000",
    "AWS::StackName": "safelight",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/safelight/id",
    "AWS::URLSuffix": "amazonaws.com",
}
# ARN by resource type, after the partition; {} is the physical name.
_ARNS = {
    "AWS::S3::Bucket": "s3:::{}",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "autoscaling:us-east-1:000000000000:{}",
    "AWS::DynamoDB::Table": "dynamodb:us-east-1:000000000000:table/{}",
    "AWS::Events::Rule": "events:us-east-1:000000000000:rule/{}",
    "AWS::Events::EventBus": "events:us-east-1:000000000000:event-bus/{}",
    "AWS::IAM::ManagedPolicy": "iam::000000000000:policy/{}",
    "AWS::IAM::Role": "iam::000000000000:role/{}",
    "AWS::Lambda::Function": "lambda:us-east-1:000000000000:function:{}",
    "AWS::Logs::LogGroup": "logs:us-east-1:000000000000:log-group:{}:*",
    "AWS::SNS::Topic": "sns:us-east-1:000000000000:{}",
    "AWS::SQS::Queue": "sqs:us-east-1:000000000000:{}",
    "AWS::StepFunctions::StateMachine": "states:us-east-1:000000000000:stateMachine:{}",
}
_REF_IS_ARN = {
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
}
_NOTHING = object()


def transformed() -> dict[str, Any]:
    """What SAM makes of the template, its intrinsic functions left as they are."""
    document = package(ROOT / "template.yaml", lambda _, suffix: f"s3://artifacts/code{suffix}")
    # Of the session SAM wants the region alone.
    session = boto3.session.Session(region_name=PSEUDO["AWS::Region"])
    translator = Translator({}, Parser(), boto_session=session)
    made: dict[str, Any] = translator.translate(document, dict(PSEUDO))
    return made


class Stack:
    """A template's resources under given parameters; `names` are physical ones, by logical id.

    Without a template it is the main stack's.
    """

    def __init__(
        self,
        parameters: Mapping[str, str] | None = None,
        names: Mapping[str, str] | None = None,
        template: dict[str, Any] | None = None,
    ) -> None:
        self._template = template or transformed()
        self._names = names or {}
        self._conditions: dict[str, Any] = self._template.get("Conditions", {})
        described = self._template["Parameters"]
        defaults = {name: body["Default"] for name, body in described.items() if "Default" in body}
        given = {**PSEUDO, **defaults, **(parameters or {})}
        self._values = {name: str(value) for name, value in given.items()}
        self.resources: dict[str, dict[str, Any]] = {
            name: {**body, "Properties": self.resolved(body.get("Properties", {}))}
            for name, body in self._template["Resources"].items()
            if "Condition" not in body or self._holds(body["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id."""
        return {
            name: body["Properties"]
            for name, body in self.resources.items()
            if body["Type"] == kind
        }

    def arn(self, name: str) -> str:
        """The ARN of a resource."""
        kind = self._template["Resources"][name]["Type"]
        return "arn:aws:" + _ARNS[kind].format(self.name(name))

    def name(self, name: str) -> str:
        """The physical name of a resource; `names` may have its ARN or a queue's URL instead."""
        return re.sub(r"^(arn:.*:|https?://.*/)", "", self._names.get(name, name))

    def role_of(self, name: str) -> str:
        """The logical id of the role that a function or a state machine has."""
        properties = self.resources[name]["Properties"]
        arn = properties.get("Role") or properties["RoleArn"]
        return next(role for role in self.of_type("AWS::IAM::Role") if self.arn(role) == arn)

    def roles(self) -> dict[str, list[Statement]]:
        """Every role's statements. Raises KeyError for a role with a policy of AWS's."""
        shared = {
            self.arn(name): policy["PolicyDocument"]
            for name, policy in self.of_type("AWS::IAM::ManagedPolicy").items()
        }
        return {
            name: [
                Statement.of(statement)
                for document in [
                    *(policy["PolicyDocument"] for policy in role.get("Policies", ())),
                    *(shared[arn] for arn in role.get("ManagedPolicyArns", ())),
                ]
                for statement in as_list(document["Statement"])
            ]
            for name, role in self.of_type("AWS::IAM::Role").items()
        }

    def resolved(self, value: Any) -> Any:
        """A value of the transformed template with its functions worked out."""
        if isinstance(value, list):
            items = [self.resolved(item) for item in value]
            return [item for item in items if item is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if function := self._functions.get(name):
                return function(self, argument)
        resolved = {key: self.resolved(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NOTHING}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self._values:
            return self._values[name]
        kind = self._template["Resources"][name]["Type"]
        return self.arn(name) if kind in _REF_IS_ARN else self.name(name)

    def _get_att(self, argument: Any) -> str:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self.arn(name) if attribute == "Arn" else self.name(name)

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def filled(found: re.Match[str]) -> str:
            if found[1] in own:
                return str(self.resolved(own[found[1]]))
            return self._get_att(found[1]) if "." in found[1] else str(self._ref(found[1]))

        return re.sub(r"\$\{([\w:.]+)\}", filled, text)

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolved(then if self._holds(condition) else otherwise)

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.resolved(argument[1])).split(argument[0])

    def _select(self, argument: list[Any]) -> str:
        return str(self.resolved(argument[1])[int(argument[0])])

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(self.resolved(argument[1]))

    def _holds(self, condition: Any) -> bool:
        if isinstance(condition, str):
            return self._holds(self._conditions[condition])
        ((name, argument),) = condition.items()
        tests: dict[str, Callable[[], bool]] = {
            "Condition": lambda: self._holds(argument),
            "Fn::Not": lambda: not self._holds(argument[0]),
            "Fn::And": lambda: all(map(self._holds, argument)),
            "Fn::Or": lambda: any(map(self._holds, argument)),
            "Fn::Equals": lambda: len({str(self.resolved(one)) for one in argument}) == 1,
        }
        return tests[name]()

    _functions: Mapping[str, Callable[..., Any]] = {
        "Ref": _ref,
        "Fn::GetAtt": _get_att,
        "Fn::Sub": _sub,
        "Fn::If": _if,
        "Fn::Select": _select,
        "Fn::Split": _split,
        "Fn::Join": _join,
    }


if __name__ == "__main__":
    json.dump(transformed(), sys.stdout, indent=1)
