"""Whatever dies between whatever two writes: each run has one end, told alike as often as told.

The real AcceptRequest, CloseExecution and SweepRequests, and the state machine's own writes, act on
one table in any order that Hypothesis finds. Any of them may be killed before or after any write.
"""

import functools
import json
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from moto import mock_aws
from unit.fuse import FUSES, Fuse, KilledError
from wiring.system import RESOURCES, STATES

from accept_request.accept import Door, accept
from accept_request.accept import Settings as AcceptSettings
from close_execution.close import Clerk, close
from close_execution.close import Settings as CloseSettings
from shared.announcement import event_of
from shared.dynamodb import Item, Table
from shared.pinning import Pinning, PolicySettings
from shared.records import Records, utc_text
from shared.statuses import OPEN, RERUNNABLE
from sweep_requests.sweep import Sweeper, sweep

ROOT = Path(__file__).parents[2]
ENDS = ["COMPLETED", "BLOCKED_PROMPT", "BLOCKED_IMAGE", "FAILED", "EXPIRED"]
ACCEPT = AcceptSettings(
    results_table="results",
    work_bucket="work",
    store_prompts=False,
    retention_days=90,
    max_attempts=1,
    generation_seconds=60,
    policy=PolicySettings(
        active=False, shadow=False, bucket="", refresh_seconds=60, metrics_namespace="Safelight"
    ),
)
CLOSE = CloseSettings(
    results_table="results", bus="bus", retention_days=90, metrics_namespace="Safelight"
)


@functools.cache
def _client() -> Any:
    """Made once: it takes longer than the whole story."""
    return boto3.client("dynamodb", region_name="us-east-1")


