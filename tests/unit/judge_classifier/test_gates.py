"""A model's metrics against its gates: what was not measured is not good enough."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge_classifier.gates import judge, read_metrics, training_warning

GATES = {"f1": 0.8, "recall": 0.8}
GOOD = {"accuracy": 0.9, "precision": 0.9, "recall": 0.9, "f1": 0.9}


def rules(reasons: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(reason["rule"], reason["action"]) for reason in reasons]


@pytest.mark.parametrize(
    ("metrics", "recalls", "expected"),
    [
        (GOOD, {"safe": 0.1, "unsafe": 0.8}, []),
        (GOOD, {"safe": 1.0, "unsafe": 0.7999}, [("recall", "reject")]),
        (GOOD, {"safe": 1.0, "unsafe": None}, [("unmeasured_label", "reject")]),
        (GOOD, {"safe": 1.0}, [("unmeasured_label", "reject")]),
        (GOOD, {}, [("unmeasured_label", "reject")]),
        ({**GOOD, "f1": 0.8}, {"unsafe": 1.0}, []),
        ({**GOOD, "f1": 0.79}, {"unsafe": 1.0}, [("f1", "reject")]),
        ({**GOOD, "recall": 0.1}, {"unsafe": 1.0}, []),
        (GOOD, None, [("no_confusion_matrix", "warn")]),
        (
            {**GOOD, "recall": 0.1, "f1": 0.1},
            None,
            [("f1", "reject"), ("no_confusion_matrix", "warn"), ("recall", "reject")],
        ),
        (None, {"unsafe": 1.0}, [("no_metrics", "reject")]),
    ],
)
def test_gates(metrics: Any, recalls: Any, expected: list[tuple[str, str]]) -> None:
    assert rules(judge(metrics, recalls, GATES, ["unsafe"])) == expected


def test_each_label_of_the_policy_has_its_gate() -> None:
    reasons = judge(GOOD, {"gore": 0.5, "hate": 0.6, "safe": 0.1}, GATES, ["gore", "hate"])
    assert [(reason["label"], reason["score"]) for reason in reasons] == [
        ("gore", 0.5),
        ("hate", 0.6),
    ]
    assert reasons[0]["message"] == "recall is 0.5000 and must be 0.8 at least"
    assert {reason["stage"] for reason in reasons} == {"JudgeClassifier"}


def told(**changed: Any) -> dict[str, Any]:
    found = {"Accuracy": 0.5, "Precision": 0.6, "Recall": 1, "F1Score": 0, **changed}
    return {"ClassifierMetadata": {"EvaluationMetrics": found}}


def test_metrics_have_our_names() -> None:
    assert read_metrics(told()) == {"accuracy": 0.5, "precision": 0.6, "recall": 1, "f1": 0}


NO_SHARES: list[Any] = [None, "0.9", True, -0.1, 1.1, float("nan"), float("inf"), 10**400, []]


@pytest.mark.parametrize(
    "classifier",
    [
        {},
        {"ClassifierMetadata": None},
        {"ClassifierMetadata": {}},
        {"ClassifierMetadata": {"EvaluationMetrics": []}},
        *(told(F1Score=value) for value in NO_SHARES),
    ],
)
def test_metrics_that_are_none(classifier: Any) -> None:
    assert read_metrics(classifier) is None


def test_a_warning_of_comprehend() -> None:
    assert training_warning({"Status": "TRAINED", "Message": "fine"}) == []
    (silent,) = training_warning({"Status": "TRAINED_WITH_WARNING"})
    assert (silent["action"], silent["message"]) == ("warn", "Comprehend gave no message")
    (long,) = training_warning({"Status": "TRAINED_WITH_WARNING", "Message": "x" * 5000})
    assert len(long["message"]) == 1000


SHARES = st.floats(0, 1)


@given(
    f1=SHARES,
    recalls=st.dictionaries(st.sampled_from(["safe", "unsafe", "gore"]), SHARES | st.none()),
    gate=SHARES,
)
def test_nothing_below_a_gate_is_accepted(f1: float, recalls: Any, gate: float) -> None:
    labels = ["gore", "unsafe"]
    gates = {"f1": gate, "recall": gate}
    reasons = judge({**GOOD, "f1": f1}, recalls, gates, labels)
    accepted = all(reason["action"] != "reject" for reason in reasons)
    good = all(
        (recalls.get(label) if recalls.get(label) is not None else -1) >= gate for label in labels
    )
    assert accepted == (f1 >= gate and good)
