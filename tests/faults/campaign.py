"""All chosen cases at the same time on one stack, then the sweeper, then what is left.

Cases run together because most of them wait: for a retry, a time-out, a notice that never comes.
Each has a request of its own, and its faults are bound to that request's calls.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from faults.case import Case
from faults.scene import LONG_AGO, Scene, make_overdue, sweep
from workflow.running_system import Stack

from local.deployed_stack import parsed
from local.result_events import ResultEvents
from shared.dynamodb import Item

TOGETHER = 12
# And of those that end when time is out: they do little else than wait.
WAITING_TOGETHER = 12
# Starts of processes are slow where all come at once, and Tasks would time out over them.
_FIRST_TOGETHER = (1, 2, 6)
# So long without any change, nobody is at work any more: longer than the engine's pauses between
# the attempts of an asynchronous call; shorter where every record is closed and announced.
_QUIET_SECONDS, _CLOSED_SECONDS = 4.0, 1.0
_LONGEST_SECONDS = 60.0
# Each case that kills the sweeper ends one call of it; on AWS the next follows in two minutes.
_MOST_SWEEPS = 60
_TABLES = {"ResultsTable": "request_id", "InferencesTable": "inference_id"}


@dataclass(frozen=True)
class Execution:
    """One execution of the stack, as it ended."""

    arn: str
    status: str
    error: str
    cause: str
    input: str
    history: list[dict[str, Any]]

    @property
    def judged_safe(self) -> dict[str, dict[str, Any]]:
        """The pictures that ModerateImages answered were safe, by the hash of their bytes."""
        return {
            image["sha256"]: image
            for answer in self._answers("ModerateImages")
            for image in answer["images"]
            if image.get("verdict") == "safe"
        }

    @property
    def withheld(self) -> list[dict[str, Any]]:
        """The pictures that ModerateImages answered were not."""
        return [
            image
            for answer in self._answers("ModerateImages")
            for image in answer["images"]
            if image.get("verdict") != "safe"
        ]

    @property
    def tokens(self) -> set[str]:
        """Those of its Tasks that wait for an answer."""
        asked = (event.get("taskScheduledEventDetails", {}) for event in self.history)
        payloads = (json.loads(one.get("parameters", "{}")).get("Payload") for one in asked)
        return {one["token"] for one in payloads if isinstance(one, dict) and "token" in one}

    def _answers(self, state: str) -> Iterable[dict[str, Any]]:
        inside = False
        for event in self.history:
            if event["type"] == "TaskStateEntered":
                inside = event["stateEnteredEventDetails"]["name"] == state
            elif event["type"] == "TaskSucceeded" and inside:
                payload = json.loads(event["taskSucceededEventDetails"]["output"]).get("Payload")
                if isinstance(payload, dict) and "images" in payload:
                    yield payload


@dataclass(frozen=True)
class World:
    """What is left on a stack when nobody is at work any more."""

    stack: Stack
    executions: list[Execution]
    records: list[dict[str, Any]]
    items: dict[str, Item]
    events: list[dict[str, Any]]
    inferences: list[Item]
    reviews: dict[str, dict[str, Any]]
    images: dict[str, bytes]

    def execution(self, tag: str) -> Execution:
        """The one that a tag is in the name or the input of."""
        return next(one for one in self.executions if tag in one.arn or tag in one.input)

    def records_of(self, arn: str) -> list[dict[str, Any]]:
        """The records that an execution has, now or in a record's history."""
        return [record for record in self.records if arn in json.dumps(record)]

    def events_of(self, record: dict[str, Any]) -> list[dict[str, Any]]:
        """The result events of a record's run."""
        about = (record["request_id"], record["run"])
        return [
            event
            for event in self.events
            if (event["detail"].get("request_id"), event["detail"]["run"]) == about
        ]


