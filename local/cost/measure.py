"""Runs the paths on the local engine and puts what was counted beside what is computed.

States, invocations and calls are the real machine's and the real functions'; how long functions
run is this machine's, with stand-ins for the models.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from local.cost import usage
from local.cost.paths import ACCEPTED, CLASSIFIER, IMAGE, INVALID, KEYWORD, Path
from local.cost.report import Sheet
from local.cost.workload import Workload
from local.demo import reviewer
from local.demo.scenarios import BLOOD, EVENTS, WEAPONS, Decision
from local.deployed_stack import DeployedStack
from local.stack import REVIEWS, LocalStack

# Faster than time itself, so that the notice's way takes no patience.
_TIME_SCALE = 4.0
_PATIENCE_SECONDS, _LOOK_SECONDS = 20.0, 0.2
_REPORT_LINE = re.compile(r"^REPORT RequestId: .*?Duration: ([\d.]+) ms", re.MULTILINE)
_NAMES = {
    ("dynamodb", "PutItem"): usage.WRITES,
    ("dynamodb", "UpdateItem"): usage.WRITES,
    ("dynamodb", "GetItem"): usage.READS,
    ("dynamodb", "Query"): usage.READS,
    ("s3", "PutObject"): usage.PUTS,
    ("s3", "CopyObject"): usage.PUTS,
    ("s3", "GetObject"): usage.GETS,
    ("s3", "HeadObject"): usage.GETS,
    ("events", "PutEvents"): usage.EVENTS,
    ("sns", "Publish"): usage.NOTICES,
    ("rekognition", "DetectModerationLabels"): usage.IMAGES,
}
_STAND_INS = "stand-ins"
# A message is received and deleted; the engine does both without a call.
_REQUESTS_A_MESSAGE = 2
Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A path, what is asked for, and what the stand-ins answer."""

    path: Path
    request: Json
    answers: tuple[Any, ...] = ()

    @property
    def workload(self) -> Workload:
        """Of this request alone; where each picture is as it is scripted."""
        return Workload(
            images_per_request=self.request.get("num_images", 1), unsafe=0, retries=0, source="file"
        )


def _asked(file: str) -> Json:
    text = (EVENTS / "prompts" / file).read_text("utf-8")
    return {"prompt": " ".join(text.split())} if file.endswith(".txt") else json.loads(text)


def cases() -> tuple[Case, ...]:
    """One of each kind."""
    clean = "a lighthouse by the sea in the evening"
    return (
        Case(Path(ACCEPTED, 1), {"prompt": clean}),
        Case(Path(ACCEPTED, 1), {"prompt": f"{clean}, and three boats", "num_images": 3}),
        Case(Path(ACCEPTED, 2), {"prompt": f"{clean}, in fog"}, (WEAPONS, "safe")),
        Case(Path(IMAGE, 3), {"prompt": f"{clean}, in a storm"}, (BLOOD,)),
        Case(Path(KEYWORD), _asked("keyword.txt")),
        Case(Path(CLASSIFIER), _asked("classifier.txt")),
        Case(Path(INVALID), {"prompt": clean, "width": 500}),
        Case(Path(ACCEPTED, 1, True), _asked("uncertain_approved.json")),
    )


def counted(calls: Iterable[Json], stack: str) -> usage.Counts:
    """What one request's calls are, by usage's names, of the calls that the servers recorded.

    What schedules start is left out. The API's own calls leave no record.
    """
    counts: usage.Counts = {}
    for call in calls:
        for name, number in _named(call, stack):
            counts[name] = counts.get(name, 0) + number
    return counts


def _named(call: Json, stack: str) -> Iterator[tuple[str, float]]:
    caller, service, operation = call["caller"], call["service"], call["operation"]
    ours = caller.removeprefix(f"{stack}-")
    if caller != _STAND_INS and (ours == caller or ours.startswith(tuple(usage.SCHEDULED))):
        return
    if (service, operation) in _NAMES:
        yield _NAMES[service, operation], 1
    elif (service, operation) == ("lambda", "Invoke"):
        yield usage.LAMBDA + ours.partition("/")[2], 1
    elif operation == "sqs:lambda":
        yield usage.LAMBDA + "ResumeGeneration", 1
        yield usage.MESSAGES, _REQUESTS_A_MESSAGE
    elif operation == "events:lambda":
        yield usage.LAMBDA + ours.partition("Function")[0], 1
    elif operation == "events:states":
        yield usage.ARRIVALS, 1


# Called through the API, whose calls leave no record.
_UNRECORDED = {usage.CALLS} | {
    usage.LAMBDA + name for name in ("ReadReviews", "DecideReview", "RequestImages", "ReadRequests")
}


def computed(case: Case) -> usage.Counts:
    """What the table says of what leaves a record; the file is put by whoever asks."""
    counts = usage.calls(case.path, case.workload)
    usage.add(counts, {usage.PUTS: -1})
    return {name: n for name, n in counts.items() if n and name not in _UNRECORDED}


