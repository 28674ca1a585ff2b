"""Rules that break calls, and the book that says which rule takes a call.

A rule is an object of
    "service": as in calls.Call, or "delivery"       "kind": one of KINDS
    "caller", "operation": a part of the caller's name, the whole of the operation's
    "resource": a part of one of the call's facts    "contains": a text in path or body
    "skip": let so many matching calls pass first    "times": break so many (1; null is all)
    "rate": break a call with this chance, 0..1, drawn from "seed" (times is null then)
    "seconds": of a delay                            "code", "status": of an error
    "id": a name for the report
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from local.faults.callers import STAND_INS
from local.faults.calls import Call

KINDS = (
    "error", "throttle", "lost", "drop", "delay", "empty", "malformed", "failed_entries",
    "timeout", "duplicate", "kill_before", "kill_after",
)  # fmt: skip
_PERFORMED = ("lost", "empty", "malformed", "kill_after", "timeout")
_UNANSWERED = ("drop", "lost", "kill_before", "kill_after")
_KINDS_OF_ONE = {"duplicate": "delivery", "timeout": "lambda", "failed_entries": "events"}
_DELIVERY_KINDS = ("drop", "duplicate", "delay")
_BATCH_KINDS = ("error", "lost")
_TEXTS = ("service", "id", "caller", "operation", "resource", "contains", "code")
Json = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """One way to break calls; see the module."""

    service: str
    kind: str
    id: str = ""
    caller: str = ""
    operation: str = ""
    resource: str = ""
    contains: str = ""
    skip: int = 0
    times: int | None = 1
    rate: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    code: str = ""
    status: int = 0

    @property
    def performed(self) -> bool:
        """Whether the service has done what it was asked before its answer is spoilt."""
        return self.kind in _PERFORMED

    @property
    def unanswered(self) -> bool:
        """Whether the connection ends; a lost answer may be an error of some status instead."""
        return self.kind in _UNANSWERED and not self.status

    def matches(self, call: Call) -> bool:
        """Calls of nobody that is known here, such as a test's own, are never broken; those of
        the stand-ins by rules that name them."""
        return (
            self.service == call.service
            and call.caller not in ("", STAND_INS if not self.caller else "")
            and self.caller in call.caller
            and self.operation in ("", call.operation)
            and any(self.resource in fact for fact in (*call.facts.values(), ""))
            and self.contains in call.text
        )


def rule_of(told: object) -> Rule:
    """The rule that JSON tells; ValueError, saying what is wrong, for what is none."""
    names = {each.name for each in fields(Rule)}
    if not isinstance(told, dict) or not told.keys() <= names:
        raise ValueError(f"a rule is an object of {', '.join(sorted(names))}")
    if told.get("kind") not in KINDS:
        raise ValueError(f"no such kind: {told.get('kind')!r}; there are {', '.join(KINDS)}")
    if not told.get("service"):
        raise ValueError("a rule names its service")
    if not all(isinstance(told.get(name, ""), str) for name in _TEXTS):
        raise ValueError(f"{', '.join(_TEXTS)} are texts")
    given = {"times": None, **told} if "rate" in told else told
    rule = Rule(**given)
    _check_kind(rule)
    _check_numbers(rule)
    return rule


def _check_kind(rule: Rule) -> None:
    if _KINDS_OF_ONE.get(rule.kind, rule.service) != rule.service:
        raise ValueError(f"{rule.kind} is for {_KINDS_OF_ONE[rule.kind]} alone")
    possible = _DELIVERY_KINDS + (_BATCH_KINDS if rule.operation == "sqs:lambda" else ())
    if rule.service == "delivery" and rule.kind not in possible:
        raise ValueError(f"a delivery ends with {', '.join(possible)}")


def _check_numbers(rule: Rule) -> None:
    if not 0 <= _number(rule.rate, "rate") <= 1 or _number(rule.seconds, "seconds") < 0:
        raise ValueError("rate is 0 to 1, seconds are not negative")
    for name in ("skip", "times", "seed", "status"):
        value = getattr(rule, name)
        if not (value is None and name == "times") and (type(value) is not int or value < 0):
            raise ValueError(f"{name} is a whole number")


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is a number")
    return value


class _Entry:
    """A rule in force, with its counts."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = self.injected = 0
        self._chance = random.Random(rule.seed)  # noqa: S311 - repeatable on purpose

    def takes(self, call: Call) -> bool:
        rule = self.rule
        if not rule.matches(call):
            return False
        self.seen += 1
        if self.seen <= rule.skip or (rule.times is not None and self.injected >= rule.times):
            return False
        if rule.rate < 1 and self._chance.random() >= rule.rate:
            return False
        self.injected += 1
        return True


class RuleBook:
    """The rules in force, in the order in which they were told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, told: Iterable[object]) -> None:
        """All of them or, with a ValueError, none."""
        entries = [_Entry(rule_of(each)) for each in told]
        with self._lock:
            self._entries += entries

    def take(self, call: Call) -> Rule | None:
        """The first rule that breaks this call, which is thereby counted; None lets it pass."""
        with self._lock:
            return next((entry.rule for entry in self._entries if entry.takes(call)), None)

    def report(self) -> list[Json]:
        """[{id, service, operation, kind, seen: calls that matched, injected: calls broken}]"""
        with self._lock:
            return [
                {
                    **{name: getattr(entry.rule, name) for name in _REPORTED},
                    "seen": entry.seen,
                    "injected": entry.injected,
                }
                for entry in self._entries
            ]

    def clear(self) -> None:
        """No rules are in force."""
        with self._lock:
            self._entries.clear()


_REPORTED = ("id", "service", "operation", "caller", "kind")
