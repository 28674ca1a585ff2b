"""SageMaker's notices: every shape that was seen, and what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resume_generation.notice import Notice, UnreadableNotice, read_notice


def read(**message: Any) -> Notice | None:
    return read_notice(json.dumps({"Message": json.dumps(message)}))


def test_success() -> None:
    notice = read(
        inferenceId="i",
        invocationStatus="Completed",
        responseParameters={"outputLocation": "s3://work/out/i.out"},
    )
    assert notice == Notice("i", "Completed", "s3://work/out/i.out")
    assert notice.completed
    assert not notice.expired


@pytest.mark.parametrize("status", ["Failed", "Expired", "completed", "Something new"])
@pytest.mark.parametrize(
    "more", [{}, {"responseParameters": None}, {"failureLocation": "s3://work/x"}]
)
def test_anything_but_completed_is_a_failure(status: str, more: dict[str, Any]) -> None:
    notice = read(inferenceId="i", invocationStatus=status, failureReason="so", **more)
    assert notice
    assert not notice.completed
    assert notice.expired == (status == "Expired")
    assert notice.reason == "so"


def test_a_test_notice_is_none() -> None:
    assert read(eventName="TestNotification") is None


def test_a_long_reason_is_cut() -> None:
    notice = read(inferenceId="i", invocationStatus="Failed", failureReason="x" * 5000)
    assert notice
    assert len(notice.reason) == 1000


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"Message": null}',
        '{"Message": "null"}',
        '{"Message": "[]"}',
        '{"Message": "{}"}',
        '{"Message": "{\\"inferenceId\\": \\"i\\"}"}',
        '{"Message": "{\\"inferenceId\\": \\"\\", \\"invocationStatus\\": \\"Completed\\"}"}',
        '{"Message": "{\\"inferenceId\\": 7, \\"invocationStatus\\": \\"Completed\\"}"}',
    ],
)
def test_what_is_no_notice_is_unreadable(body: str) -> None:
    with pytest.raises(UnreadableNotice):
        read_notice(body)


@given(
    message=st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5)),
        lambda inner: st.dictionaries(
            st.sampled_from(
                ["inferenceId", "invocationStatus", "responseParameters", "outputLocation"]
            ),
            inner,
        ),
    )
)
def test_any_message_is_a_notice_or_unreadable(message: Any) -> None:
    try:
        notice = read_notice(json.dumps({"Message": json.dumps(message)}))
    except UnreadableNotice:
        return
    assert isinstance(notice, Notice)
    assert {type(value) for value in vars(notice).values()} == {str}
