"""A request to an endpoint that is asleep, behind or broken: told of, or refused at once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from workflow.conftest import PATIENCE
from workflow.running_jobs import batch, jsonl, until
from workflow.running_system import ROOT, Run, Stack

from local.ai.running import StandIns
from local.result_events import WAITING, ResultEvents
from local.running import Engine
from shared.dynamodb import Table
from shared.queue_look import Look, Queue, Rate
from shared.records import utc_text

pytestmark = pytest.mark.engine

SCHEMA = json.loads((ROOT / "schemas" / "image-queued-event.schema.json").read_text("utf-8"))
NAME = "pressed"
ENDPOINT = f"local-{NAME}"
# Longer than the tests.
LONG = 10_000.0


class Pressed:
    """A stack whose endpoint is looked at by its tests alone."""

    def __init__(self, engine: Engine, stand_ins: StandIns) -> None:
        self.stack = Stack(engine, stand_ins, NAME, PATIENCE)
        self.engine, self.stand_ins = engine, stand_ins
        table = Table(self.stack.outputs["InferencesTable"], self.stack.client("dynamodb"))
        self.queue = Queue(table)
        self._events = ResultEvents(self.stack.deployed, also_waiting=True)
        self._seen: list[dict[str, Any]] = []
        scheduler = self.stack.client("scheduler")
        for listed in scheduler.list_schedules()["Schedules"]:
            if listed["Name"].startswith(f"{NAME}-WatchEndpoint"):
                scheduler.delete_schedule(Name=listed["Name"], GroupName=listed["GroupName"])

    def look(self) -> dict[str, Any]:
        """What a look of WatchEndpoint sees; empty where it fails."""
        reply = self.stack.client("lambda").invoke(
            FunctionName=self.stack.function("WatchEndpoint"), Payload=b"{}"
        )
        told: dict[str, Any] = json.loads(reply["Payload"].read())
        return {} if "FunctionError" in reply else told

    def looked(self, seconds_ago: float, **changes: Any) -> None:
        """Have a look be the last one."""
        at = utc_text(datetime.now(UTC) - timedelta(seconds=seconds_ago))
        look = Look(at, "in_service", 1, 1, 0, self.queue.seen()[1])
        self.queue.note(replace(look, **changes))

    def asleep(self, wake_seconds: float) -> None:
        """Put the endpoint to sleep; so long an instance takes to come."""
        self.stand_ins.scale(ENDPOINT, minimum=0, maximum=2, wake_seconds=wake_seconds)
        until(lambda: self.look()["state"] == "asleep")

    def awake(self) -> None:
        self.stand_ins.scale(ENDPOINT, minimum=1, maximum=2)

    def waiting(self, prompt: str) -> str:
        """An execution whose inference the endpoint owes."""
        before = self.queue_length()
        arn = self.stack.start({"prompt": prompt, "width": 256, "height": 256})
        until(lambda: self.queue_length() == before + 1)
        return arn

    def queue_length(self) -> int:
        items = self.stack.client("dynamodb").scan(TableName=self.stack.outputs["InferencesTable"])
        return sum("open_shard" in item for item in items["Items"])

    def run(self, prompt: str) -> Run:
        return self.stack.run({"prompt": prompt, "width": 256, "height": 256})

    def told(self, run: Run) -> list[dict[str, Any]]:
        """The details of ImageQueued that came of a run: it was told before its end was."""
        until(lambda: self._about(run, "ImageCompleted", "ImageFailed"))
        details = [event["detail"] for event in self._about(run, WAITING)]
        for detail in details:
            jsonschema.validate(detail, SCHEMA)
        return details

    def _about(self, run: Run, *types: str) -> list[dict[str, Any]]:
        while received := self._events.receive():
            self._seen += received
        request_id = run.record["request_id"]
        return [
            event
            for event in self._seen
            if event["detail-type"] in types and event["detail"]["request_id"] == request_id
        ]

    @contextmanager
    def broken(self, *rules: dict[str, Any]) -> Iterator[None]:
        """Calls of this stack's functions break."""
        for server in (self.engine, self.stand_ins):
            server.break_calls(*rules)
        try:
            yield
            met = [
                rule for server in (self.engine, self.stand_ins) for rule in server.broken_calls()
            ]
            assert sum(rule["injected"] for rule in met)
        finally:
            for server in (self.engine, self.stand_ins):
                server.mend()