class Campaign:
    """The cases on a stack."""

    def __init__(self, stack: Stack, results: "ResultsSeen", cases: list[Case]) -> None:
        self.stack, self.results, self.cases = stack, results, cases
        self.problems: dict[str, BaseException] = {}
        self.met: Counter[str] = Counter()

    def run(self) -> World:
        """Everything, from the first request to the last sweep."""
        self._warm_up()
        for case in self.cases:
            self._tell(case)
        waiting = [case for case in self.cases if "EXPIRED" in case.ends]
        working = [case for case in self.cases if "EXPIRED" not in case.ends]
        with ThreadPoolExecutor(TOGETHER) as pool, ThreadPoolExecutor(WAITING_TOGETHER) as others:
            for case in working:
                pool.submit(self._run, case)
            for case in waiting:
                others.submit(self._run, case)
        left = settled(self.stack, self.results)
        for server in (self.stack.engine, self.stack.stand_ins):
            for rule in server.broken_calls():
                self.met[rule["id"]] += rule["injected"]
        return left

    def _warm_up(self) -> None:
        self.stack.script("a teapot on a table", comprehend=["safe"])
        for number in _FIRST_TOGETHER:
            for arn in [self.stack.start({"prompt": "a teapot on a table"}) for _ in range(number)]:
                self.stack.wait_for_end(arn)

    def check(self, case: Case) -> None:
        """Raises what went wrong with a case itself; asserts that it has broken something."""
        if problem := self.problems.get(case.name):
            raise problem
        unmet = [number for number in range(len(case.rules)) if not self.met[case.rule_id(number)]]
        assert not unmet, f"rules that met no call: {[case.rules[number] for number in unmet]}"
        stand_ins = self.stack.stand_ins
        asked = {
            "ClassifyDocument": (case.comprehend, case.prompt),
            "DetectModerationLabels": (case.rekognition, case.inference()),
            "InvokeEndpointAsync": (case.generation, case.prompt),
        }
        for operation, (steps, about) in asked.items():
            if len(steps) > 1:
                assert stand_ins.calls(operation, about) >= len(steps), (
                    f"{operation}: not all steps"
                )

    def _tell(self, case: Case) -> None:
        for server in (self.stack.engine, self.stack.stand_ins):
            server.break_calls(*case.bound_rules())
        self.stack.script(
            case.prompt, generation=list(case.generation), comprehend=list(case.comprehend)
        )
        if case.rekognition:
            for attempt in (1, 2, 3):
                key = case.inference(attempt=attempt)
                self.stack.stand_ins.script(key=key, rekognition=list(case.rekognition))

    def _run(self, case: Case) -> None:
        try:
            self._perform(case)
        except BaseException as problem:  # noqa: BLE001 - it is the case's own test that fails
            self.problems[case.name] = problem

    def _perform(self, case: Case) -> None:
        request = {"prompt": case.prompt, "width": 256, "height": 256, **case.request}
        scene = Scene(self.stack, case)
        if case.dropped:
            scene.arn = self._drop(case, request)
        else:
            self.stack.start(request, case.run_name)
        if case.act:
            case.act(scene)
        scene.await_end()

    def _drop(self, case: Case, request: object) -> str:
        self.stack.client("s3").put_object(
            Bucket=self.stack.outputs["PromptsBucket"],
            Key=f"prompts/{case.run_name}.json",
            Body=json.dumps(request).encode(),
        )
        deadline = time.monotonic() + _LONGEST_SECONDS
        while time.monotonic() < deadline:
            for arn in _arns(self.stack):
                if case.tag in _described(self.stack, arn)["input"]:
                    return arn
            time.sleep(0.2)
        raise AssertionError(f"{case.name}: no execution started")


class ResultsSeen:
    """Every result event of a stack, as often as it came."""

    def __init__(self, stack: Stack) -> None:
        self._queue: ResultEvents = stack.results
        self._seen: list[dict[str, Any]] = []

    def all(self) -> list[dict[str, Any]]:
        while received := self._queue.receive():
            self._seen += received
        return self._seen


def settled(stack: Stack, results: ResultsSeen) -> World:
    """The world after all that is overdue has been swept; a second sweep finds nothing to do."""
    _await_quiet(stack, results)
    for _ in range(_MOST_SWEEPS):
        for table, key in _TABLES.items():
            for item in _items(stack, table):
                if "open_shard" in item:
                    make_overdue(stack, table, {key: item[key]["S"]})
        _let_reviews_expire(stack)
        if sweep(stack) == {}:
            break
    else:
        raise AssertionError("the sweeper never comes to an end")
    _await_quiet(stack, results)
    left = world(stack, results)
    assert sweep(stack) == {}
    after = world(stack, results)
    for name in ("items", "events", "reviews"):
        assert getattr(after, name) == getattr(left, name), f"a second sweep changed the {name}"
    return after


