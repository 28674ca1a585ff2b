"""How a job ended that its machine could not end: as it said itself, or as a failure."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from follow_jobs.ending import FORGOTTEN, ending_of

NOW = "2026-11-21T06:00:00.000Z"
TOLD = {"status": "COMPLETED", "stage": "SummarizeBatch", "reasons": [], "report": {"key": "k"}}


def not_recorded(cause: str, status: str = "FAILED") -> dict[str, Any]:
    return ending_of({"status": status, "error": "Safelight.NotRecorded", "cause": cause}, NOW)


@pytest.mark.parametrize(
    ("execution", "rule"),
    [
        ({"status": "FAILED", "error": "States.Runtime"}, "States.Runtime"),
        ({"status": "ABORTED", "error": "Stopped"}, "Stopped"),
        ({"status": "TIMED_OUT"}, "TIMED_OUT"),
        ({"status": "SUCCEEDED"}, "SUCCEEDED"),
        ({"status": FORGOTTEN}, "FORGOTTEN"),
    ],
)
def test_an_end_without_a_word_is_a_failure_that_says_why(
    execution: dict[str, Any], rule: str
) -> None:
    ending = ending_of(execution, NOW)
    assert (ending["status"], ending["stage"], ending["updated_at"]) == (
        *("FAILED", "FollowJobs", NOW),
    )
    assert [reason["rule"] for reason in ending["reasons"]] == [rule]


@pytest.mark.parametrize("status", ["COMPLETED", "INVALID", "REFUSED", "FAILED"])
def test_an_end_that_could_not_be_recorded_is_the_machines_own(status: str) -> None:
    told = TOLD | {"status": status}
    assert not_recorded(json.dumps(told)) == told | {"updated_at": NOW}


def test_an_error_name_that_stop_execution_was_given_says_nothing() -> None:
    assert not_recorded(json.dumps(TOLD), status="ABORTED")["status"] == "FAILED"


@pytest.mark.parametrize(
    "told",
    [
        TOLD | {"status": "RUNNING"},
        TOLD | {"reasons": {}},
        TOLD | {"report": []},
        TOLD | {"more": 1},
        {name: TOLD[name] for name in ("status", "stage")},
        [TOLD],
        None,
    ],
)
def test_what_is_no_end_is_not_believed(told: object) -> None:
    assert not_recorded(json.dumps(told))["stage"] == "FollowJobs"


@given(st.text())
def test_a_cause_may_be_any_text(cause: str) -> None:
    assert not_recorded(cause)["status"] == "FAILED"