@pytest.fixture(scope="module")
def module_pressed(system: tuple[Engine, StandIns]) -> Iterator[Pressed]:
    pressed = Pressed(*system)
    yield pressed
    pressed.stack.delete()


@pytest.fixture
def pressed(module_pressed: Pressed) -> Iterator[Pressed]:
    """Awake, idle and not yet looked at."""
    module_pressed.awake()
    until(lambda: not module_pressed.queue_length())
    module_pressed.looked(1000)
    yield module_pressed
    module_pressed.stand_ins.endpoint_status(ENDPOINT, "InService")
    module_pressed.awake()


def rules_of(run: Run) -> list[str]:
    return [reason["rule"] for reason in run.record["reasons"]]


def test_a_sleeping_endpoint_is_woken_and_its_request_told_of(pressed: Pressed, check: Any) -> None:
    pressed.asleep(wake_seconds=1)

    run = pressed.run("an owl on a branch")

    check(run, "COMPLETED")
    (detail,) = pressed.told(run)
    assert (detail["state"], detail["instances"], detail["backlog"]) == ("asleep", 0, 0)
    assert (detail["wait_seconds"], detail["execution_arn"]) == (None, run.arn)


def test_nothing_is_told_where_nothing_waits(pressed: Pressed, check: Any) -> None:
    assert pressed.look() == {"state": "in_service", "instances": 1, "backlog": 0}
    run = pressed.run("a heron in the reeds")
    check(run, "COMPLETED")
    assert pressed.told(run) == []


def test_what_is_finished_is_counted(pressed: Pressed) -> None:
    before = pressed.queue.seen()[1]
    pressed.run("a kestrel over a field")
    until(lambda: pressed.queue.seen()[1] == before + 1)


def test_a_request_behind_others_is_told_for_how_long(pressed: Pressed, check: Any) -> None:
    pressed.stack.script("a slow swan", generation=[{"slow": 5}])
    first = pressed.waiting("a slow swan")
    pressed.looked(60, backlog=1, busy=Rate(1, 0.01))
    assert pressed.look()["backlog"] == 1

    run = pressed.run("a quick wren")

    check(run, "COMPLETED")
    (detail,) = pressed.told(run)
    # A hundred seconds at the pace before, and this minute nothing was finished.
    assert detail["wait_seconds"] >= 100
    assert (detail["state"], detail["backlog"]) == ("in_service", 1)
    assert pressed.stack.ended(first).record["status"] == "COMPLETED"


def test_a_broken_endpoint_with_a_queue_refuses_at_once_and_is_run_again(
    pressed: Pressed, check: Any
) -> None:
    pressed.asleep(wake_seconds=LONG)
    first = pressed.waiting("a stork on a roof")
    pressed.stand_ins.endpoint_status(ENDPOINT, "Failed")
    assert pressed.look() == {"state": "failed", "instances": 0, "backlog": 1}

    run = pressed.run("a robin on a spade")

    check(run, "FAILED")
    assert (run.record["stage"], rules_of(run)) == ("GenerateImages", ["CapacityUnavailable"])
    assert run.states.count("GenerateImages") == 1
    assert run.events[0]["detail"]["retryable"]
    assert pressed.stand_ins.calls("InvokeEndpointAsync", "a robin on a spade") == 0
    # It did not wait for what waits: that still does.
    described = pressed.stack.client("stepfunctions").describe_execution(executionArn=first)
    assert described["status"] == "RUNNING"
    assert pressed.told(run) == []

    pressed.stand_ins.endpoint_status(ENDPOINT, "InService")
    pressed.awake()
    check(pressed.stack.ended(first), "COMPLETED")
    pressed.look()
    again = {"request_id": run.record["request_id"], "run": run.record["run"]}
    assert pressed.stack.run(again).record["status"] == "COMPLETED"


