"""The JSONata that the state machine is written in."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from contract.machines import CAUGHT, Run, call, single

pytestmark = pytest.mark.engine

NASTY = 'it\'s "quoted"\\ and\nbroken, {% $x %} ${Y} €😀\u2028'


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.list", [1, 2, 3]),
        ("[$states.input.one.name]", ["a"]),
        ("$states.input.one.name", "a"),
        ("[]", []),
        ("$append([1], [2, 3])", [1, 2, 3]),
        ("$append($states.input.empty, {'n': 1})", [{"n": 1}]),
        ("$merge([$states.input.object, {'b': 2}])", {"a": 1, "b": 2}),
        ("$map($states.input.list, function($v) { $v * 2 })", [2, 4, 6]),
        ("$filter($states.input.list, function($v) { $v > 1 })", [2, 3]),
        ("$count($states.input.list[$ > 1])", 2),
        ("6 / 3", 2),
        ("1 / 4", 0.25),
        ("$number('30')", 30),
        ("null", None),
        ("$states.input.nothing", None),
        ("{'a': null}", {"a": None}),
        ("$exists($states.input.missing)", False),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(1, 7, 3)", [1, 4, 7]),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
        ("$hash('safe', 'SHA-256')", hashlib.sha256(b"safe").hexdigest()),
        ("$length($uuid())", 36),
        ("$random() < 1", True),
        ("$random(1) = $random(1)", True),
        ("$millis() - $toMillis($now()) < 5", True),
        ("$toMillis('1970-01-01T00:00:01Z')", 1000),
        ("$type($states.context.Execution.StartTime)", "string"),
        ("$toMillis($states.context.Execution.StartTime) <= $millis()", True),
        ("$states.context.State.Name", "Only"),
        ("$string({'a': [1, 'x']})", '{"a":[1,"x"]}'),
        ("$states.input.text", NASTY),
        ("$states.input.text & '!'", NASTY + "!"),
    ],
)
def test_an_expression_has_its_value(run: Run, expression: str, value: Any) -> None:
    given = {
        "list": [1, 2, 3],
        "one": [{"name": "a"}],
        "empty": [],
        "object": {"a": 1},
        "nothing": None,
        "text": NASTY,
    }
    ended = run(single({"Type": "Pass", "Output": f"{{% {expression} %}}"}), given)
    assert ended.get("output", ended.get("cause")) == value


def test_time_in_a_state_is_measured_from_its_entry(run: Run, probe: str) -> None:
    spent = "{% $toMillis($now()) - $toMillis($states.context.State.EnteredTime) %}"
    state = call(probe, {"op": "sleep", "seconds": 0.2}, Output=spent)
    ended = run(single(state))
    assert 150 < ended["output"] < 3000


def test_a_variable_keeps_any_text(run: Run) -> None:
    states = {
        "Keep": {"Type": "Pass", "Assign": {"text": "{% $states.input.text %}"}, "Next": "Use"},
        "Use": {"Type": "Pass", "Output": "{% $text & $states.input.text %}", "End": True},
    }
    ended = run({"QueryLanguage": "JSONata", "StartAt": "Keep", "States": states}, {"text": NASTY})
    assert ended["output"] == NASTY + NASTY


def test_assign_on_task_choice_and_catch(run: Run, probe: str) -> None:
    again = {"Condition": "{% $attempt < 3 %}", "Assign": {"attempt": "{% $attempt + 1 %}"}}
    caught = {"error": "{% $states.errorOutput.Error %}", "seen": "{% $attempt %}"}
    states = {
        "First": {"Type": "Pass", "Assign": {"attempt": 1, "seen": []}, "Next": "Try"},
        "Try": {
            **call(probe, {"op": "echo", "value": "{% $attempt %}"}),
            "Assign": {"seen": "{% $append($seen, [$states.result.Payload]) %}"},
            "Next": "Again",
        },
        "Again": {"Type": "Choice", "Choices": [{**again, "Next": "Try"}], "Default": "Break"},
        "Break": {
            **call(probe, {"op": "fail"}),
            "Catch": [{"ErrorEquals": ["Unreadable"], "Assign": caught, "Next": "Report"}],
            "End": True,
        },
        "Report": {
            "Type": "Pass",
            "Output": ["{% $error %}", "{% $seen %}"],
            "End": True,
        },
    }
    ended = run({"QueryLanguage": "JSONata", "StartAt": "First", "States": states})
    assert ended["output"] == ["Unreadable", 3]


def test_variables_of_one_assign_see_the_values_before_it(run: Run) -> None:
    states = {
        "One": {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Two"},
        "Two": {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Next": "Three"},
        "Three": {"Type": "Pass", "Output": ["{% $a %}", "{% $b %}"], "End": True},
    }
    ended = run({"QueryLanguage": "JSONata", "StartAt": "One", "States": states})
    assert ended["output"] == [2, 1]


@pytest.mark.parametrize(
    "expression",
    ["$states.input.missing", "$unset", "$states.input.text + 1", "$nosuch()", "function($x) {$x}"],
)
def test_what_has_no_json_value_is_a_query_error(run: Run, expression: str) -> None:
    ended = run(single({"Type": "Pass", "Output": f"{{% {expression} %}}"}), {"text": "a"})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert expression in ended["cause"]


def test_a_query_error_in_arguments_can_be_caught(run: Run, probe: str) -> None:
    state = call(probe, {"op": "echo", "value": "{% $states.input.missing %}"})
    state["Catch"] = [{"ErrorEquals": ["States.QueryEvaluationError"], **CAUGHT}]
    assert run(single(state))["output"]["error"] == "States.QueryEvaluationError"


def test_a_choice_that_is_not_a_boolean_fails(run: Run) -> None:
    rule = {"Condition": "{% 'yes' %}", "Next": "Caught"}
    ended = run(single({"Type": "Choice", "Choices": [rule], "Default": "Caught"}))
    assert ended["status"] == "FAILED"


def test_nested_arguments_are_evaluated_in_place(run: Run, probe: str) -> None:
    value = {"plain": 1, "list": ["{% $states.input.a %}", {"deep": "{% [1,2] %}"}], "null": None}
    ended = run(single(call(probe, {"op": "echo", "value": value})), {"a": "x"})
    assert ended["output"] == {"plain": 1, "list": ["x", {"deep": [1, 2]}], "null": None}