def world(stack: Stack, results: ResultsSeen) -> World:
    """What is there now."""
    items = {item["request_id"]["S"]: item for item in _items(stack, "ResultsTable")}
    return World(
        stack,
        [_execution(stack, arn) for arn in _arns(stack)],
        [parsed(item) for item in items.values()],
        {key: plain(item) for key, item in items.items()},
        list(results.all()),
        # The queue's item is no inference.
        [plain(item) for item in _items(stack, "InferencesTable") if "status" in item],
        {item["review_id"]["S"]: parsed(item) for item in _items(stack, "ReviewsTable")},
        stack.objects("ImagesBucket"),
    )


def _let_reviews_expire(stack: Stack) -> None:
    """Nobody decides any more what is still open."""
    for item in _items(stack, "ReviewsTable"):
        if item["queue"]["S"] == "open":
            stack.client("dynamodb").update_item(
                TableName=stack.outputs["ReviewsTable"],
                Key={"review_id": item["review_id"]},
                UpdateExpression="SET answer_by = :then",
                ExpressionAttributeValues={":then": {"S": LONG_AGO}},
            )


def plain(item: dict[str, dict[str, str]]) -> Item:
    """An item as the functions read it."""
    return {n: int(v["N"]) if "N" in v else v["S"] for n, v in item.items()}


def _await_quiet(stack: Stack, results: ResultsSeen) -> None:
    """Until neither records nor events have changed for a while."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    seen, since, enough = "", time.monotonic(), _QUIET_SECONDS
    while time.monotonic() < deadline and time.monotonic() - since < enough:
        items = _items(stack, "ResultsTable")
        now = json.dumps([items, len(results.all())], sort_keys=True)
        if now != seen:
            seen, since = now, time.monotonic()
        enough = _QUIET_SECONDS if any("open_shard" in i for i in items) else _CLOSED_SECONDS
        time.sleep(0.2)


def _execution(stack: Stack, arn: str) -> Execution:
    described = _described(stack, arn)
    pages = (
        stack.client("stepfunctions")
        .get_paginator("get_execution_history")
        .paginate(executionArn=arn)
    )
    return Execution(
        arn,
        described["status"],
        described.get("error", ""),
        described.get("cause", ""),
        described["input"],
        [event for page in pages for event in page["events"]],
    )


def _described(stack: Stack, arn: str) -> dict[str, Any]:
    described: dict[str, Any] = stack.client("stepfunctions").describe_execution(executionArn=arn)
    return described


def _arns(stack: Stack) -> list[str]:
    pages = (
        stack.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=stack.outputs["StateMachineArn"])
    )
    return [execution["executionArn"] for page in pages for execution in page["executions"]]


def _items(stack: Stack, table: str) -> list[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs[table])
    return [item for page in pages for item in page["Items"]]


def silence_schedules(stack: Stack) -> None:
    """Tests sweep, follow jobs and watch the endpoint themselves: switch the stack's own schedules
    off."""
    scheduler = stack.client("scheduler")
    mine = tuple(
        f"{stack.name}-{name}" for name in ("SweepRequests", "FollowJobs", "WatchEndpoint")
    )
    for listed in scheduler.list_schedules()["Schedules"]:
        if listed["Name"].startswith(mine):
            found = scheduler.get_schedule(Name=listed["Name"])
            kept = {
                name: found[name]
                for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
            }
            with suppress(KeyError):
                kept["GroupName"] = found["GroupName"]
            scheduler.update_schedule(**kept, State="DISABLED")


def one_message_at_a_time(stack: Stack, scale: float) -> None:
    """Have queues hand out messages singly, and again after their time-out in template time.

    In a batch, a process that is killed over one case's notice would hold up those of others; so
    would slow ones, since the engine does not scale out by itself as Lambda does. It counts a
    visibility time-out in real seconds.
    """
    functions, sqs = stack.client("lambda"), stack.client("sqs")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        queue = mapping["EventSourceArn"].rpartition(":")[2]
        if not queue.startswith(f"{stack.name}-"):
            continue
        functions.update_event_source_mapping(
            UUID=mapping["UUID"], BatchSize=1, ScalingConfig={"MaximumConcurrency": 20}
        )
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        seconds = float(told["Attributes"]["VisibilityTimeout"]) / scale
        sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"VisibilityTimeout": str(max(1, round(seconds)))}
        )
