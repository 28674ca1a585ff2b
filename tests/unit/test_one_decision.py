"""Whoever decides, and whatever dies or is lost meanwhile: a review has one end, the one heard.

The real ReviewRequest, the reviewers' changes and SweepRequests, and the state machine's own
writes, act on the tables in any order that Hypothesis finds. Any of them may be killed before or
after any write, and any word to Step Functions, or its answer, may be lost.
"""

import functools
import itertools
import json
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from moto import mock_aws
from unit.fuse import FUSES, Fuse, KilledError
from wiring.system import RESOURCES, STATES

from review_request.opening import Desk, open_review
from shared.dynamodb import Item, Table
from shared.errors import SafelightError, ServiceUnavailable
from shared.records import Records, utc_text
from shared.reviews import Reviews, tell_task
from sweep_requests.sweep import Sweeper, sweep
from sweep_requests.waiting import ReviewQueue

PICTURES = [{"index": 0, "verdict": "review"}, {"index": 1, "verdict": "safe"}]
# Of the moment that somebody acts at: in time, or after a review's time.
HOURS = st.sampled_from([0, 0, 0, 30])
# What becomes of a word to Step Functions.
LINES = st.sampled_from(["", "", "lost", "answer lost"])


@functools.cache
def _client() -> Any:
    return boto3.client("dynamodb", region_name="us-east-1")


