"""A callback and its Task, whichever is first."""

import itertools
import json
from typing import Any

import pytest

from resume_generation.notice import Notice
from resume_generation.resume import Callback, Settings, resume
from shared.inferences import result_of


class Rows:
    """The inferences table's contract in memory: every write answers with the whole row."""

    def __init__(self) -> None:
        self.row: dict[str, Any] = {}
        self.finished = 0

    def bind(self, token: str) -> dict[str, Any]:
        self.row = {"status": "PENDING", "inference_id": "i", "plan": '{"seed": 7}'} | self.row
        if self.row["status"] not in {"FAILED", "EXPIRED"}:
            self.row["task_token"] = token
        return dict(self.row)

    def complete(self, identity: str, output: dict[str, str]) -> tuple[bool, dict[str, Any]]:
        return self._finish({"status": "COMPLETED", "output": json.dumps(output)})

    def fail(self, identity: str, status: str, reason: str) -> tuple[bool, dict[str, Any]]:
        return self._finish({"status": status, "failure_reason": reason})

    def count_finished(self) -> None:
        self.finished += 1

    def note_late(self, identity: str, now: str) -> None:
        self.row["late_at"] = now

    def _finish(self, result: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        is_open = self.row.get("status") in {"PENDING", "INVOKED"}
        self.row |= result if is_open else {}
        return is_open, dict(self.row)


class Tasks:
    """Step Functions: one token waits at a time, and is answered once."""

    def __init__(self) -> None:
        self.waiting = ""
        self.answers: list[str] = []

    def succeed(self, token: str, output: dict[str, Any]) -> bool:
        return self._answer(token, f"succeeded {output['output']['key']}")

    def fail(self, token: str, error: str, cause: str) -> bool:
        return self._answer(token, f"failed {error}")

    def _answer(self, token: str, answer: str) -> bool:
        if token != self.waiting:
            return False
        self.waiting = ""
        self.answers.append(answer)
        return True


DONE = Notice("i", "Completed", "s3://work/inference/output/i.out")


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def tasks() -> Tasks:
    return Tasks()


@pytest.fixture
def callback(rows: Any, tasks: Any) -> Callback:
    return Callback(Settings("inferences", "work", "Safelight/example"), rows, rows, tasks)


def enter(rows: Rows, tasks: Tasks, token: str) -> None:
    """GenerateImages: binds its token, and answers at once if the result is there."""
    tasks.waiting = token
    row = rows.bind(token)
    if row["status"] == "COMPLETED":
        tasks.succeed(token, result_of(row))


@pytest.mark.parametrize(
    "order",
    [
        order
        for order in itertools.permutations(["enter A", "enter B", "notice", "notice"])
        if order.index("enter A") < order.index("enter B") and order[0] == "enter A"
    ],
    ids=", ".join,
)
def test_every_order_of_tries_and_notices_ends_in_an_answer(
    order: tuple[str, ...], rows: Rows, tasks: Tasks, callback: Callback
) -> None:
    for step in order:
        if step == "notice":
            resume(callback, DONE)
        else:
            enter(rows, tasks, step)
    assert tasks.waiting == ""
    assert tasks.answers[-1] == "succeeded inference/output/i.out"


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ("s3://work/inference/output/i.out", "succeeded inference/output/i.out"),
        ("s3://work/inference/output/a?b#c d%20.out", "succeeded inference/output/a?b#c d%20.out"),
        ("s3://elsewhere/inference/output/i.out", "failed GenerationFailed"),
        ("s3://work/inference/input/i.json", "failed GenerationFailed"),
        ("s3://work/", "failed GenerationFailed"),
        ("s3://work", "failed GenerationFailed"),
        ("https://work/inference/output/i.out", "failed GenerationFailed"),
        ("s3://[/x", "failed GenerationFailed"),
        ("", "failed GenerationFailed"),
    ],
)
def test_only_an_output_in_the_work_bucket_is_one(
    output: str, answer: str, rows: Rows, tasks: Tasks, callback: Callback
) -> None:
    enter(rows, tasks, "A")
    resume(callback, Notice("i", "Completed", output))
    assert tasks.answers == [answer]


def test_an_inference_of_nobody_is_unknown(callback: Callback) -> None:
    assert resume(callback, DONE) == "unknown"


def test_the_queues_item_is_no_inference(rows: Rows, callback: Callback) -> None:
    rows.row = {"inference_id": "queue", "look": "{}", "finished": 7}
    assert resume(callback, Notice("queue", "Completed", DONE.output)) == "unknown"
    assert rows.row == {"inference_id": "queue", "look": "{}", "finished": 7}


@pytest.mark.parametrize(
    ("notice", "finished"),
    [
        (DONE, 1),
        (Notice("i", "Failed"), 1),
        # The endpoint did not work on it.
        (Notice("i", "Expired"), 0),
    ],
)
def test_what_the_endpoint_has_worked_on_is_counted_once(
    notice: Notice, finished: int, rows: Rows, tasks: Tasks, callback: Callback
) -> None:
    enter(rows, tasks, "A")
    resume(callback, notice)
    resume(callback, notice)
    assert rows.finished == finished


def test_a_count_that_fails_holds_nothing_up(
    rows: Rows, tasks: Tasks, callback: Callback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr(rows, "count_finished", fail)
    enter(rows, tasks, "A")
    assert resume(callback, DONE) == "resumed"


def test_a_task_that_waits_no_more_is_late(rows: Rows, tasks: Tasks, callback: Callback) -> None:
    enter(rows, tasks, "A")
    tasks.waiting = ""
    assert resume(callback, DONE) == "late"
    assert rows.row["late_at"]


def test_a_result_after_the_sweep_is_noted_and_not_used(
    rows: Rows, tasks: Tasks, callback: Callback
) -> None:
    enter(rows, tasks, "A")
    rows.fail("i", "EXPIRED", "no notice came in time")
    tasks.waiting = ""
    assert resume(callback, DONE) == "late"
    assert rows.row["status"] == "EXPIRED"
    assert rows.row["late_at"]


def test_a_second_notice_of_the_same_end_is_no_late_one(
    rows: Rows, tasks: Tasks, callback: Callback
) -> None:
    enter(rows, tasks, "A")
    assert [resume(callback, DONE) for _ in range(3)] == ["resumed", "repeated", "repeated"]
    assert "late_at" not in rows.row