def test_an_endpoint_that_nobody_wakes_refuses_when_its_time_is_over(
    pressed: Pressed, check: Any
) -> None:
    pressed.asleep(wake_seconds=LONG)
    first = pressed.waiting("a crane by a lake")
    since = utc_text(datetime.now(UTC) - timedelta(seconds=61))
    pressed.looked(30, state="asleep", instances=0, backlog=1, without_capacity_since=since)
    assert pressed.look()["backlog"] == 1

    run = pressed.run("a finch in a hedge")

    check(run, "FAILED")
    assert rules_of(run) == ["CapacityUnavailable"]
    pressed.awake()
    check(pressed.stack.ended(first), "COMPLETED")


def test_without_a_queue_the_first_request_goes_whatever_the_look(
    pressed: Pressed, check: Any
) -> None:
    pressed.looked(1, state="failed", instances=0)
    check(pressed.run("a jay in an oak"), "COMPLETED")


def test_a_watcher_that_died_stops_nothing(pressed: Pressed, check: Any) -> None:
    pressed.looked(301, state="failed", instances=0, backlog=9)
    run = pressed.run("a crow on a fence")
    check(run, "COMPLETED")
    assert pressed.told(run) == []


def test_a_batch_tells_of_no_row_that_waits(pressed: Pressed) -> None:
    pressed.asleep(wake_seconds=1)
    prompts = [{"prompt": f"a duck, number {n}", "request_id": f"duck-{n}"} for n in range(2)]
    done = batch(pressed.stack, "batches/ducks.jsonl", jsonl(*prompts))
    assert done.job["status"] == "COMPLETED"
    run = pressed.run("a goose after the ducks")
    pressed.told(run)
    waited = [event for event in pressed._seen if event["detail-type"] == WAITING]
    assert "duck" not in json.dumps(waited)


@pytest.mark.parametrize("kind", ["error", "throttle", "drop", "lost", "empty", "malformed"])
def test_a_look_that_fails_is_no_look(kind: str, pressed: Pressed, check: Any) -> None:
    rule = {"caller": f"{NAME}-WatchEndpoint", "kind": kind, "times": None}
    broken = {**rule, "service": "sagemaker", "operation": "DescribeEndpoint"}
    with pressed.broken(broken):
        assert pressed.look() == {}
    check(pressed.run("a pair of wings"), "COMPLETED")


@pytest.mark.parametrize("kind", ["error", "throttle", "drop", "lost", "empty", "malformed"])
def test_who_cannot_look_hands_over(kind: str, pressed: Pressed, check: Any) -> None:
    pressed.looked(1, state="failed", instances=0, backlog=9)
    rule = {"caller": f"{NAME}-GenerateImages", "kind": kind, "times": None}
    with pressed.broken({**rule, "service": "dynamodb", "operation": "GetItem"}):
        check(pressed.run("a nest"), "COMPLETED")


@pytest.mark.parametrize("kind", ["error", "drop", "lost", "failed_entries", "kill_before"])
def test_what_cannot_be_told_holds_nothing_up(kind: str, pressed: Pressed, check: Any) -> None:
    pressed.asleep(wake_seconds=1)
    # A killed process is tried again, and finds its inference handed over.
    times = 1 if kind.startswith("kill") else None
    rule = {"caller": f"{NAME}-GenerateImages", "kind": kind, "times": times}
    with pressed.broken({**rule, "service": "events", "operation": "PutEvents"}):
        check(pressed.run("an egg"), "COMPLETED")


@pytest.mark.parametrize("kind", ["error", "drop", "kill_before", "kill_after"])
def test_a_count_that_is_cut_off_holds_nothing_up(kind: str, pressed: Pressed, check: Any) -> None:
    times = 1 if kind.startswith("kill") else None
    rule = {"caller": f"{NAME}-ResumeGeneration", "kind": kind, "times": times}
    counting = {**rule, "service": "dynamodb", "operation": "UpdateItem", "contains": "finished"}
    with pressed.broken(counting):
        check(pressed.run("a feather"), "COMPLETED")
