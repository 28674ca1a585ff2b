"""What a role's statements allow, as IAM decides it: an Allow that matches and no Deny that does.

Statements that depend on a Condition are refused: what they allow cannot be read from a call. But
for some: to which service a role may be handed, whose role is made and what kind of resource scales
is in no call of ours to get wrong, and that of a table only the item `queue` is read is for the
handlers' tests to show.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Need:
    """One permission that a call needs: an action on a resource's ARN, or on "*"."""

    action: str
    resource: str = "*"


# Keys of conditions that are taken for met.
_MET = {
    "iam:PassedToService",
    "iam:AWSServiceName",
    "application-autoscaling:service-namespace",
    "dynamodb:LeadingKeys",
}


@dataclass(frozen=True)
class Statement:
    """One statement of a role's policies, everything in it resolved."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Statement":
        """Raises ValueError for a key that changes what a statement means and is not read here."""
        keys = {key for test in document.get("Condition", {}).values() for key in test}
        if unmet := keys - _MET:
            raise ValueError(f"a condition on {sorted(unmet)} is not understood")
        if keys:
            document = {key: value for key, value in document.items() if key != "Condition"}
        if unread := document.keys() - {"Sid", "Effect", "Action", "Resource"}:
            raise ValueError(f"a statement with {sorted(unread)} is not understood")
        return cls(
            document.get("Sid", ""),
            document["Effect"],
            tuple(as_list(document["Action"])),
            tuple(as_list(document["Resource"])),
        )

    def covers(self, need: Need) -> bool:
        """Whether both parts of the need match, whatever the effect."""
        return _any(self.actions, need.action, re.IGNORECASE) and _any(
            self.resources, need.resource
        )

    def pairs(self) -> Iterator[Need]:
        """Every action with every resource, as they are written."""
        return (Need(action, resource) for action in self.actions for resource in self.resources)


def allows(statements: Iterable[Statement], need: Need) -> bool:
    """IAM's answer within one account, where no resource policy says otherwise."""
    matching = {statement.effect for statement in statements if statement.covers(need)}
    return matching == {"Allow"}


def used(pair: Need, needs: Iterable[Need]) -> bool:
    """Whether any of the needs asked for this permission, whose parts may have wildcards."""
    statement = Statement("", "Allow", (pair.action,), (pair.resource,))
    return any(statement.covers(need) for need in needs)


def short(arn: str) -> str:
    """An ARN without what all of a service's have alike."""
    return re.sub(r"^arn:aws:[\w-]+:[\w-]*:\d*:", "", arn)


def as_list(value: Any) -> list[Any]:
    """IAM takes one value where it takes a list."""
    return value if isinstance(value, list) else [value]


def _any(patterns: Iterable[str], text: str, flags: int = 0) -> bool:
    return any(re.fullmatch(_regex(pattern), text, flags | re.DOTALL) for pattern in patterns)


def _regex(pattern: str) -> str:
    """IAM knows two wildcards, * and ?; everything else stands for itself."""
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
