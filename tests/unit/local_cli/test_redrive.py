"""Running requests again: which, under which name, and how one is refused."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import cli
from local.again import NotStartable, execution_name, objection, start_again
from local.commands import last_request, which_stack
from local.commands.failure import FAILED, NOT_DELIVERED, SUCCESS
from local.deployed_stack import DeployedStack, Record
from shared.appeals import execution_name as appeal_name
from shared.request_ids import request_id_for

MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:s-GenerateSafeImage"
Output = pytest.CaptureFixture[str]


def record(request_id: str = "s3:prompts/fox", **more: Any) -> Record:
    made: Record = {
        "request_id": request_id,
        "run": 1,
        "status": "FAILED",
        "stage": "GenerateImages",
        "created_at": "2026-11-20T10:00:00.000Z",
        "updated_at": "2026-11-20T10:00:09.000Z",
        "reasons": [{"stage": "GenerateImages", "category": "technical", "rule": "Throttled"}],
    }
    return made | more


class StepFunctions:
    """Names that are taken are refused, as for executions that have ended; runs end at once."""

    def __init__(self, records: dict[str, Record], ends: str) -> None:
        self.records, self.ends = records, ends
        self.taken: set[str] = set()
        self.started: dict[str, dict[str, Any]] = {}

    def start_execution(self, **given: str) -> dict[str, str]:
        assert given["stateMachineArn"] == MACHINE
        if given["name"] in self.taken:
            error: Any = {"Error": {"Code": "ExecutionAlreadyExists", "Message": "…"}}
            raise ClientError(error, "StartExecution")
        self.started[given["name"]] = asked = json.loads(given["input"])
        again = self.records[asked["request_id"]]
        if asked["run"] == again["run"]:
            again.update(run=again["run"] + 1, status=self.ends, reasons=[])
        return {"executionArn": f"arn:execution:{given['name']}"}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        request = self.started[executionArn.rpartition(":")[2]]
        output = {"request_id": request["request_id"]}
        return {"status": "SUCCEEDED", "input": "{}", "output": json.dumps(output)}

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": [{"stateEnteredEventDetails": {"name": "Completed"}}]}


class Stack(DeployedStack):
    """A stack of these records."""

    def __init__(self, *records: Record, ends: str = "COMPLETED") -> None:
        self.records = {one["request_id"]: one for one in records}
        self.machine = StepFunctions(self.records, ends)
        self.since = ""
        super().__init__("s", lambda _: self.machine, {"StateMachineArn": MACHINE})

    def record(self, request_id: str) -> Record | None:
        return self.records.get(request_id)

    def records_of(self, requester: str, limit: int = 20, since: str = "") -> list[Record]:
        self.since = since
        return [one for one in self.records.values() if one["created_at"] >= since][:limit]

    def runs(self) -> list[tuple[str, int]]:
        return [(one["request_id"], one["run"]) for one in self.machine.started.values()]


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_request, "remember", lambda *_: None)
    monkeypatch.setattr("local.commands.waiting.remember", lambda *_: None)
    monkeypatch.setattr("local.commands.waiting.objects_at", lambda _: "s3:/")


def redrive(monkeypatch: pytest.MonkeyPatch, stack: Stack, *line: str) -> int:
    monkeypatch.setattr(which_stack, "which_stack", lambda _: stack)
    return cli.main(["redrive", *line])


def test_a_failed_request_is_run_again_and_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    stack = Stack(record())
    assert redrive(monkeypatch, stack, "s3:prompts/fox") == SUCCESS
    assert list(stack.machine.started) == [execution_name(record())]
    assert stack.runs() == [("s3:prompts/fox", 1)]
    assert "COMPLETED" in capsys.readouterr().out


def test_a_run_without_a_picture_says_so_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack(record(), ends="FAILED")
    assert redrive(monkeypatch, stack, "s3:prompts/fox") == NOT_DELIVERED


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"status": "RUNNING", "open_shard": "1"}, "wait for its end"),
        ({"status": "COMPLETED"}, "for others ask with another request_id"),
        ({"status": "BLOCKED_PROMPT"}, "change the prompt"),
        ({"status": "BLOCKED_IMAGE"}, "its requester may appeal"),
        ({"status": "BLOCKED_IMAGE", "appeal": {}}, "change the prompt"),
        ({"status": "COMPLETED", "appeal": {}}, "for others ask with another request_id"),
        ({"status": "MODEL_FILTERED"}, "change the prompt"),
        ({"status": "INVALID"}, "correct it"),
        ({"open_shard": "1"}, "try again in ten minutes"),
        ({"run": 10}, "run 10 times"),
    ],
)
def test_what_is_not_run_again_says_why_and_what_to_do(
    change: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    stack = Stack(record(**change))
    assert redrive(monkeypatch, stack, "s3:prompts/fox") == FAILED
    assert told in capsys.readouterr().err
    assert stack.runs() == []


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "REFUSED"])
@pytest.mark.parametrize("run", [0, 1, 9])
def test_what_may_end_otherwise_is_run_again(status: str, run: int) -> None:
    assert objection(record(status=status, run=run)) == ""


def test_a_run_that_never_began_is_not_the_request(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    request_id = f"execution-{execution_name(record())}"
    assert redrive(monkeypatch, Stack(record(request_id)), request_id) == FAILED
    assert "redrive the request that it was for" in capsys.readouterr().err


def test_an_appeal_that_was_not_taken_is_not_the_request(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    request_id = f"execution-{appeal_name(request_id_for('local', 'a-key'), 2)}"
    assert redrive(monkeypatch, Stack(record(request_id)), request_id) == FAILED
    assert "its reasons say why" in capsys.readouterr().err


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "REFUSED"])
def test_an_appeal_that_ended_technically_is_run_again(status: str) -> None:
    assert objection(record(status=status, run=2, appeal={"against": 1})) == ""


def test_a_name_is_the_same_each_time_and_other_for_each_run() -> None:
    odd = record("s3:prompts/" + "ü/" * 200)
    name = execution_name(odd)
    assert name == execution_name(odd)
    assert name != execution_name(odd | {"run": 2})
    assert len(name) <= 80
    assert name.replace("-", "").isalnum()


def test_a_start_that_failed_before_its_claim_does_not_bar_the_next() -> None:
    stack = Stack(record())
    stack.machine.taken = {execution_name(record(), 1), execution_name(record(), 2)}
    assert start_again(stack, record()).endswith(execution_name(record(), 3))


def test_starts_that_always_fail_are_given_up() -> None:
    stack = Stack(record())
    stack.machine.taken = {execution_name(record(), number) for number in range(100)}
    with pytest.raises(NotStartable):
        start_again(stack, record())


def test_several_are_run_and_those_that_may_not_are_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    stack = Stack(record("a"), record("b", status="COMPLETED"), record("c", status="EXPIRED"))
    monkeypatch.setattr("sys.stdin", io.StringIO("b\n\nc\n"))
    assert redrive(monkeypatch, stack, "a", "-", "c") == FAILED
    assert stack.runs() == [("a", 1), ("c", 1)]
    said = capsys.readouterr()
    assert "b (COMPLETED) is not run again" in said.err
    assert said.out.count("COMPLETED") == 2


def test_an_unknown_id_begins_nothing(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    stack = Stack(record("a"))
    assert redrive(monkeypatch, stack, "a", "typo") == FAILED
    assert "no record typo" in capsys.readouterr().err
    assert stack.runs() == []


def test_a_requesters_failures_since_then(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    new = {"created_at": "2999-01-01T00:00:00.000Z"}
    stack = Stack(
        record("old"),
        record("failed", **new),
        record("expired", status="EXPIRED", **new),
        record("refused", status="REFUSED", **new),
        record("done", status="COMPLETED", **new),
    )
    line = ("--requester", "event:my.shop", "--since", "2h")
    assert redrive(monkeypatch, stack, *line, "--dry-run") == SUCCESS
    assert stack.runs() == []
    told = capsys.readouterr().out
    assert "2 would be run again" in told
    assert "expired" in told
    assert redrive(monkeypatch, stack, *line, "--no-wait") == SUCCESS
    assert stack.runs() == [("failed", 1), ("expired", 1)]
    assert redrive(monkeypatch, stack, *line, "--status", "REFUSED") == SUCCESS
    assert stack.runs()[2:] == [("refused", 1)]
    assert redrive(monkeypatch, stack, *line) == SUCCESS
    assert "Nothing is run again" in capsys.readouterr().out


@pytest.mark.parametrize("line", [[], ["a", "--requester", "b"]])
def test_ids_or_a_requester(
    line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    assert redrive(monkeypatch, Stack(), *line) == FAILED
    assert "give request ids, or else --requester" in capsys.readouterr().err


@pytest.mark.parametrize("age", ["2", "h", "-1h", "2w", "999999999999d", "999999d", "nand"])
def test_an_age_has_a_number_and_a_unit(age: str, capsys: Output) -> None:
    with pytest.raises(SystemExit):
        cli.main(["redrive", "--requester", "r", "--since", age])
    assert "--since" in capsys.readouterr().err