class StepFunctions:
    """Executions as far as closing, sweeping and running again ask about them."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Any] = {}

    def start(self, given: object) -> str:
        arn = f"arn:execution:{len(self.executions)}"
        self.executions[arn] = {
            "executionArn": arn,
            "name": arn.rsplit(":", 1)[1],
            "status": "RUNNING",
            "startDate": datetime.now(UTC),
            "input": json.dumps(given),
        }
        return arn

    def end(self, arn: str, status: str, error: str = "", cause: str = "") -> None:
        if self.executions[arn]["status"] == "RUNNING":
            told = {"status": status, "stopDate": datetime.now(UTC), "error": error, "cause": cause}
            self.executions[arn] |= told

    def describe(self, arn: str) -> dict[str, Any]:
        return dict(self.executions[arn])

    def input_of(self, arn: str) -> str:
        return str(self.executions[arn]["input"])

    def stop(self, arn: str, error: str) -> None:
        self.end(arn, "ABORTED", error)

    def task_outputs(self, arn: str, state: str) -> Any:
        return iter([self.answers[arn]] if arn in self.answers else [])


class Nothing:
    """Inferences and reviews, of which this story has none."""

    def overdue(self, now: str, most: int) -> list[Item]:
        return []

    def open_ones(self, now: datetime) -> tuple[list[Item], list[Item]]:
        return [], []

    def owed(self) -> list[Item]:
        return []

    def count_open(self) -> int:
        return 0

    def percent_waited(self, rows: list[Item], now: datetime) -> float:
        return 0.0


class OneTruthfulEnd(RuleBasedStateMachine):
    """The rules are what may happen; the invariants are what is promised."""

    def __init__(self) -> None:
        super().__init__()
        self.fuse = Fuse()
        self.events: list[dict[str, Any]] = []
        self.ends: dict[tuple[str, int], Any] = {}
        self.unfinished: list[tuple[str, str]] = []  # executions and where their machine stands

        self.mock = mock_aws()
        self.mock.start()
        client = _client()
        shape = RESOURCES["ResultsTable"]["Properties"]
        parts = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
        client.create_table(TableName="results", **{name: shape[name] for name in parts})
        self.plain = Table("results", client)
        table = Table("results", client)
        table.put_if = self.fuse.guarded(table.put_if)  # type: ignore[method-assign]
        table.update = self.fuse.guarded(table.update)  # type: ignore[method-assign]
        self.table, self.client = table, client
        records: Any = Records(table)
        self.step_functions = StepFunctions()
        fakes: Any = self.step_functions
        bus: Any = self
        nothing: Any = Nothing()
        storage: Any = None
        self.announce = self.fuse.guarded(self._announce)
        self.door = Door(ACCEPT, records, storage, Pinning(None, None), lambda: fakes)
        self.clerk = Clerk(CLOSE, records, bus, fakes)
        self.sweeper = Sweeper("work", records, nothing, nothing, bus, storage, fakes)

    def _announce(self, detail_type: str, detail: dict[str, Any]) -> None:
        self.events.append(json.loads(json.dumps({"type": detail_type, **detail})))

    @rule(name=st.sampled_from("ab"), prompt=st.sampled_from("xy"), fuse=FUSES)
    def arrive(self, name: str, prompt: str, fuse: Any) -> None:
        self._enter(self.step_functions.start({"request_id": name, "prompt": prompt}), fuse)

    @rule(pick=st.randoms(use_true_random=False), fuse=FUSES)
    def run_again(self, pick: Any, fuse: Any) -> None:
        ended = [record for record in self._all() if record["status"] in RERUNNABLE]
        if ended:
            record = pick.choice(ended)
            given = {name: record[name] for name in ("request_id", "run")}
            self._enter(self.step_functions.start(given), fuse)

    def _enter(self, arn: str, fuse: Any) -> None:
        """AcceptRequest: killed at first, at most, or for good where the fuse is at its end."""
        for _ in range(4 if fuse and fuse[0] % 2 else 2):
            self.fuse.set(fuse)
            with suppress(KilledError):
                answer = self._accept(arn)
                self.step_functions.answers[arn] = answer
                break
        else:
            self.unfinished.append((arn, "FindClaim"))
            return
        if answer["verdict"] in {"accepted", "invalid"}:
            self.unfinished.append((arn, answer["verdict"]))
        else:
            self.step_functions.end(arn, "SUCCEEDED")

    def _accept(self, arn: str) -> Any:
        execution = self.step_functions.executions[arn]
        started = utc_text(execution["startDate"])
        context = {"arn": arn, "name": execution["name"], "started_at": started}
        return accept(self.door, json.loads(execution["input"]), context)

    @rule(pick=st.randoms(use_true_random=False))
    def accept_late(self, pick: Any) -> None:
        """An invocation that was given up and tried again goes on all the same."""
        answers = self.step_functions.answers
        if accepted := [arn for arn in answers if answers[arn]["verdict"] == "accepted"]:
            self.fuse.set(None)
            self._accept(pick.choice(accepted))

    @rule(pick=st.randoms(use_true_random=False), status=st.sampled_from(ENDS), fuse=FUSES)
    def decide(self, pick: Any, status: str, fuse: Any) -> None:
        """RecordOutcome, AnnounceOutcome, MarkAnnounced: stopped where the fuse says.

        Of an execution that was stopped, the one write that was under way may land still.
        """
        if not self.unfinished:
            return
        arn, where = pick.choice(self.unfinished)
        self.unfinished.remove((arn, where))
        is_over = self.step_functions.executions[arn]["status"] != "RUNNING"
        self.fuse.set((0, "after") if is_over else fuse)
        try:
            self._finish(arn, where, status)
        except KilledError:
            self.step_functions.end(arn, "ABORTED")

    def _finish(self, arn: str, where: str, status: str) -> None:
        answer = self.step_functions.answers.get(arn)
        claim = answer["claim"] if answer else self._found(arn)
        status = {"invalid": "INVALID", "FindClaim": "FAILED"}.get(where, status)
        closed, record = self._record(arn, claim, status)
        if not closed:
            return self.step_functions.end(arn, "SUCCEEDED")
        self.announce(*event_of(record))
        mark = STATES["MarkAnnounced"]["Arguments"]
        self.table.update(
            {"request_id": str(claim["request_id"])},
            mark["UpdateExpression"],
            _names(mark),
            {"now": utc_text(datetime.now(UTC)), "run": claim["run"], "status": status},
            mark["ConditionExpression"],
        )
        error = {"FAILED": "Safelight.Failed", "EXPIRED": "Safelight.Expired"}.get(status, "")
        return self.step_functions.end(arn, "FAILED" if error else "SUCCEEDED", error)

    def _found(self, arn: str) -> Item:
        """FindClaim, and the last-resort claim where there is none."""
        execution = self.step_functions.executions[arn]
        last: Item = {
            "request_id": f"execution-{execution['name']}",
            "run": 1,
            "execution_arn": arn,
            "requester": "unknown",
            "created_at": utc_text(execution["startDate"]),
            "expires_at": 1,
            "open_shard": "0",
            "request_hash": "none",
            "policy_hash": "none",
            "source": '{"type": "unknown"}',
            "metadata": "{}",
        }
        return last | (Records(self.plain).of_execution(arn) or {})

    def _record(self, arn: str, claim: Item, status: str) -> tuple[bool, Item]:
        record = STATES["RecordOutcome"]["Arguments"]
        names = _names(record)
        now = datetime.now(UTC)
        values = dict.fromkeys(names, "{}") | {
            name: value for name, value in claim.items() if name in names
        }
        values |= dict.fromkeys(("reasons", "warnings", "attempts", "reviews", "images"), "[]")
        values |= {
            "status": status,
            "stage": "StageOfTheMachine",
            "updated_at": utc_text(now),
            "deadline": utc_text(now + timedelta(seconds=300)),
            "execution_arn": arn,
            "running": "RUNNING",
            "in_review": "IN_REVIEW",
        }
        return self.table.update(
            {"request_id": str(claim["request_id"])},
            record["UpdateExpression"],
            names,
            values,
            record["ConditionExpression"],
        )

    @rule(pick=st.randoms(use_true_random=False))
    def stop(self, pick: Any) -> None:
        if self.step_functions.executions:
            self.step_functions.end(pick.choice([*self.step_functions.executions]), "ABORTED")

    @rule(pick=st.randoms(use_true_random=False), fuse=FUSES)
    def hear_of_an_end(self, pick: Any, fuse: Any) -> None:
        """The rule on status changes: some come, some come twice, some never."""
        ended = [
            arn
            for arn, execution in self.step_functions.executions.items()
            if execution["status"] in {"FAILED", "TIMED_OUT", "ABORTED"}
        ]
        if ended:
            self.fuse.set(fuse)
            with suppress(KilledError):
                close(self.clerk, pick.choice(ended))

    @rule(hours=st.sampled_from([0, 200]), fuse=FUSES)
    def sweep(self, hours: int, fuse: Any) -> None:
        self.fuse.set(fuse)
        with suppress(KilledError):
            sweep(self.sweeper, datetime.now(UTC) + timedelta(hours=hours))

    @invariant()
    def an_end_is_never_overwritten(self) -> None:
        for key, end in self._ends().items():
            assert self.ends.setdefault(key, end) == end, key
        assert self.ends.keys() <= self._ends().keys()

    @invariant()
    def every_event_tells_the_truth(self) -> None:
        for event in self.events:
            assert self.ends[(event["request_id"], event["run"])][0] == event["status"]

    def teardown(self) -> None:
        """Two sweeps without a fault, long after, must leave nothing to be done."""
        try:
            for hours in (400, 600):
                self.sweep(hours, None)
            self.an_end_is_never_overwritten()
            self.every_event_tells_the_truth()
            self._everything_is_told()
        finally:
            self.mock.stop()

    def _everything_is_told(self) -> None:
        told: dict[tuple[str, int], list[Any]] = {}
        for event in self.events:
            told.setdefault((event["request_id"], event["run"]), []).append(event)
        assert told.keys() == self.ends.keys()
        for copies in told.values():
            assert all(copy == copies[0] for copy in copies)
        assert not [record for record in self._all() if "open_shard" in record]
        owners = [end[2] for end in self.ends.values()]
        assert len(owners) == len(set(owners)), "an execution has more than one end"
        claimed = {
            arn
            for arn, answer in self.step_functions.answers.items()
            if answer["verdict"] in {"accepted", "invalid"}
        }
        assert claimed <= set(owners)

    def _ends(self) -> dict[tuple[str, int], Any]:
        found = {}
        for record in self._all():
            runs = [*json.loads(str(record.get("history", "[]"))), record]
            for run in runs:
                if run["status"] not in OPEN:
                    key = (str(record["request_id"]), int(run["run"]))
                    found[key] = (run["status"], run["stage"], run["execution_arn"])
        return found

    def _all(self) -> list[Item]:
        items = self.client.scan(TableName="results")["Items"]
        return [
            {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}
            for item in items
        ]


def _names(arguments: dict[str, Any]) -> dict[str, str]:
    return {name[1:]: real for name, real in arguments["ExpressionAttributeNames"].items()}


@pytest.mark.parametrize("status", ENDS)
def test_a_write_that_lands_after_the_sweepers_changes_nothing(status: str) -> None:
    story = OneTruthfulEnd()
    story.arrive("a", "x", None)
    story.sweep(200, None)
    story.an_end_is_never_overwritten()
    story.decide(random.Random(0), status, None)
    story.an_end_is_never_overwritten()
    story.teardown()


def test_an_invocation_that_goes_on_after_its_runs_end_changes_nothing() -> None:
    story, chance = OneTruthfulEnd(), random.Random(0)
    story.arrive("a", "x", None)
    story.decide(chance, "FAILED", None)
    story.run_again(chance, None)
    story.decide(chance, "FAILED", None)
    story.an_end_is_never_overwritten()
    for _ in range(4):
        story.accept_late(chance)
        story.an_end_is_never_overwritten()
    story.teardown()


TestOneTruthfulEnd = OneTruthfulEnd.TestCase
TestOneTruthfulEnd.settings = settings(
    max_examples=40,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