class StepFunctions:
    """Tasks that wait for their newest token, and the line to them."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.line = ""
        self._tokens = map(str, itertools.count())

    def start(self, request_id: str) -> str:
        arn = f"arn:execution:{request_id}"
        waiting = {"token": "", "tried_at": -1, "bound": False}
        self.executions[arn] = waiting | {"status": "RUNNING", "result": None}
        return arn

    def wait(self, arn: str) -> tuple[str, int]:
        """Begins the Task anew: the token before is worth nothing any more."""
        execution = self.executions[arn]
        execution |= {"token": next(self._tokens), "bound": False}
        execution["tried_at"] += 1
        return execution["token"], execution["tried_at"]

    def succeed(self, token: str, output: dict[str, Any]) -> bool:
        if self.line == "lost":
            raise ServiceUnavailable("lost")
        waiting = [
            one
            for one in self.executions.values()
            if one["token"] == token and one["status"] == "RUNNING" and one["result"] is None
        ]
        for execution in waiting:
            execution["result"] = json.loads(json.dumps(output))
        if self.line:
            raise ServiceUnavailable("done, but the answer is lost")
        return bool(waiting)

    def describe(self, arn: str) -> dict[str, Any]:
        return self.executions[arn]

    def stop(self, arn: str, error: str) -> None:
        if self.executions[arn]["status"] == "RUNNING":
            self.executions[arn] |= {
                "status": "ABORTED",
                "error": error,
                "stopDate": datetime.now(UTC) - timedelta(hours=1),
            }


class Nothing:
    """Inferences, of which this story has none."""

    def overdue(self, now: str, most: int) -> list[Item]:
        return []


class OneDecision(RuleBasedStateMachine):
    """The rules are what may happen; the invariants are what is promised."""

    def __init__(self) -> None:
        super().__init__()
        self.fuse = Fuse()
        self.ends: dict[str, Any] = {}
        # Executions, the tokens of their Tasks' tries, and when each began.
        self.tries: list[tuple[str, str, int]] = []
        self.mock = mock_aws()
        self.mock.start()
        client = _client()
        parts = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
        for name in ("ResultsTable", "ReviewsTable"):
            shape = RESOURCES[name]["Properties"]
            client.create_table(TableName=name, **{part: shape[part] for part in parts})
        self.client = client
        results, rows = Table("ResultsTable", client), Table("ReviewsTable", client)
        for table in (results, rows):
            table.update = self.fuse.guarded(table.update)  # type: ignore[method-assign]
        self.results, self.records, self.reviews = results, Records(results), Reviews(rows)
        # All of this story's are in one shard: to look into eight takes most of the time.
        self.records.unfinished = self._unfinished  # type: ignore[method-assign]
        self.records.count_unfinished = lambda: 0  # type: ignore[method-assign]
        self.step_functions = StepFunctions()
        fake: Any = self.step_functions
        bus: Any = self
        others: Any = Nothing()
        queue = ReviewQueue(self.reviews, self.records, fake, 86_400, store_prompts=False)
        self.desk = Desk(86_400, self.records, self.reviews, bus, fake)
        self.sweeper = Sweeper("work", self.records, others, queue, bus, others, fake)

    def _unfinished(self, most: int) -> Any:
        values: Item = {"shard": "0"}
        return iter(self.results.query("open-by-deadline", "open_shard = :shard", values, most))

    def announce(self, detail_type: str, detail: dict[str, Any]) -> None:
        """Events are another story."""

    @rule(fuse=FUSES, line=LINES)
    def ask(self, fuse: Any, line: str) -> None:
        request_id = f"r{len(self.step_functions.executions)}"
        arn = self.step_functions.start(request_id)
        self.records.claim(
            {
                "request_id": request_id,
                "run": 1,
                "execution_arn": arn,
                "status": "RUNNING",
                "requester": "direct",
                "created_at": utc_text(datetime.now(UTC)),
                "deadline": utc_text(datetime.now(UTC) + timedelta(hours=10)),
                "open_shard": "0",
            }
        )
        self._enter(arn, fuse, line)

    @rule(pick=st.randoms(use_true_random=False), fuse=FUSES, line=LINES)
    def try_again(self, pick: Any, fuse: Any, line: str) -> None:
        """The Task's invocation seemed to fail."""
        waiting = [arn for arn, one in self._running() if one["result"] is None]
        if waiting:
            self._enter(pick.choice(waiting), fuse, line)

    @rule(pick=st.randoms(use_true_random=False))
    def go_on_late(self, pick: Any) -> None:
        """An invocation that was given up and tried again goes on all the same."""
        if self.tries:
            self.fuse.set(None)
            self.step_functions.line = ""
            with suppress(SafelightError):
                open_review(self.desk, self._task(*pick.choice(self.tries)))

    def _enter(self, arn: str, fuse: Any, line: str) -> None:
        """The Task: tried once more at most, then it fails."""
        for once_more in (True, False):
            self.fuse.set(fuse if once_more else None)
            self.step_functions.line = line if once_more else ""
            one_try = (arn, *self.step_functions.wait(arn))
            self.tries.append(one_try)
            try:
                with suppress(KilledError):
                    open_review(self.desk, self._task(*one_try))
                    self.step_functions.executions[arn]["bound"] = True
                    return
            except ServiceUnavailable:
                continue
            except SafelightError:
                self.step_functions.stop(arn, "Superseded")
                return

    def _task(self, arn: str, token: str, tried_at: int) -> dict[str, Any]:
        return {
            "token": token,
            "tried_at": tried_at,
            "request_id": arn.rsplit(":", 1)[1],
            "run": 1,
            "n": 1,
            "about": "images",
            "request": {"prompt": "a fox", "negative_prompt": ""},
            "reasons": [],
            "warnings": [],
            "attempts": [],
            "images": PICTURES,
            "classification": {},
            "models": {},
            "policy_hash": "none",
            "requester": "direct",
            "deadline": utc_text(datetime.now(UTC) + timedelta(hours=10)),
            "expires_at": 1,
            "regenerable": True,
            "appeal": None,
            "execution_arn": arn,
        }

    @rule(
        pick=st.randoms(use_true_random=False),
        who=st.sampled_from("ab"),
        decision=st.sampled_from(["approve", "reject", "regenerate"]),
        hours=HOURS,
        fuse=FUSES,
        line=LINES,
    )
    def decide(self, pick: Any, who: str, decision: str, hours: int, fuse: Any, line: str) -> None:
        """A reviewer claims and decides; at another's claim that is all."""
        rows = self._rows()
        if not rows:
            return
        identity = str(pick.choice(rows)["review_id"])
        now = datetime.now(UTC) + timedelta(hours=hours)
        until = utc_text(now + timedelta(minutes=10))
        approved = [0] if decision == "approve" else []
        self.fuse.set(fuse)
        self.step_functions.line = line
        with suppress(KilledError):
            self.reviews.claim(identity, who, utc_text(now), until)
            done, row = self.reviews.decide(
                identity, who, decision, "so", approved, utc_text(now), keep_prompt=False
            )
            if done:
                self._tell(row)

    def _tell(self, row: Item) -> None:
        fake: Any = self.step_functions
        tell_task(self.reviews, self.records, fake, row, keep_prompt=False)

    @rule(pick=st.randoms(use_true_random=False))
    def time_out(self, pick: Any) -> None:
        """The Task's own time is over, long after its review's."""
        waiting = [arn for arn, one in self._running() if one["result"] is None]
        if waiting:
            self.step_functions.executions[pick.choice(waiting)] |= {
                "token": "",
                "result": {"decision": "expire", "by": "nobody", "at": "", "deliver": [1]},
            }

    @rule(pick=st.randoms(use_true_random=False))
    def go_on(self, pick: Any) -> None:
        """EndReview, then whatever the machine comes to, one write at a time."""
        heard = [(arn, one) for arn, one in self._running() if one["result"] is not None]
        if not heard:
            return
        arn, execution = pick.choice(heard)
        self.fuse.set(None)
        request_id = arn.rsplit(":", 1)[1]
        if "reviews" in execution:
            now = utc_text(datetime.now(UTC))
            ending = {"status": "COMPLETED", "stage": "x", "updated_at": now}
            self.records.close(request_id, arn, ending | {"reviews": execution["reviews"]}, {})
            execution["status"] = "SUCCEEDED"
            return
        entry = execution["result"] | {"review_id": self._row_of(request_id)["review_id"]}
        execution["reviews"] = [entry]
        written, _ = self._write(request_id, arn, json.dumps([entry]))
        if not written:
            execution["status"] = "SUCCEEDED"

    def _write(self, request_id: str, arn: str, reviews: str) -> tuple[bool, Item]:
        end_review = STATES["EndReview"]["Arguments"]
        values: Item = {
            "reviews": reviews,
            "now": utc_text(datetime.now(UTC)),
            "mine": arn,
            "running": "RUNNING",
            "in_review": "IN_REVIEW",
        }
        return self.results.update(
            {"request_id": request_id},
            end_review["UpdateExpression"],
            {alias[1:]: name for alias, name in end_review["ExpressionAttributeNames"].items()},
            values,
            end_review["ConditionExpression"],
        )

    @rule(pick=st.randoms(use_true_random=False))
    def stop(self, pick: Any) -> None:
        if running := self._running():
            self.step_functions.stop(pick.choice(running)[0], "Stopped")

    @rule(hours=st.sampled_from([0, 30, 60]), fuse=FUSES, line=LINES)
    def sweep(self, hours: int, fuse: Any, line: str) -> None:
        self.fuse.set(fuse)
        self.step_functions.line = line
        with suppress(KilledError):
            sweep(self.sweeper, datetime.now(UTC) + timedelta(hours=hours))

    @invariant()
    def a_decision_stands_and_is_the_one_heard(self) -> None:
        rows = {str(row["execution_arn"]): row for row in self._rows()}
        for row in rows.values():
            if "decision" in row:
                end = [row.get(name) for name in ("decision", "decided_by", "decided_at")]
                assert self.ends.setdefault(str(row["review_id"]), end) == end
            assert ("prompt" in row) == (row["status"] == "OPEN")
            if row["status"] == "DECIDED" and row["queue"] == "decided":
                assert self.step_functions.executions[str(row["execution_arn"])]["result"]
        for arn, execution in self.step_functions.executions.items():
            if result := execution["result"]:
                self._is_what_was_decided(result, execution["token"], rows[arn])

    @invariant()
    def a_decision_finds_the_token_that_is_waited_for(self) -> None:
        for row in self._rows():
            execution = self.step_functions.executions[str(row["execution_arn"])]
            waits = execution["bound"] and execution["token"]
            if waits and row["status"] == "OPEN":
                assert row["task_token"] == execution["token"]

    def _is_what_was_decided(self, result: dict[str, Any], told: str, row: Item) -> None:
        """A Task that went on by its time-out has not heard of what the row may say."""
        said = (row.get("decision"), row.get("decided_by", "nobody"))
        heard = (result["decision"], result["by"])
        assert (0 in result["deliver"]) == (result["decision"] == "approve")
        if told:
            assert row["status"] in ("DECIDED", "EXPIRED")
            assert said == heard
        elif said != heard:
            assert row["status"] == "OVER" or row["queue"] != "decided"

    def teardown(self) -> None:
        """Once every execution has ended, sweeps without a fault leave nothing to be done."""
        try:
            for hours in (60, 200):
                while any(one["result"] is not None for _, one in self._running()):
                    self.go_on(_First())
                self.sweep(hours, None, "")
            self.a_decision_stands_and_is_the_one_heard()
            assert {row["queue"] for row in self._rows()} <= {"decided"}
            for execution in self.step_functions.executions.values():
                assert execution["status"] != "RUNNING"
        finally:
            self.mock.stop()

    def _running(self) -> list[tuple[str, dict[str, Any]]]:
        executions = self.step_functions.executions.items()
        return [(arn, one) for arn, one in executions if one["status"] == "RUNNING"]

    def _rows(self) -> list[Item]:
        items = self.client.scan(TableName="ReviewsTable")["Items"]
        return [
            {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}
            for item in items
        ]

    def _row_of(self, request_id: str) -> Item:
        return next(row for row in self._rows() if row["request_id"] == request_id)


class _First:
    """Picks the first of what there is."""

    def choice(self, of: list[Any]) -> Any:
        return of[0]


def test_a_decision_whose_answer_was_lost_was_heard() -> None:
    story = OneDecision()
    story.ask(None, "")
    story.decide(random.Random(0), "a", "approve", 0, None, "answer lost")
    for _ in range(3):
        story.sweep(0, None, "")
        story.a_decision_stands_and_is_the_one_heard()
        story.go_on(random.Random(0))
    (row,) = story._rows()
    assert (row["status"], row["queue"]) == ("DECIDED", "decided")
    story.teardown()


def test_a_try_that_was_given_up_does_not_cut_the_line() -> None:
    story = OneDecision()
    story.ask(None, "")
    story.try_again(random.Random(0), None, "")
    story.go_on_late(_First())
    story.decide(random.Random(0), "a", "approve", 0, None, "")
    (execution,) = story.step_functions.executions.values()
    assert execution["result"]["decision"] == "approve"
    story.teardown()


TestOneDecision = OneDecision.TestCase
TestOneDecision.settings = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
