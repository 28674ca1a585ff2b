"""Which rule breaks which call, how often, and which rules are none."""

from typing import Any

import pytest

from local.faults.calls import Call
from local.faults.rules import Rule, RuleBook, rule_of

CALL = Call("stack-Store-1", "s3", "PutObject", {"bucket": "work", "key": "a/b"}, "/work/a/b\nbody")
ALWAYS = {"service": "s3", "kind": "error", "times": None}


def book(*rules: dict[str, Any]) -> RuleBook:
    made = RuleBook()
    made.add(rules)
    return made


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"caller": "Store"},
        {"operation": "PutObject"},
        {"resource": "a/"},
        {"contains": "body"},
        {"caller": "Store", "operation": "PutObject", "resource": "work", "contains": "/work"},
    ],
)
def test_a_rule_takes_what_it_names(more: dict[str, Any]) -> None:
    assert book({**ALWAYS, **more}).take(CALL)


@pytest.mark.parametrize(
    "more",
    [
        {"service": "dynamodb"},
        {"caller": "Other"},
        {"operation": "Put"},
        {"resource": "images"},
        {"contains": "nothing"},
    ],
)
def test_a_rule_leaves_the_rest(more: dict[str, Any]) -> None:
    assert not book({**ALWAYS, **more}).take(CALL)


def test_nobodys_calls_pass_and_the_stand_ins_unless_they_are_named() -> None:
    nobody = Call("", "s3", "PutObject", {}, "")
    stand_ins = Call("stand-ins", "s3", "PutObject", {}, "")
    assert not book({**ALWAYS, "caller": ""}).take(nobody)
    assert not book(ALWAYS).take(stand_ins)
    assert book({**ALWAYS, "caller": "stand-ins"}).take(stand_ins)


def test_skip_and_times_count_what_matches() -> None:
    rules = book({"id": "r", "service": "s3", "kind": "drop", "skip": 1, "times": 2})
    taken = [bool(rules.take(CALL)) for _ in range(5)]
    assert taken == [False, True, True, False, False]
    rules.take(Call("other", "dynamodb", "PutItem"))
    [row] = rules.report()
    assert (row["id"], row["seen"], row["injected"]) == ("r", 5, 2)


def test_one_break_is_the_default() -> None:
    rules = book({"service": "s3", "kind": "drop"})
    assert [bool(rules.take(CALL)) for _ in range(2)] == [True, False]


def test_a_rate_goes_on_for_ever_and_can_be_repeated() -> None:
    def taken(seed: int) -> list[bool]:
        rules = book({"service": "s3", "kind": "drop", "rate": 0.2, "seed": seed})
        return [bool(rules.take(CALL)) for _ in range(1000)]

    assert taken(1) == taken(1) != taken(2)
    assert 150 < sum(taken(1)) < 250


def test_a_rate_may_have_an_end() -> None:
    rules = book({"service": "s3", "kind": "drop", "rate": 1, "times": 3})
    assert sum(bool(rules.take(CALL)) for _ in range(9)) == 3


def test_the_first_rule_that_takes_a_call_breaks_it() -> None:
    rules = book({"service": "s3", "kind": "drop"}, {"service": "s3", "kind": "lost"})
    kinds = [rule.kind for _ in range(3) if (rule := rules.take(CALL))]
    assert kinds == ["drop", "lost"]


def test_rules_end_together() -> None:
    rules = book(ALWAYS)
    assert rules
    rules.clear()
    assert not rules
    assert rules.take(CALL) is None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("drop", "an object of"),
        ({"kind": "drop"}, "names its service"),
        ({"service": "s3", "kind": "melt"}, "no such kind"),
        ({"service": "s3", "kind": "drop", "sometimes": True}, "an object of"),
        ({"service": "s3", "kind": "drop", "caller": 1}, "are texts"),
        ({"service": "s3", "kind": "drop", "times": 1.5}, "times is a whole number"),
        ({"service": "s3", "kind": "drop", "skip": -1}, "skip is a whole number"),
        ({"service": "s3", "kind": "drop", "skip": None}, "skip is a whole number"),
        ({"service": "s3", "kind": "drop", "rate": 1.5}, "rate is 0 to 1"),
        ({"service": "s3", "kind": "drop", "rate": float("nan")}, "rate is a number"),
        ({"service": "s3", "kind": "delay", "seconds": True}, "seconds is a number"),
        ({"service": "s3", "kind": "duplicate"}, "for delivery alone"),
        ({"service": "s3", "kind": "timeout"}, "for lambda alone"),
        ({"service": "s3", "kind": "failed_entries"}, "for events alone"),
        ({"service": "delivery", "kind": "error"}, "a delivery ends with"),
        ({"service": "delivery", "operation": "sqs:lambda", "kind": "empty"}, "a delivery ends"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(told: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        rule_of(told)


def test_all_rules_are_taken_or_none() -> None:
    rules = RuleBook()
    with pytest.raises(ValueError, match="no such kind"):
        rules.add([ALWAYS, {"service": "s3", "kind": "melt"}])
    assert not rules


def test_a_batch_may_also_fail() -> None:
    told = {"service": "delivery", "operation": "sqs:lambda", "kind": "lost"}
    assert rule_of(told) == Rule("delivery", "lost", operation="sqs:lambda")