def entered(stack: DeployedStack, arn: str) -> tuple[list[str], int]:
    """(the states that an execution entered, tasks that were tried again)."""
    client = stack.client("stepfunctions")
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    kinds = Counter(event["type"] for event in events)
    states = [
        event["stateEnteredEventDetails"]["name"]
        for event in events
        if "stateEnteredEventDetails" in event
    ]
    return states, max(0, kinds["TaskScheduled"] - kinds["TaskStateEntered"])


def measured(tell: Callable[[str], None]) -> list[Sheet]:
    """Both tables: calls by path, and how long functions ran."""
    stack = LocalStack(parameters=REVIEWS, page_ports=(0,), time_scale=_TIME_SCALE, progress=tell)
    with stack:
        for server in (stack.engine, stack.stand_ins):
            server.record_calls()
        _hear_subscription(stack)
        rows = []
        for number, case in enumerate(cases()):
            tell(f"running: {case.path.name}")
            rows += list(_run(stack, case, number))
        functions = _functions(stack)
    ran = Sheet(
        "Calls of a request: computed, and counted on the local engine",
        ("", "computed", "counted"),
        tuple(rows),
        "A row for each call that differs, and for the state transitions of each path.",
    )
    return [ran, functions]


def _hear_subscription(stack: LocalStack) -> None:
    """SageMaker tries its topics once when an endpoint is made: no request's notice."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if usage.MESSAGES in counted(stack.engine.recorded_calls(), stack.name):
            return
        time.sleep(_LOOK_SECONDS)


def _run(stack: LocalStack, case: Case, number: int) -> Iterator[tuple[str, ...]]:
    for server in (stack.engine, stack.stand_ins):
        server.forget_calls()
    if case.answers:
        steps = list(case.answers)
        stack.stand_ins.script(prompt=case.request["prompt"], generation=steps)
    token = stack.drop(json.dumps(case.request).encode(), f"prompts/cost-{number}.json")
    if case.path.reviewed:
        _review(stack, f"s3:prompts/{case.request['request_id']}")
    execution, _ = stack.wait(token)
    wanted, found = computed(case), _settled(stack, computed(case))
    states, again = entered(stack, execution.arn)
    pictures = case.request.get("num_images", 1)
    name = case.path.name + (f", {pictures} pictures" if pictures > 1 else "")
    yield f"{name}: state transitions", str(len(case.path.states)), str(len(states) + again)
    calls = sum(wanted.values()), sum(found.values())
    yield f"{name}: calls", *(f"{each:g}" for each in calls)
    for call in sorted(wanted.keys() | found.keys()):
        if wanted.get(call, 0) != found.get(call, 0):
            yield f"{name}: {call}", f"{wanted.get(call, 0):g}", f"{found.get(call, 0):g}"


def _review(stack: LocalStack, key: str) -> None:
    approve = Decision("approve", "a soldier at rest, and nothing graphic")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    # Whoever looks at the queue too early reads it twice.
    while (stack.record(key) or {}).get("status") != "IN_REVIEW" and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    reviewer.decide(stack.page_url, key, approve)


def _settled(stack: LocalStack, wanted: usage.Counts) -> usage.Counts:
    """What was counted, once it is what is expected or patience has ended: events come late."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        calls = [*stack.engine.recorded_calls(), *stack.stand_ins.recorded_calls()]
        found = counted(calls, stack.name)
        if found == wanted or time.monotonic() > deadline:
            return found
        time.sleep(_LOOK_SECONDS)


def _functions(stack: LocalStack) -> Sheet:
    """Medians by function, of every invocation that was made."""
    spent: dict[str, list[float]] = defaultdict(list)
    written: dict[str, int] = defaultdict(int)
    client = stack.client("logs")
    for group in client.get_paginator("describe_log_groups").paginate():
        for found in group["logGroups"]:
            name = found["logGroupName"].rpartition("/")[2].removesuffix("LogGroup")
            for message in _messages(client, found["logGroupName"]):
                written[name] += len(message.encode()) + 1
                spent[name] += map(float, _REPORT_LINE.findall(message))
    rows = tuple(
        (
            name,
            f"{1000 * usage.SECONDS[name]:.0f}",
            f"{sorted(spent[name])[len(spent[name]) // 2]:.0f}",
            str(len(spent[name])),
            f"{written[name] / len(spent[name]):,.0f}",
        )
        for name in sorted(usage.SECONDS)
        if spent[name]
    )
    return Sheet(
        "Functions: assumed of AWS, and on this machine",
        ("", "ms assumed", "ms, median", "invocations", "bytes of log"),
        rows,
        "Stand-ins answer at once here: on AWS, functions wait for Comprehend and Rekognition.",
    )


def _messages(client: Any, group: str) -> Iterator[str]:
    for page in client.get_paginator("filter_log_events").paginate(logGroupName=group):
        yield from (event["message"] for event in page["events"])
